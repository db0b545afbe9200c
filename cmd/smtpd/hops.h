/*
 * hops - what must be known of a header while it streams by
 *
 * How long it is, how many Received fields it has, and which fields
 * Authentication-Results speak in our name: nobody but us may say what we have
 * checked (RFC 8601 5).
 */
#ifndef HOPS_H
#define HOPS_H

#include <stdbool.h>
#include <stddef.h>

#define HOPS_CLAIM  "Authentication-Results"
#define HOPS_DISOWN "X-Foreign-Auth-Results" /* of the same length */

struct hops {
	int state;
	size_t match;      /* bytes of "received" seen in this name */
	size_t claim;      /* bytes of HOPS_CLAIM */
	unsigned received; /* Received fields so far */
	size_t size;       /* bytes of the header so far */
	size_t name;       /* where this field began */
	const char *me;
	int who;        /* where we are in the value of a claim */
	size_t same;    /* bytes of me seen in it */
	unsigned depth; /* of comments before it */
	bool backslash; /* it was the byte before */
};

/* me is the caller's. */
void hops_start(struct hops *, const char *me);
/*
 * Look at more of the content, whose lines end in LF.  The header is over at
 * the first empty line, or the first that is neither a field nor goes on with
 * one.  Returns how many bytes were looked at: all, or as many as it takes to
 * see that the field whose name began at byte h->name is a claim in our name;
 * *claimed tells.
 */
size_t hops_take(struct hops *, const char *bytes, size_t len, bool *claimed);

#endif
