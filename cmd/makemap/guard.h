/*
 * guard - does the configuration still hold with a new table in it?
 *
 * The real access program is asked, with the new table in the old one's place:
 * the lines of conf/access-tests, and the spellings that make an open relay.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>

/* What a complaint begins with, and what it is about. */
struct guard {
	const char *program, *name; /* as typed */
	const char *conf;           /* the folder that the table stands in */
	const char *table;          /* its name there */
	const char *map;            /* the new one, compiled */
};

/*
 * Is the folder a configuration, and does the table change verdicts?  It is the
 * one of this installation, or has control files of ours.
 */
bool guard_wants(const char *conf, const char *table);

/* Nothing is against it?  Else what is has been told on standard error. */
bool guard_passes(const struct guard *);

#endif
