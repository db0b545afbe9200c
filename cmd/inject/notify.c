#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "exits.h"
#include "notify.h"
#include "paths.h"
#include "peer.h"
#include "segment.h"

#define BACKLOG 65536 /* more unread hints than this are useless */

struct notify {
	struct event_base *base;
	char path[PATH_SIZE];
	struct conn *conn; /* NULL: away */
	struct event *retry;
	bool known; /* is there a state to tell? */
	uint32_t segment;
	off_t end;
	bool late; /* the latest state has not been sent */
};

static void
tell(struct notify *n)
{
	struct record r;
	char name[9];

	if (n->conn == NULL || !n->known)
		return;
	n->late = conn_backlog(n->conn) > BACKLOG;
	if (n->late)
		return;
	segment_name(name, n->segment);
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "request", "durable");
	record_add(&r, "segment", name);
	record_addf(&r, "end", "%jd", (intmax_t)n->end);
	conn_send(n->conn, &r, NULL, -1);
	record_free(&r);
}

static void
retry_later(struct notify *n)
{
	static const struct timeval second = {1, 0};

	event_add(n->retry, &second);
}

static void
on_record(struct conn *c, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	(void)c;
	(void)r;
	(void)content;
	(void)fd;
	(void)arg; /* nothing was asked, so this is no answer */
}

static void
on_gone(struct conn *c, const char *why, void *arg)
{
	struct notify *n = arg;

	(void)c;
	(void)why;
	n->conn = NULL;
	retry_later(n);
}

static void
on_drained(struct conn *c, void *arg)
{
	struct notify *n = arg;

	(void)c;
	if (n->late)
		tell(n);
}

static void
try(evutil_socket_t none, short what, void *arg)
{
	static const struct conn_calls calls = {on_record, on_gone, on_drained};
	struct notify *n = arg;
	int fd = peer_connect_nonblock(n->path);

	(void)none;
	(void)what;
	if (fd == -1) {
		retry_later(n);
		return;
	}
	if ((n->conn = conn_new(n->base, fd, RECORD_QUESTION, 0, &calls, n)) ==
	    NULL)
		err(EXIT_TEMP, "%s", n->path);
	tell(n);
}

struct notify *
notify_new(struct event_base *base, const char *path)
{
	static const struct timeval now = {0, 0};
	struct notify *n = calloc(1, sizeof(*n));

	if (n == NULL || (n->retry = evtimer_new(base, try, n)) == NULL)
		err(EXIT_TEMP, "%s", path);
	n->base = base;
	strlcpy(n->path, path, sizeof(n->path));
	event_add(n->retry, &now);
	return n;
}

void
notify_durable(struct notify *n, uint32_t segment, off_t end)
{
	n->known = true;
	n->segment = segment;
	n->end = end;
	tell(n);
}
