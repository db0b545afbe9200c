#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <err.h>

#include "conn.h"
#include "exits.h"
#include "log.h"
#include "peer.h"

struct conn_listener {
	int fd;
	struct event *event, *breath;
	const struct peers *peers;
	void (*accepted)(int fd, void *arg);
	void *arg;
};

static void
on_breath(evutil_socket_t none, short what, void *arg)
{
	struct conn_listener *l = arg;

	(void)none;
	(void)what;
	event_add(l->event, NULL);
}

/* There is no descriptor left: the others wait in the kernel for a second. */
static void
breathe(struct conn_listener *l)
{
	struct timeval second = {.tv_sec = 1};

	log_event("accept-failed", "reason", strerror(errno), NULL);
	event_del(l->event);
	event_add(l->breath, &second);
}

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct conn_listener *l = arg;
	/* cppcheck-suppress nullPointer ; accept4(2) takes NULL */
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (peer == -1) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			breathe(l);
		return;
	}
	if (l->peers != NULL && !peer_allowed(l->peers, peer)) {
		log_event("refused", "peer_uid",
		    log_number((long long)peer_uid(peer)), NULL);
		close(peer);
		return;
	}
	l->accepted(peer, l->arg);
}

struct conn_listener *
conn_listen_fd(struct event_base *base, int fd, const struct peers *peers,
    void (*accepted)(int fd, void *arg), void *arg)
{
	struct conn_listener *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(EXIT_TEMP, "listener");
	l->fd = fd;
	l->peers = peers;
	l->accepted = accepted;
	l->arg = arg;
	l->event = event_new(base, fd, EV_READ | EV_PERSIST, on_accept, l);
	l->breath = evtimer_new(base, on_breath, l);
	if (l->event == NULL || l->breath == NULL ||
	    event_add(l->event, NULL) == -1)
		err(EXIT_TEMP, "listener");
	return l;
}

struct conn_listener *
conn_listen(struct event_base *base, const char *path,
    const struct peers *peers, void (*accepted)(int fd, void *arg), void *arg)
{
	int fd = peer_listen(path);

	if (fd == -1)
		err(EXIT_TEMP, "%s", path);
	return conn_listen_fd(base, fd, peers, accepted, arg);
}

void
conn_listener_free(struct conn_listener *l)
{
	event_free(l->event);
	event_free(l->breath);
	close(l->fd);
	free(l);
}
