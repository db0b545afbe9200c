/*
 * trial - one session that access is asked about, and what should come of it
 *
 * A line of conf/access-tests, see access-tests(5).  Pure.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <stdbool.h>
#include <stdio.h>

#include "record.h"

#define TRIAL_LINE      2048
#define TRIAL_QUESTIONS 3 /* the client, the sender, the recipient */

struct trial {
	char text[TRIAL_LINE];      /* what the others point to */
	const char *address, *name; /* name NULL: not verified */
	const char *helo;           /* NULL: not told */
	const char *sender, *recipient;
	const char *wanted;
};

/*
 * NULL, or why the line makes no sense.  An empty line and a comment are no
 * lines: trial_is_empty.
 */
const char *trial_parse(const char *line, struct trial *);
bool trial_is_empty(const char *line);

/* Write the questions.  0, or -1 with errno. */
int trial_ask(const struct trial *, FILE *out);

/* What came of it so far: start with all zero. */
struct outcome {
	enum {
		OUTCOME_ACCEPT,
		OUTCOME_RELAY,
		OUTCOME_QUARANTINE,
		OUTCOME_DISCARD,
		OUTCOME_REFUSED /* with the reply in text; the rest is void */
	} kind;
	char text[512];
	char rule[256]; /* that decided */
};

/* Hear the answers in the order of the questions. */
void trial_hear(struct outcome *, const struct record *answer);
bool trial_holds(const struct trial *, const struct outcome *);
/* In a word, or the reply. */
const char *trial_tell(const struct outcome *);

#endif
