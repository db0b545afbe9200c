/*
 * outcome - what became of one recipient, in words; pure
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "reply.h"

#define PEER_NAME 384 /* "name [address]" */

enum outcome_class {
	OUTCOME_OPEN,
	OUTCOME_DONE,
	OUTCOME_DEFERRED,
	OUTCOME_FAILED
};

struct outcome {
	enum outcome_class class;
	bool of_host; /* deferred: nobody of that host can have it now */
	char status[STATUS_SIZE];
	char *text;  /* malloced, one line */
	char *reply; /* the server's own words, or NULL; malloced */
	char *mta;   /* who said so, or NULL; malloced */
};

/* In our own words: "peer why", or why alone if peer is NULL. */
void outcome_set(struct outcome *, enum outcome_class, const char *status,
    const char *peer, const char *why);
/* In the server's: the reply to what decides. */
void outcome_quote(struct outcome *, enum outcome_class, const char *peer,
    const struct reply *, const char *what);
void outcome_copy(struct outcome *, const struct outcome *);
/* Open again. */
void outcome_free(struct outcome *);
/* done, deferred or failed */
const char *outcome_name(enum outcome_class);

#endif
