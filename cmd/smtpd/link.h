/*
 * link - one client's connection: a session, its descriptors, its questions
 */
#ifndef LINK_H
#define LINK_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "ask.h"
#include "session.h"
#include "tally.h"
#include "worker.h"

#define LINK_BUFFER 65536

/* What all links of a worker share. */
struct hub {
	const struct worker *worker;
	struct ask_pool *access, *inject;
	struct ask_pool *policy[POLICY_MAX];
	struct tally *tally;
	TAILQ_HEAD(, link) links;
	unsigned count;
	unsigned long serial; /* of the last session */
	pid_t pid;
	struct event *stall; /* to be added when a link waits for inject */
	char buffer[LINK_BUFFER];
	void (*closed)(struct hub *, const struct sockaddr *client);
};

struct link {
	TAILQ_ENTRY(link) next;
	struct hub *hub;
	struct session *session;
	struct sockaddr_storage client;
	int in_fd, out_fd;
	struct event *readable, *writable;
	struct evbuffer *in; /* what the session has not taken yet */
	struct ask *access, *inject;
	struct tally_client *connecting;
	struct lookup *lookup;
	struct event *pause; /* until the greeting, or NULL */
	int64_t asked;       /* when access or a policy server was asked */
	bool again;          /* it was asked twice */
	bool counted;        /* access knows of it */
	bool eof;            /* nothing more will come */
	bool ended;          /* only the last reply is still to go out */
	bool dull;           /* the client is not read: we have enough of it */
};

/* client NULL: somebody on this host.  Takes the descriptors. */
struct link *link_new(struct hub *, int in, int out, const struct sockaddr *);
void link_free(struct link *);
/* Once a second; it may free the link. */
void link_tick(struct link *);
/* A stalled link looks whether it can go on; it may free the link. */
void link_retry(struct link *);
/* Does it wait for inject to take what was sent? */
bool link_stalled(const struct link *);
void link_drain(struct link *);
/* Do what the session says, and write its replies; it may free the link. */
void link_advance(struct link *);

/* Seconds, monotonic. */
int64_t link_now(void);

#endif
