#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "ask.h"
#include "conn.h"
#include "exits.h"
#include "paths.h"
#include "peer.h"

#define ASK_CONTENT 1048576 /* of an answer */
#define ASK_GRACE   3000    /* milliseconds in which a neighbour may restart */
#define ASK_PAUSE   100     /* milliseconds between two tries to connect */

TAILQ_HEAD(asks, ask);

/* A kept connection, and the questions it carries now. */
struct line {
	TAILQ_ENTRY(line) next;
	struct ask_pool *pool;
	struct conn *conn;
	struct asks asks;
	unsigned count;
	bool gone;
};

struct ask {
	TAILQ_ENTRY(ask) next;
	struct ask_pool *pool;
	struct line *line;       /* NULL: waits for one */
	uint64_t tag;            /* 0: it has its line for itself */
	struct evbuffer *queued; /* what was sent before there was a line */
	int queued_fd;
	struct event *timer;
	int64_t begun; /* milliseconds */
	ask_answer *answer;
	void *arg;
};

struct ask_pool {
	struct event_base *base;
	char path[PATH_SIZE];
	struct sockaddr_storage address; /* if path is "" */
	socklen_t address_len;
	unsigned max, count;
	unsigned width; /* questions that a line carries at most */
	uint64_t tags;  /* given out */
	struct timeval patience;
	struct event *kick; /* gives lines to who waits, from the loop */
	TAILQ_HEAD(, line) idle, busy; /* with room for a question; full */
	struct asks waiting;
};

static void
ask_free(struct ask *a)
{
	event_free(a->timer);
	if (a->queued != NULL)
		evbuffer_free(a->queued);
	if (a->queued_fd != -1)
		close(a->queued_fd);
	free(a);
}

static void
kick(struct ask_pool *pool)
{
	if (!TAILQ_EMPTY(&pool->waiting))
		event_active(pool->kick, 0, 0);
}

/* Its line has room for another one. */
static void
detach(struct ask *a)
{
	struct line *l = a->line;
	struct ask_pool *pool = a->pool;

	if (l == NULL) {
		TAILQ_REMOVE(&pool->waiting, a, next);
		return;
	}
	TAILQ_REMOVE(&l->asks, a, next);
	a->line = NULL;
	if (l->count-- == pool->width && !l->gone) {
		TAILQ_REMOVE(&pool->busy, l, next);
		TAILQ_INSERT_HEAD(&pool->idle, l, next);
		kick(pool);
	}
}

/* There will be no answer. */
static void
ask_fail(struct ask *a, const char *why)
{
	detach(a);
	a->answer(a, NULL, NULL, -1, why, a->arg);
	ask_free(a);
}

/* The connection of the line is closed: nothing on it will be answered. */
static void
line_forget(struct line *l, const char *why)
{
	struct ask_pool *pool = l->pool;
	struct ask *a;

	if (l->count == pool->width)
		TAILQ_REMOVE(&pool->busy, l, next);
	else
		TAILQ_REMOVE(&pool->idle, l, next);
	pool->count--;
	l->gone = true;
	while ((a = TAILQ_FIRST(&l->asks)) != NULL)
		ask_fail(a, why);
	free(l);
	kick(pool);
}

static void
on_gone(struct conn *c, const char *why, void *arg)
{
	(void)c;
	line_forget(arg, why == NULL ? "closed before the answer" : why);
}

static void
patience(struct ask *a)
{
	if (a->pool->patience.tv_sec > 0)
		event_add(a->timer, &a->pool->patience);
}

/* Tags come back in about the order in which they went. */
static struct ask *
whose(const struct line *l, const struct record *answer)
{
	struct ask *a;
	uint64_t tag;

	if (l->pool->width == 1)
		return TAILQ_FIRST(&l->asks);
	if (record_number(answer, "tag", UINT64_MAX, &tag) != 1)
		return NULL;
	TAILQ_FOREACH(a, &l->asks, next)
	if (a->tag == tag)
		return a;
	return NULL;
}

