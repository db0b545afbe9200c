/*
 * desk - where questions are answered: the judge with the tables of one folder,
 * and with somebody to ask what only the system knows
 */
#ifndef DESK_H
#define DESK_H

#include <time.h>

#include "facts.h"
#include "judge.h"
#include "limits.h"
#include "rate.h"

struct desk {
	struct event_base *base;
	char dir[PATH_SIZE];
	struct judge judge;
	struct facts facts;
	struct limits limits;
	struct tally tally; /* of the present question's client, if counted */
	char *trace;        /* verbose: what the tables' stream wrote */
	size_t trace_len;
	char told[PATH_SIZE + 128]; /* the last trouble that was logged */
	time_t told_at;
};

/*
 * Exits if the folder makes no sense.  verbose: answers tell each look-up.
 * known is called when a fact that a question waits for has come; NULL: the
 * desk serves one who waits, with desk_wait.
 */
void desk_open(struct desk *, struct event_base *, const char *dir,
    bool verbose, void (*known)(const char *fact, void *arg), void *arg);
void desk_close(struct desk *);

/* As judge(); trouble with a table is logged, once a minute. */
int desk_judge(struct desk *, const struct question *, struct verdict *);
/* The same until there is a verdict. */
int desk_wait(struct desk *, const struct question *, struct verdict *);

/*
 * NULL and the answer to a record, or why it is no question.  *pending: the
 * fact in facts.asked must come first.
 */
const char *desk_answer(struct desk *, const struct record *question,
    struct record *out, bool *pending);
/* Verbose: the look-ups since the last time, a line each, to the stream. */
void desk_trace(struct desk *, FILE *);

#endif
