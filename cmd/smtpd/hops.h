/*
 * hops - what must be known of a header while it streams by
 */
#ifndef HOPS_H
#define HOPS_H

#include <stddef.h>

struct hops {
	int state;
	size_t match;      /* bytes of "received" seen in this name */
	unsigned received; /* Received fields so far */
	size_t size;       /* bytes of the header so far */
};

void hops_start(struct hops *);
/*
 * Look at more of the content, whose lines end in LF.  The header is over at
 * the first empty line, or the first that is neither a field nor goes on with
 * one.
 */
void hops_take(struct hops *, const char *bytes, size_t len);

#endif