static void
on_record(struct conn *c, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	struct line *l = arg;
	struct ask *a = whose(l, r);

	if (a != NULL) {
		patience(a);
		a->answer(a, r, content, fd, NULL, a->arg);
		return;
	}
	if (fd != -1)
		close(fd);
	/* Nobody asked: the peer is not in step, or somebody gave up. */
	if (l->pool->width == 1) {
		conn_close(c);
		line_forget(l, "out of step");
	}
}

static const struct conn_calls calls = {on_record, on_gone, NULL};

/* At an internet address it is perhaps under way still. */
static int
begin_connect(const struct ask_pool *pool)
{
	const struct sockaddr *address =
	    (const struct sockaddr *)&pool->address;
	int fd, saved;

	if (*pool->path != '\0')
		return peer_connect_nonblock(pool->path);
	fd = socket(
	    address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, address, pool->address_len) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static struct line *
line_open(struct ask_pool *pool)
{
	struct line *l;
	int fd = begin_connect(pool);

	if (fd == -1)
		return NULL;
	if ((l = calloc(1, sizeof(*l))) == NULL)
		err(EXIT_TEMP, "%s", pool->path);
	l->pool = pool;
	TAILQ_INIT(&l->asks);
	l->conn =
	    conn_new(pool->base, fd, RECORD_ENVELOPE, ASK_CONTENT, &calls, l);
	if (l->conn == NULL)
		err(EXIT_TEMP, "%s", pool->path);
	TAILQ_INSERT_HEAD(&pool->idle, l, next);
	pool->count++;
	return l;
}

static void
line_take(struct line *l, struct ask *a)
{
	struct ask_pool *pool = l->pool;

	TAILQ_REMOVE(&pool->waiting, a, next);
	TAILQ_INSERT_TAIL(&l->asks, a, next);
	a->line = l;
	if (++l->count == pool->width) {
		TAILQ_REMOVE(&pool->idle, l, next);
		TAILQ_INSERT_TAIL(&pool->busy, l, next);
	}
}

/* Send what waited for a line. */
static void
ask_unqueue(struct ask *a)
{
	if (a->queued == NULL)
		return;
	conn_send_raw(a->line->conn, a->queued, a->queued_fd);
	evbuffer_free(a->queued);
	a->queued = NULL;
	if (a->queued_fd != -1)
		close(a->queued_fd);
	a->queued_fd = -1;
}

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Nobody listens: the supervisor may be starting the neighbour anew, so the
 * first who waits has a little patience.  true if there is another to look at.
 */
static bool
nobody_listens(struct ask_pool *pool, struct ask *a)
{
	struct timeval pause = {.tv_usec = ASK_PAUSE * 1000};

	if (milliseconds() - a->begun < ASK_GRACE) {
		event_add(pool->kick, &pause);
		return false;
	}
	ask_fail(a, strerror(errno));
	return true;
}

static void
on_kick(evutil_socket_t none, short what, void *arg)
{
	struct ask_pool *pool = arg;
	struct line *l;
	struct ask *a;

	(void)none;
	(void)what;
	while ((a = TAILQ_FIRST(&pool->waiting)) != NULL) {
		if ((l = TAILQ_FIRST(&pool->idle)) == NULL) {
			if (pool->count >= pool->max)
				return;
			if ((l = line_open(pool)) == NULL) {
				if (!nobody_listens(pool, a))
					return;
				continue;
			}
		}
		line_take(l, a);
		ask_unqueue(a);
	}
}

static void
on_patience(evutil_socket_t none, short what, void *arg)
{
	struct ask *a = arg;
	struct line *l = a->line;

	(void)none;
	(void)what;
	if (l != NULL && l->pool->width == 1) {
		conn_close(l->conn);
		line_forget(l, "no answer in time");
	} else
		ask_fail(a, "no answer in time");
}

struct ask_pool *
ask_pool_new(
    struct event_base *base, const char *path, unsigned max, unsigned seconds)
{
	struct ask_pool *pool;

	if ((pool = calloc(1, sizeof(*pool))) == NULL ||
	    (pool->kick = event_new(base, -1, 0, on_kick, pool)) == NULL)
		err(EXIT_TEMP, "%s", path);
	if (strlcpy(pool->path, path, sizeof(pool->path)) >= sizeof(pool->path))
		errx(EXIT_PERM, "%s: name too long", path);
	pool->base = base;
	pool->max = max;
	pool->width = 1;
	pool->patience.tv_sec = seconds;
	TAILQ_INIT(&pool->idle);
	TAILQ_INIT(&pool->busy);
	TAILQ_INIT(&pool->waiting);
	return pool;
}

struct ask_pool *
ask_pool_new_at(struct event_base *base, const struct sockaddr *address,
    socklen_t len, unsigned max, unsigned seconds)
{
	struct ask_pool *pool = ask_pool_new(base, "", max, seconds);

	memcpy(&pool->address, address, len);
	pool->address_len = len;
	return pool;
}

void
ask_pool_share(struct ask_pool *pool, unsigned width)
{
	pool->width = width;
}

static void
line_close(struct line *l)
{
	struct ask *a;

	while ((a = TAILQ_FIRST(&l->asks)) != NULL) {
		detach(a);
		ask_free(a);
	}
	conn_close(l->conn);
	line_forget(l, NULL);
}

void
ask_pool_free(struct ask_pool *pool)
{
	struct line *l;
	struct ask *a;

	while ((a = TAILQ_FIRST(&pool->waiting)) != NULL)
		ask_cancel(a);
	while ((l = TAILQ_FIRST(&pool->busy)) != NULL ||
	       (l = TAILQ_FIRST(&pool->idle)) != NULL)
		line_close(l);
	event_free(pool->kick);
	free(pool);
}

struct ask *
ask_begin(struct ask_pool *pool, ask_answer *answer, void *arg)
{
	struct ask *a;
	struct line *l;

	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->timer = evtimer_new(pool->base, on_patience, a)) == NULL)
		err(EXIT_TEMP, "question to %s", pool->path);
	a->pool = pool;
	a->answer = answer;
	a->arg = arg;
	a->queued_fd = -1;
	if (pool->width > 1)
		a->tag = ++pool->tags;
	a->begun = milliseconds();
	TAILQ_INSERT_TAIL(&pool->waiting, a, next);
	patience(a);
	/* At once if there is an idle line and nobody is before us. */
	if ((l = TAILQ_FIRST(&pool->idle)) != NULL &&
	    TAILQ_FIRST(&pool->waiting) == a)
		line_take(l, a);
	else
		kick(pool);
	return a;
}

