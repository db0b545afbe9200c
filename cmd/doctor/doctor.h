/*
 * doctor - what the checks of an installation share
 *
 * Each check looks, changes nothing, and tells what it finds, a line each.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "paths.h"

struct doctor {
	struct paths paths;
	char me[256];
	bool
	    own; /* an instance without users of its own: all is the caller's */
	bool verbose;
	unsigned warnings, errors;
};

/* A finding, on standard output: "error: PATH: what, and what to do". */
void doctor_error(struct doctor *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_warning(struct doctor *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Run what ends its process where a control file makes no sense (as all of
 * conf.h does) in a process of its own.  true if it returned; else why has what
 * it said.
 */
bool doctor_attempt(void (*run)(void *arg), void *arg, char *why, size_t size);

/* The user or group of that name; -1 if there is none. */
int64_t doctor_user(const char *name);
int64_t doctor_group(const char *name);

void check_users(struct doctor *);    /* users and groups */
void check_modes(struct doctor *);    /* who may write and read what */
void check_tables(struct doctor *);   /* maps and their sources */
void check_names(struct doctor *);    /* me, local-host-names */
void check_controls(struct doctor *); /* values of control files */
void check_sockets(struct doctor *);  /* does every program answer? */
void check_space(struct doctor *);    /* the disk under the queue */
void check_damage(struct doctor *);   /* what was set aside */
void check_walls(struct doctor *);    /* around what runs */
void check_dns(struct doctor *);      /* do names lead here? */

/* What of free and all of something is too little: NULL, or how bad. */
const char *space_verdict(
    uint64_t left, uint64_t all, uint64_t few, uint64_t least);

#endif
