#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <unistd.h>

#include <err.h>

#include "conn.h"
#include "exits.h"
#include "log.h"
#include "peer.h"

#define CONN_READ  65536
#define CONN_IOVEC 16

/* A descriptor that leaves with the byte at that place in the stream. */
struct passing {
	STAILQ_ENTRY(passing) next;
	uint64_t at;
	int fd;
};

struct conn {
	int fd;
	struct event *readable, *writable;
	struct evbuffer *in, *out, *content;
	struct record record; /* the one whose content is awaited */
	bool have_record, paused, finishing, closed, busy, draining;
	size_t content_left, searched, content_max;
	int received; /* descriptor that came with the record, or -1 */
	uint64_t sent, reads;
	STAILQ_HEAD(, passing) passing;
	const struct conn_calls *calls;
	void *arg;
};

static void
conn_free(struct conn *c)
{
	struct passing *p;

	event_free(c->readable);
	event_free(c->writable);
	evbuffer_free(c->in);
	evbuffer_free(c->out);
	evbuffer_free(c->content);
	record_free(&c->record);
	if (c->received != -1)
		close(c->received);
	while ((p = STAILQ_FIRST(&c->passing)) != NULL) {
		STAILQ_REMOVE_HEAD(&c->passing, next);
		close(p->fd);
		free(p);
	}
	close(c->fd);
	free(c);
}

void
conn_close(struct conn *c)
{
	event_del(c->readable);
	event_del(c->writable);
	c->closed = true;
	if (!c->busy)
		conn_free(c);
}

static void
conn_gone(struct conn *c, const char *why)
{
	if (c->closed)
		return;
	c->busy = true;
	if (!c->finishing)
		c->calls->gone(c, why, c->arg);
	c->busy = false;
	conn_close(c);
}

/* 1: a record stands in c->record; 0: not yet; -1: errno. */
static int
next_record(struct conn *c)
{
	struct evbuffer_ptr found, from;
	uint64_t size = 0;
	size_t len;
	unsigned char *bytes = evbuffer_pullup(c->in, 1);

	if (bytes == NULL)
		return 0;
	if (*bytes == '\n') {
		len = 1;
	} else {
		if (c->searched > 0)
			c->searched--;
		evbuffer_ptr_set(c->in, &from, c->searched, EVBUFFER_PTR_SET);
		found = evbuffer_search(c->in, "\n\n", 2, &from);
		if (found.pos == -1) {
			c->searched = evbuffer_get_length(c->in);
			errno = EMSGSIZE;
			return c->searched > c->record.max ? -1 : 0;
		}
		len = found.pos + 2;
	}
	c->searched = 0;
	bytes = evbuffer_pullup(c->in, len);
	if (record_parse(&c->record, (const char *)bytes, len) == -1)
		return -1;
	evbuffer_drain(c->in, len);
	if (record_content(&c->record, c->content_max, &size) == -1) {
		errno = EMSGSIZE;
		return -1;
	}
	c->content_left = size;
	return 1;
}

/* Hand over whole records.  false if the connection is gone. */
static bool
deliver(struct conn *c)
{
	bool closed;
	int got, fd;

	while (!c->closed && !c->paused && !c->finishing) {
		if (!c->have_record) {
			if ((got = next_record(c)) == 0)
				return true;
			if (got == -1) {
				conn_gone(c, errno == EMSGSIZE
						 ? "record or content too long"
						 : "malformed record");
				return false;
			}
			c->have_record = true;
		}
		if (evbuffer_get_length(c->in) < c->content_left)
			return true;
		evbuffer_remove_buffer(c->in, c->content, c->content_left);
		c->have_record = false;
		fd = c->received;
		c->received = -1;
		c->busy = true;
		c->calls->record(c, &c->record, c->content, fd, c->arg);
		c->busy = false;
		evbuffer_drain(c->content, evbuffer_get_length(c->content));
	}
	if ((closed = c->closed))
		conn_free(c);
	return !closed;
}

/*
 * One read: its length, 0 at the end, -1 errno.  A descriptor is kept for the
 * record whose first byte it came with; a second one before that is closed.
 */
static ssize_t
take(struct conn *c)
{
	struct evbuffer_iovec v;
	ssize_t got;
	int fd;

	if (evbuffer_reserve_space(c->in, CONN_READ, &v, 1) != 1)
		err(EXIT_TEMP, "evbuffer");
	c->reads++;
	got = peer_recv(c->fd, v.iov_base, v.iov_len, &fd);
	v.iov_len = got > 0 ? (size_t)got : 0;
	evbuffer_commit_space(c->in, &v, 1);
	if (fd != -1) {
		if (c->received != -1)
			close(c->received);
		c->received = fd;
	}
	return got;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	ssize_t got = take(c);

	(void)fd;
	(void)what;
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got == -1) {
		conn_gone(c, strerror(errno));
		return;
	}
	if (got == 0) {
		conn_gone(c, c->have_record || evbuffer_get_length(c->in) > 0
				 ? "closed in a record"
				 : NULL);
		return;
	}
	if (c->finishing)
		evbuffer_drain(c->in, evbuffer_get_length(c->in));
	else
		(void)deliver(c);
}

