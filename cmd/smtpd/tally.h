/*
 * tally - tell access of each connection that begins and that ends
 *
 * All of a worker's go over one connection: when that is gone, so is the
 * worker, and access takes what it had open for closed.
 */
#ifndef TALLY_H
#define TALLY_H

#include "ask.h"

struct tally;
struct tally_client; /* one that connects, until access has answered */

/* answer NULL: there will be none, why says the reason. */
typedef void tally_answer(
    const struct record *answer, const char *why, void *arg);

/* access: a pool of one line, which outlives the tally. */
struct tally *tally_new(struct ask_pool *access);
void tally_free(struct tally *);

/* Ask about a client that connects.  The answer never comes before this
 * returns. */
struct tally_client *tally_begin(
    struct tally *, const struct record *question, tally_answer *, void *arg);
/* It is gone before there was an answer. */
void tally_forget(struct tally_client *);
/* One that was answered is gone. */
void tally_end(struct tally *, const char *address);

#endif
