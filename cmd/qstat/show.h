/*
 * show - records of the queue manager, written for people and for programs
 *
 * Pure but for the stream they are written to.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdio.h>

#include "record.h"

/* The record as one JSON object and LF (RFC 8259): numbers where they are. */
void show_json(FILE *, const struct record *);

/* A line for each recipient, and what stands above the first. */
void show_head(FILE *);
void show_line(FILE *, const struct record *);

/* A line for each lane. */
void show_lane_head(FILE *);
void show_lane(FILE *, const struct record *);

/* Every field on a line of its own, behind an indent. */
void show_fields(FILE *, const struct record *, const char *indent);

#endif
