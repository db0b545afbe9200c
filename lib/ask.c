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

/* A kept connection; ask is the question it carries now, or NULL. */
struct line {
	TAILQ_ENTRY(line) next;
	struct ask_pool *pool;
	struct conn *conn;
	struct ask *ask;
};

struct ask {
	TAILQ_ENTRY(ask) next;
	struct ask_pool *pool;
	struct line *line;       /* NULL: waits for one */
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
	struct timeval patience;
	struct event *kick; /* gives lines to who waits, from the loop */
	TAILQ_HEAD(, line) idle, busy;
	TAILQ_HEAD(, ask) waiting;
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

static void
line_forget(struct line *l)
{
	struct ask_pool *pool = l->pool;

	if (l->ask != NULL)
		TAILQ_REMOVE(&pool->busy, l, next);
	else
		TAILQ_REMOVE(&pool->idle, l, next);
	pool->count--;
	free(l);
	kick(pool);
}

/* There will be no answer. */
static void
ask_fail(struct ask *a, const char *why)
{
	ask_answer *answer = a->answer;
	void *arg = a->arg;

	if (a->line == NULL)
		TAILQ_REMOVE(&a->pool->waiting, a, next);
	answer(a, NULL, NULL, -1, why, arg);
	ask_free(a);
}

static void
on_gone(struct conn *c, const char *why, void *arg)
{
	struct line *l = arg;
	struct ask *a = l->ask;

	(void)c;
	line_forget(l);
	if (a != NULL)
		ask_fail(a, why == NULL ? "closed before the answer" : why);
}

static void
patience(struct ask *a)
{
	if (a->pool->patience.tv_sec > 0)
		event_add(a->timer, &a->pool->patience);
}

static void
on_record(struct conn *c, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	struct line *l = arg;
	struct ask *a = l->ask;

	if (a == NULL) {
		/* Nobody asked: the peer is not in step with us. */
		if (fd != -1)
			close(fd);
		line_forget(l);
		conn_close(c);
		return;
	}
	patience(a);
	a->answer(a, r, content, fd, NULL, a->arg);
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

	TAILQ_REMOVE(&pool->idle, l, next);
	TAILQ_INSERT_TAIL(&pool->busy, l, next);
	TAILQ_REMOVE(&pool->waiting, a, next);
	l->ask = a;
	a->line = l;
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
	if (l != NULL) {
		conn_close(l->conn);
		line_forget(l);
	}
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
ask_pool_free(struct ask_pool *pool)
{
	struct line *l;
	struct ask *a;

	while ((l = TAILQ_FIRST(&pool->busy)) != NULL)
		ask_cancel(l->ask);
	while ((a = TAILQ_FIRST(&pool->waiting)) != NULL)
		ask_cancel(a);
	while ((l = TAILQ_FIRST(&pool->idle)) != NULL) {
		conn_close(l->conn);
		line_forget(l);
	}
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

void
ask_send(
    struct ask *a, const struct record *r, struct evbuffer *content, int fd)
{
	size_t len;
	char *text;

	patience(a);
	if (a->line != NULL) {
		conn_send(a->line->conn, r, content, fd);
		return;
	}
	if (a->queued == NULL && (a->queued = evbuffer_new()) == NULL)
		err(EXIT_TEMP, "question to %s", a->pool->path);
	text = record_encode(r, &len);
	if (evbuffer_add(a->queued, text, len) == -1 ||
	    (content != NULL && evbuffer_add_buffer(a->queued, content) == -1))
		err(EXIT_TEMP, "question to %s", a->pool->path);
	free(text);
	if (fd != -1 && (a->queued_fd = dup(fd)) == -1)
		err(EXIT_TEMP, "descriptor to pass");
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
	struct line *l = a->line;
	struct ask_pool *pool = a->pool;

	if (l == NULL) {
		ask_cancel(a);
		return;
	}
	TAILQ_REMOVE(&pool->busy, l, next);
	TAILQ_INSERT_HEAD(&pool->idle, l, next);
	l->ask = NULL;
	ask_free(a);
	kick(pool);
}

void
ask_cancel(struct ask *a)
{
	struct line *l = a->line;

	if (l == NULL) {
		TAILQ_REMOVE(&a->pool->waiting, a, next);
	} else {
		conn_close(l->conn);
		line_forget(l);
	}
	ask_free(a);
}
