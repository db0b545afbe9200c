/*
 * worker - the event loop around the sessions
 *
 * It moves bytes between the clients, the sessions, access and inject, and
 * decides nothing but when there are too many clients.
 */
#ifndef WORKER_H
#define WORKER_H

#include <event2/event.h>
#include <stddef.h>

#include "config.h"
#include "resolve.h"

struct worker {
	const struct config *config;
	struct event_base *base;
	struct resolver *resolver; /* NULL: the client is not looked up */
};

/*
 * Serve who connects to the listening sockets (-1 is skipped) until life, the
 * reading end of a pipe, is closed at the other; then finish what is in hand,
 * for half a minute at most, and exit.
 */
void worker_serve(const struct worker *, const int *fds, size_t count, int life)
    __attribute__((noreturn));

/*
 * Hold one conversation, on in and out.  client NULL: somebody on this host,
 * who need not wait for replies.
 */
void worker_talk(
    const struct worker *, int in, int out, const struct sockaddr *client);

#endif