/* Until there is a line, or to put the tag before it. */
static void
queue(struct ask *a, const struct record *r, struct evbuffer *content, int fd)
{
	size_t len;
	char *text;

	if (a->queued == NULL && (a->queued = evbuffer_new()) == NULL)
		err(EXIT_TEMP, "question to %s", a->pool->path);
	text = record_encode(r, &len);
	if ((a->tag != 0 && evbuffer_add_printf(a->queued, "tag=%ju\n",
				(uintmax_t)a->tag) == -1) ||
	    evbuffer_add(a->queued, text, len) == -1 ||
	    (content != NULL && evbuffer_add_buffer(a->queued, content) == -1))
		err(EXIT_TEMP, "question to %s", a->pool->path);
	free(text);
	if (fd != -1 && (a->queued_fd = dup(fd)) == -1)
		err(EXIT_TEMP, "descriptor to pass");
}

void
ask_send(
    struct ask *a, const struct record *r, struct evbuffer *content, int fd)
{
	patience(a);
	if (a->line != NULL && a->tag == 0) {
		conn_send(a->line->conn, r, content, fd);
		return;
	}
	queue(a, r, content, fd);
	if (a->line != NULL)
		ask_unqueue(a);
}

size_t
ask_backlog(const struct ask *a)
{
	if (a->line != NULL)
		return conn_backlog(a->line->conn);
	return a->queued == NULL ? 0 : evbuffer_get_length(a->queued);
}

void
ask_end(struct ask *a)
{
	detach(a);
	ask_free(a);
}

void
ask_cancel(struct ask *a)
{
	if (a->line != NULL && a->pool->width == 1)
		line_close(a->line);
	else
		ask_end(a);
}
