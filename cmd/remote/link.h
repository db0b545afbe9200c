/*
 * link - a connection to an SMTP server, and those kept for the next message
 *
 * It moves bytes between a socket, an engine and a message; what to do the
 * engine decides.
 */
#ifndef LINK_H
#define LINK_H

#include <event2/event.h>
#include <stdbool.h>

#include "content.h"
#include "engine.h"
#include "memory.h"
#include "resolve.h"

struct links_setup {
	const char *me;
	unsigned connect; /* seconds for the TCP connection */
	unsigned timeout; /* for a reply, see engine_setup */
	unsigned idle;    /* a link is kept that long; 0: not at all */
};

struct links;
struct link;
struct waiter;

struct links *links_new(struct event_base *, const struct links_setup *);
/* Closes the idle ones; those in use are their users'. */
void links_free(struct links *);
/* Take leave of the idle ones, and keep none from now on. */
void links_drain(struct links *);
/* All are closed. */
bool links_none(const struct links *);
struct memory *links_memory(struct links *);

/*
 * Called, never from within the calls below, when the engine has come to
 * PHASE_READY or PHASE_OVER.  With NULL: the message was decided upon, and the
 * link is another's already.
 */
typedef void link_event(struct link *, void *arg);

/* A new connection, or an idle one that is READY (NULL: there is none). */
struct link *link_open(struct links *, const struct exchanger *, unsigned port,
    bool find_loop, link_event *, void *arg);
struct link *link_take(struct links *, const struct exchanger *, unsigned port,
    link_event *, void *arg);

/* A message that goes over the next link to that host. */
struct link_user {
	link_event *event;
	void *arg;
	struct envelope *envelope;
	const struct content *content;
};

/* How many links there are to that host. */
size_t link_count(struct links *, const struct exchanger *, unsigned port);
/*
 * Wait for one of them.  event is called once: with a link, the message is on
 * its way already, and more will be told as ever; with NULL, it is to be looked
 * again for an idle link, for room, or what became of the recipients.
 */
struct waiter *link_wait(struct links *, const struct exchanger *,
    unsigned port, const struct link_user *);
/* Before event was called: nobody waits any more, nothing will be delivered. */
void link_unwait(struct waiter *);

const struct engine *link_engine(const struct link *);
/* It had a transaction before. */
bool link_was_used(const struct link *);
/*
 * In READY: send a message to the recipients that are open.  If it is READY
 * still when this returns, then all were decided at once.
 */
void link_send(struct link *, struct envelope *, const struct content *);
/* Done with it: kept if it is READY, closed without a word if not. */
void link_release(struct link *);

#endif
