/*
 * place - one address and port: its connections, and who waits for one
 */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

struct link;
struct waiter;

struct place {
	RB_ENTRY(place) node;
	struct sockaddr_storage address;
	unsigned port;
	size_t count; /* of links */
	LIST_HEAD(, link) links;
	TAILQ_HEAD(, waiter) waiters; /* the longest first */
};

RB_HEAD(places, place);

/* NULL: nobody is there. */
struct place *place_find(
    struct places *, const struct sockaddr_storage *, unsigned port);
/* Made if it is not there. */
struct place *place_get(
    struct places *, const struct sockaddr_storage *, unsigned port);
/* Freed if nobody is there. */
void place_drop(struct places *, struct place *);

#endif
