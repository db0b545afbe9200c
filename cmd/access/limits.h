/*
 * limits - ClientRate:, ClientConn: and GreetPause: of the access table
 *
 * sendmail's FEATUREs ratecontrol, conncontrol and greet_pause, each on if the
 * control file of that name exists.  Pure functions of the tables and of the
 * counts that the question carries.
 */
#ifndef LIMITS_H
#define LIMITS_H

#include <stdbool.h>

#include "judge.h"

#define PAUSE_MAX 300000 /* milliseconds */

struct limit {
	bool on;
	bool nodelay;   /* at connect, whatever else is put off or found */
	bool terminate; /* 421 in place of the greeting */
};

struct limits {
	struct limit rate, connections;
	bool pauses;
	unsigned pause; /* milliseconds, of who has no entry */
};

/* Exits 100 if a file says what none may say. */
void limits_read(struct limits *, const char *dir);

/*
 * Has the client more than it may?  Of the limits that are nodelay, or of the
 * others.  1 and the verdict; 0: no; -1: a table cannot be read.  A question
 * that carries no count is never over the limit.
 */
int limits_judge(const struct limits *, bool nodelay, struct look *,
    const struct question *, struct verdict *);

/*
 * How long the client must wait for the greeting: milliseconds, 0 if not at
 * all, and the rule.  -1: a table cannot be read.
 */
int limits_pause(const struct limits *, struct look *, const struct question *,
    char rule[RULE_SIZE]);

#endif
