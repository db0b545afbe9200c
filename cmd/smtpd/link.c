#include "link.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "deeds.h"
#include "exits.h"
#include "log.h"
#include "resolve_net.h"

#define IN_ENOUGH      65536  /* unread commands of a client that pipelines */
#define OUT_ENOUGH     65536  /* replies that it does not read */
#define BACKLOG_ENOUGH 262144 /* content that inject has not taken */

static const struct timeval stall_pause = {0, 10000};

int64_t
link_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

bool
link_stalled(const struct link *l)
{
	return l->inject != NULL && ask_backlog(l->inject) > BACKLOG_ENOUGH;
}

void
link_free(struct link *l)
{
	struct session *s = l->session;

	log_event("disconnect", "session", s->name, "why",
	    s->why == NULL ? "shutdown" : s->why, "accepted",
	    log_number(s->messages), "errors",
	    s->errors > 0 ? log_number(s->errors) : NULL, NULL);
	if (l->access != NULL)
		ask_cancel(l->access);
	if (l->connecting != NULL)
		tally_forget(l->connecting);
	if (l->counted)
		tally_end(l->hub->tally, s->address);
	if (l->pause != NULL)
		event_free(l->pause);
	if (l->inject != NULL)
		ask_cancel(l->inject);
	if (l->lookup != NULL)
		resolve_cancel(l->lookup);
	event_free(l->readable);
	event_free(l->writable);
	evbuffer_free(l->in);
	close(l->in_fd);
	if (l->out_fd != l->in_fd)
		close(l->out_fd);
	TAILQ_REMOVE(&l->hub->links, l, next);
	l->hub->count--;
	l->hub->closed(l->hub, (struct sockaddr *)&l->client);
	session_free(s);
	free(l);
}

/* A client that does not read, or a slow inject, holds up all but the end. */
static bool
may_go_on(const struct link *l)
{
	if (l->session->phase == PHASE_END)
		return true;
	return !link_stalled(l) &&
	       evbuffer_get_length(l->session->out) < OUT_ENOUGH;
}

/* Do what the session says until there is nothing to do: what it is then. */
static enum deed
perform(struct link *l)
{
	enum deed deed;

	while (may_go_on(l)) {
		deed = session_run(l->session, l->in, link_now());
		switch (deed) {
		case DEED_LOG:
			deed_log(l);
			break;
		case DEED_ASK:
			deed_ask(l);
			break;
		case DEED_PAUSE:
			deed_pause(l);
			break;
		case DEED_SEND:
			deed_send(l);
			break;
		case DEED_ABANDON:
			deed_abandon(l);
			break;
		case DEED_READ:
			if (!l->eof)
				return deed;
			session_lost(l->session, link_now());
			break;
		case DEED_CLOSE:
			l->ended = true;
			return deed;
		default:
			return deed;
		}
	}
	return DEED_READ;
}

/* Write what there is, in one go. */
static void
flush(struct link *l)
{
	struct evbuffer *out = l->session->out;

	while (evbuffer_get_length(out) > 0)
		if (evbuffer_write(out, l->out_fd) == -1) {
			if (errno == EAGAIN || errno == EINTR) {
				event_add(l->writable, NULL);
				return;
			}
			evbuffer_drain(out, evbuffer_get_length(out));
			l->eof = true;
		}
}

/* Read from the client only what we can use. */
static void
listen_to(struct link *l)
{
	bool dull = l->eof || evbuffer_get_length(l->in) >= IN_ENOUGH;

	if (dull == l->dull)
		return;
	l->dull = dull;
	if (dull)
		event_del(l->readable);
	else
		event_add(l->readable, NULL);
}

/*
 * The conversation is over.  Closing while bytes of the client are on their
 * way would make the kernel throw our last reply away (RFC 1122 4.2.2.13), so
 * wait for it to close too, but for QUIT, where it does so by itself.
 */
