/*
 * operator - what qstat, qctl and mailq ask the queue manager
 *
 * Trouble is told on standard error in words that help, and comes back as an
 * exit status.
 */
#ifndef OPERATOR_H
#define OPERATOR_H

#include <stdio.h>

#include "paths.h"
#include "query.h"

struct operator
{
	struct query query;
	char socket[PATH_SIZE];
};

/* Connect and ask.  0; or EXIT_TEMP, told. */
int operator_ask(
    struct operator*, const struct paths *, const struct record *question);

/*
 * The next record.  1: one of a list.  0: the last one, with end= or
 * class=done.  -1: *status is EXIT_TEMP or EXIT_PERM, told.
 */
int operator_next(struct operator*, struct record *answer, int *status);

void operator_close(struct operator*);

/* Print what a stranger wrote: bytes that could drive a terminal as \xHH. */
void operator_print(FILE *, const char *text);

#endif
