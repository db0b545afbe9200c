/*
 * submit - hand a message to inject and wait until it is on disk (blocking)
 *
 * The content is given in pieces of any length and travels in chunks; nothing
 * but one chunk is held in memory.  Lines end in LF.
 */
#ifndef SUBMIT_H
#define SUBMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "query.h"

#define SUBMIT_CHUNK 65536

struct submit {
	struct query query;
	struct record head; /* of the chunk that is sent next */
	bool broken;        /* inject stopped listening: ask it why */
	char last;          /* last byte of the content */
	size_t len;
	char chunk[SUBMIT_CHUNK];
};

/*
 * Begin: socket is inject's, envelope has sender and recipients and what else
 * inject takes (request= is added here).  0, or -1 with errno; in either case
 * submit_free gives everything back.
 */
int submit_begin(
    struct submit *, const char *socket, const struct record *envelope);
/* 0, or -1 with errno. */
int submit_bytes(struct submit *, const char *bytes, size_t len);
/*
 * The end.  A missing last LF is added.  0 and inject's answer, which says
 * class=; -1 with errno if there is none: nothing is promised then.
 */
int submit_end(struct submit *, struct record *answer);
/* Before submit_end: inject sees half a message and forgets it. */
void submit_free(struct submit *);

#endif