static bool
finished(struct link *l)
{
	const struct session *s = l->session;

	evbuffer_drain(l->in, evbuffer_get_length(l->in));
	if (evbuffer_get_length(s->out) > 0)
		return false;
	if (l->eof || (s->why != NULL && strcmp(s->why, "quit") == 0))
		return true;
	shutdown(l->out_fd, SHUT_WR);
	return l->in_fd != l->out_fd;
}

void
link_advance(struct link *l)
{
	enum deed deed = DEED_READ;
	bool full;

	do {
		if (!l->ended)
			deed = perform(l);
		full = evbuffer_get_length(l->session->out) >= OUT_ENOUGH;
		/* The replies to a batch go out in one (RFC 2920 3.2). */
		if (full || deed != DEED_WAIT ||
		    evbuffer_get_length(l->in) == 0)
			flush(l);
	} while (
	    full && !l->ended && evbuffer_get_length(l->session->out) == 0);
	if (l->ended && finished(l))
		link_free(l);
	else {
		listen_to(l);
		if (link_stalled(l) &&
		    !event_pending(l->hub->stall, EV_TIMEOUT, NULL))
			event_add(l->hub->stall, &stall_pause);
	}
}

/* --- the client ----------------------------------------------------------- */

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	struct hub *hub = l->hub;
	ssize_t n;

	(void)what;
	n = read(fd, hub->buffer, sizeof(hub->buffer));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		l->eof = true;
	else if (!l->ended)
		evbuffer_add(l->in, hub->buffer, (size_t)n);
	link_advance(l);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_advance(arg);
}

void
link_tick(struct link *l)
{
	int64_t now = link_now();

	if (l->ended) {
		if (now >= l->session->deadline)
			link_free(l);
		return;
	}
	if (link_stalled(l)) {
		session_held(l->session, now);
		return;
	}
	session_tick(l->session, now);
	if (l->lookup != NULL && l->session->phase != PHASE_NAME) {
		resolve_cancel(l->lookup);
		l->lookup = NULL;
	}
	if (l->session->phase == PHASE_END)
		perform(l);
	link_advance(l);
}

void
link_retry(struct link *l)
{
	if (!l->ended)
		link_advance(l);
}

void
link_drain(struct link *l)
{
	session_drain(l->session, link_now());
}

/* Short, and no other connection on this host ever has the same. */
static void
name_session(struct hub *hub, char out[SESSION_NAME])
{
	snprintf(out, SESSION_NAME, "%08llx-%x-%lx",
	    (unsigned long long)time(NULL), (unsigned)hub->pid, ++hub->serial);
}

static void
set_client(struct link *l, const struct sockaddr *client)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->client;
	socklen_t len;

	if (client == NULL) {
		v4->sin_family = AF_INET;
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return;
	}
	len = client->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					   : sizeof(struct sockaddr_in6);
	memcpy(&l->client, client, len);
	net_unmap(&l->client, &len);
}

struct link *
link_new(struct hub *hub, int in, int out, const struct sockaddr *client)
{
	char name[SESSION_NAME], address[INET6_ADDRSTRLEN];
	struct event_base *base = hub->worker->base;
	struct link *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(EXIT_TEMP, "connection");
	l->hub = hub;
	l->in_fd = in;
	l->out_fd = out;
	set_client(l, client);
	net_text((struct sockaddr *)&l->client, address, sizeof(address));
	name_session(hub, name);
	l->session =
	    session_new(hub->worker->config, name, address, link_now());
	l->session->strict = client != NULL;
	l->in = evbuffer_new();
	l->readable = event_new(base, in, EV_READ | EV_PERSIST, on_readable, l);
	l->writable = event_new(base, out, EV_WRITE, on_writable, l);
	if (l->in == NULL || l->readable == NULL || l->writable == NULL ||
	    event_add(l->readable, NULL) == -1)
		err(EXIT_TEMP, "connection");
	TAILQ_INSERT_TAIL(&hub->links, l, next);
	hub->count++;
	deed_name(l);
	return l;
}