/* Write up to the next descriptor: bytes written, or -1. */
static ssize_t
give(struct conn *c)
{
	struct evbuffer_iovec v[CONN_IOVEC];
	struct passing *p = STAILQ_FIRST(&c->passing);
	ev_ssize_t most = -1;
	ssize_t sent;
	int n;

	if (p != NULL && p->at == c->sent) {
		(void)evbuffer_peek(c->out, 1, NULL, v, 1);
		sent = peer_send(c->fd, v[0].iov_base, 1, p->fd);
		if (sent != 1)
			return -1;
		STAILQ_REMOVE_HEAD(&c->passing, next);
		close(p->fd);
		free(p);
	} else {
		if (p != NULL)
			most = (ev_ssize_t)(p->at - c->sent);
		n = evbuffer_peek(c->out, most, NULL, v, CONN_IOVEC);
		if (n > CONN_IOVEC)
			n = CONN_IOVEC;
		if (most >= 0 && n > 0)
			sent = peer_send(c->fd, v[0].iov_base,
			    v[0].iov_len < (size_t)most ? v[0].iov_len
							: (size_t)most,
			    -1);
		else
			sent = writev(c->fd, (struct iovec *)v, n);
	}
	if (sent > 0) {
		evbuffer_drain(c->out, sent);
		c->sent += sent;
	}
	return sent;
}

/* false if the connection is gone. */
static bool
flush(struct conn *c)
{
	while (evbuffer_get_length(c->out) > 0)
		if (give(c) == -1) {
			if (errno == EAGAIN || errno == EINTR) {
				event_add(c->writable, NULL);
				return true;
			}
			conn_gone(c, strerror(errno));
			return false;
		}
	if (c->finishing) {
		conn_close(c);
		return false;
	}
	return true;
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (!flush(c) || evbuffer_get_length(c->out) > 0 ||
	    c->calls->drained == NULL)
		return;
	c->busy = c->draining = true;
	c->calls->drained(c, c->arg);
	c->busy = c->draining = false;
	if (c->closed)
		conn_free(c);
}

/*
 * When all that has arrived in this turn of the loop is seen to: one write for
 * all of it.  Who is asked for more, however, goes behind the others.
 */
static void
write_soon(struct conn *c)
{
	if (c->draining)
		event_add(c->writable, NULL);
	else
		event_active(c->writable, EV_WRITE, 0);
}

struct conn *
conn_new(struct event_base *base, int fd, size_t record_max, size_t content_max,
    const struct conn_calls *calls, void *arg)
{
	struct conn *c;

	if (evutil_make_socket_nonblocking(fd) == -1)
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		err(EXIT_TEMP, "connection");
	c->fd = fd;
	c->received = -1;
	c->content_max = content_max;
	c->calls = calls;
	c->arg = arg;
	STAILQ_INIT(&c->passing);
	record_init(&c->record, record_max);
	c->in = evbuffer_new();
	c->out = evbuffer_new();
	c->content = evbuffer_new();
	c->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(base, fd, EV_WRITE, on_writable, c);
	if (c->in == NULL || c->out == NULL || c->content == NULL ||
	    c->readable == NULL || c->writable == NULL ||
	    event_add(c->readable, NULL) == -1)
		err(EXIT_TEMP, "connection");
	return c;
}

int
conn_fd(const struct conn *c)
{
	return c->fd;
}

/* A descriptor for the byte that will be appended next. */
static void
pass(struct conn *c, int fd)
{
	struct passing *p;

	if (fd == -1)
		return;
	if ((p = calloc(1, sizeof(*p))) == NULL || (p->fd = dup(fd)) == -1)
		err(EXIT_TEMP, "descriptor to pass");
	p->at = c->sent + evbuffer_get_length(c->out);
	STAILQ_INSERT_TAIL(&c->passing, p, next);
}

void
conn_send(
    struct conn *c, const struct record *r, struct evbuffer *content, int fd)
{
	size_t len;
	char *text;

	if (c->closed)
		return;
	pass(c, fd);
	text = record_encode(r, &len);
	if (evbuffer_add(c->out, text, len) == -1 ||
	    (content != NULL && evbuffer_add_buffer(c->out, content) == -1))
		err(EXIT_TEMP, "connection output");
	free(text);
	write_soon(c);
}

void
conn_send_raw(struct conn *c, struct evbuffer *bytes, int fd)
{
	if (c->closed)
		return;
	pass(c, fd);
	if (evbuffer_add_buffer(c->out, bytes) == -1)
		err(EXIT_TEMP, "connection output");
	write_soon(c);
}

size_t
conn_backlog(const struct conn *c)
{
	return evbuffer_get_length(c->out);
}

uint64_t
conn_reads(const struct conn *c)
{
	return c->reads;
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
	event_del(c->readable);
}

void
conn_resume(struct conn *c)
{
	if (!c->paused || c->closed)
		return;
	c->paused = false;
	event_add(c->readable, NULL);
	/* What has arrived is handed over as if it came now. */
	if (evbuffer_get_length(c->in) > 0 && !c->busy)
		(void)deliver(c);
}

void
conn_finish(struct conn *c)
{
	c->finishing = true;
	if (!c->closed && evbuffer_get_length(c->out) == 0)
		conn_close(c);
}
