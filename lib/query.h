/*
 * query - put a question to a neighbour and wait for its answer (blocking)
 *
 * For the programs that read from top to bottom; those with an event loop use
 * ask.
 */
#ifndef QUERY_H
#define QUERY_H

#include <stdio.h>

#include "record.h"

struct query {
	int fd;
	FILE *in;
};

/*
 * Connect to a neighbour's socket; one that does not listen is given three
 * seconds.  seconds: the longest wait for any step, 0 for no limit.  0, or -1
 * with errno.
 */
int query_open(struct query *, const char *socket, unsigned seconds);
/* Send a record and its content (size= is already in the record). */
int query_send(
    struct query *, const struct record *, const char *content, size_t len);
/*
 * The next record of the answer: 1, or -1 with record_read's errno, ECONNRESET
 * if the peer closed instead, ETIMEDOUT if it took too long.
 */
int query_next(struct query *, struct record *answer);
void query_close(struct query *);

#endif
