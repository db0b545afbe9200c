/*
 * filter - remote on standard input and output, for one message
 */
#ifndef FILTER_H
#define FILTER_H

#include "deliver.h"

/* The exit status. */
int filter(const struct deliver_world *);

#endif
