/*
 * link_inside - what link and links share
 */
#ifndef LINK_INSIDE_H
#define LINK_INSIDE_H

#include <event2/bufferevent.h>
#include <sys/queue.h>

#include "link.h"
#include "place.h"

struct link {
	TAILQ_ENTRY(link) entry; /* while it is idle */
	LIST_ENTRY(link) neighbour;
	struct links *links;
	struct exchanger host;
	unsigned port;
	struct place *place; /* NULL: it takes leave */
	char name[PEER_NAME];
	int fd; /* while it is being connected */
	struct event *connecting;
	struct bufferevent *stream; /* then */
	struct event *timer;
	struct engine engine;
	unsigned turn; /* the engine's, as the timer is set */
	unsigned transactions;
	bool idle;
	link_event *event; /* NULL: nobody's */
	void *arg;
	const struct content *content;
	uint64_t offset;
	struct waiter *next; /* whose message follows */
};

struct links {
	struct event_base *base;
	struct links_setup setup;
	struct memory memory;
	struct places places;
	size_t count, idle_count;
	TAILQ_HEAD(idle_list, link) idle;
};

/* links: no longer idle; no longer one of its place. */
void link_be_busy(struct link *);
void link_leave_place(struct link *);
/* links: if it may, and somebody waits, that one follows. */
void link_fetch_next(struct link *);
/* links: the next one's turn has come, or never will. */
void link_turn_over(struct link *);
void link_give_back(struct link *);
/* link: closed. */
void link_free(struct link *);
/* link: after whatever the engine was told. */
void link_pump(struct link *);

#endif
