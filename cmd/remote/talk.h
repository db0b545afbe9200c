/*
 * talk - the inside of engine: one transaction, from MAIL to the final dot
 */
#ifndef TALK_H
#define TALK_H

#include "engine.h"

/* Replies in PHASE_ENVELOPE, PHASE_BODY and PHASE_DOT. */
void talk_step(struct engine *);
void talk_interrupted(struct engine *);
void talk_dot(struct engine *);
/* The reply decides about all that were accepted. */
void talk_decide(struct engine *, enum outcome_class, const char *what);
/* The connection ended between the dot and its reply. */
void talk_forget(struct engine *, const char *why);

/*
 * The server went out of step, or away, in a transaction that was sent behind
 * another's dot: none of its replies is believed.
 */
void talk_doubt(struct engine *);

/* What engine lends: */
void engine_say(struct engine *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* RFC 5321 4.5.3.2, as parts of the five minutes for a command. */
unsigned engine_limit(const struct engine *, unsigned fifths);
/* A new deadline begins; 0 is none. */
void engine_wait(struct engine *, unsigned seconds);
/* It is over, for what the reply says, or for its disorder. */
void engine_quote(struct engine *, const char *what);
void engine_break(struct engine *, const char *how);
/* The transaction is at its end. */
void engine_ready(struct engine *);

#endif
