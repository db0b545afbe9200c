#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "accounts.h"
#include "exits.h"
#include "log.h"
#include "nursery.h"

#define HELPERS     2
#define CACHE_SIZE  4096 /* slots; a name has one, by its hash */
#define PENDING_MAX 1000 /* names that wait */

static const time_t lifetimes[] = {
    [ACCOUNT_NO] = 5, /* a new user should not wait long */
    [ACCOUNT_YES] = 60,
    [ACCOUNT_ERROR] = 2,
};

struct known {
	char name[NURSERY_NAME];
	enum account account;
	time_t until;
};

struct wanted {
	STAILQ_ENTRY(wanted) next;
	char name[NURSERY_NAME];
};

struct helper {
	struct accounts *owner;
	int fd;              /* or -1 */
	struct event *event; /* its answer, or the deadline */
	struct wanted *busy; /* what it was asked */
};

struct accounts {
	struct event_base *base;
	void (*known)(const char *name, void *arg);
	void *arg;
	int nursery;
	struct helper helpers[HELPERS];
	STAILQ_HEAD(, wanted) queue; /* for a helper */
	STAILQ_HEAD(, wanted) done;  /* for known() */
	struct event *tell;
	size_t waiting;
	struct known *cache;
};

static enum account
meaning(char answer)
{
	return answer == 'y'   ? ACCOUNT_YES
	       : answer == 'n' ? ACCOUNT_NO
			       : ACCOUNT_ERROR;
}

static time_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static struct known *
slot(struct accounts *a, const char *name)
{
	unsigned long hash = 5381;

	for (; *name != '\0'; name++)
		hash = hash * 33 ^ (unsigned char)*name;
	return &a->cache[hash % CACHE_SIZE];
}

static void
remember(struct accounts *a, const char *name, enum account account)
{
	struct known *k = slot(a, name);

	strlcpy(k->name, name, sizeof(k->name));
	k->account = account;
	k->until = now() + lifetimes[account];
}

static void on_answer(evutil_socket_t, short, void *);

static int
start(struct helper *h)
{
	if ((h->fd = nursery_helper(h->owner->nursery)) == -1) {
		if (errno == EPIPE || errno == ECONNRESET)
			errx(EXIT_TEMP, "no helpers any more");
		return -1;
	}
	h->event = event_new(
	    h->owner->base, h->fd, EV_READ | EV_TIMEOUT, on_answer, h);
	if (h->event == NULL)
		err(EXIT_TEMP, "accounts");
	return 0;
}

/* It ends when it sees that, or when its own time is over. */
static void
stop(struct helper *h)
{
	if (h->fd == -1)
		return;
	event_free(h->event);
	close(h->fd);
	h->fd = -1;
}

/* known() is told when the loop comes round, never from within a question. */
static void
finish(struct helper *h, enum account account)
{
	struct accounts *a = h->owner;

	remember(a, h->busy->name, account);
	STAILQ_INSERT_TAIL(&a->done, h->busy, next);
	h->busy = NULL;
	event_active(a->tell, EV_TIMEOUT, 1);
}

static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
	struct accounts *a = arg;
	struct wanted *w;

	(void)fd;
	(void)what;
	while ((w = STAILQ_FIRST(&a->done)) != NULL) {
		STAILQ_REMOVE_HEAD(&a->done, next);
		a->waiting--;
		a->known(w->name, a->arg);
		free(w);
	}
}

/* One that died while it had nothing to do is replaced. */
static bool
hand_over(struct helper *h)
{
	static const struct timeval deadline = {NURSERY_DEADLINE, 0};
	int tries;

	for (tries = 0; tries < 2; tries++) {
		if (h->fd == -1 && start(h) == -1) {
			log_event("helper", "error", strerror(errno), NULL);
			return false;
		}
		if (send(h->fd, h->busy->name, strlen(h->busy->name),
			MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
			event_add(h->event, &deadline);
			return true;
		}
		stop(h);
	}
	return false;
}

/* Give the next name to a helper that has none. */
static void
give(struct helper *h)
{
	struct accounts *a = h->owner;

	while (h->busy == NULL && (h->busy = STAILQ_FIRST(&a->queue))) {
		STAILQ_REMOVE_HEAD(&a->queue, next);
		if (hand_over(h))
			return;
		finish(h, ACCOUNT_ERROR);
	}
}

static void
on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct helper *h = arg;
	char answer = 'e';

	if ((what & EV_READ) == 0 || recv(fd, &answer, 1, MSG_DONTWAIT) != 1) {
		log_event("helper", "account",
		    h->busy != NULL ? h->busy->name : NULL, "error",
		    (what & EV_READ) == 0 ? "no answer in time" : "died", NULL);
		answer = 'e';
		stop(h);
	}
	if (h->busy != NULL)
		finish(h, meaning(answer));
	give(h);
}

struct accounts *
accounts_new(struct event_base *base,
    void (*known)(const char *name, void *arg), void *arg)
{
	struct accounts *a = calloc(1, sizeof(*a));
	unsigned i;

	if (a == NULL ||
	    (a->cache = calloc(CACHE_SIZE, sizeof(*a->cache))) == NULL)
		err(EXIT_TEMP, "accounts");
	a->base = base;
	a->known = known;
	a->arg = arg;
	STAILQ_INIT(&a->queue);
	STAILQ_INIT(&a->done);
	if (base != NULL && (a->tell = evtimer_new(base, on_tell, a)) == NULL)
		err(EXIT_TEMP, "accounts");
	if (base != NULL && (a->nursery = nursery_new()) == -1)
		err(EXIT_TEMP, "helpers");
	for (i = 0; i < HELPERS; i++) {
		a->helpers[i].owner = a;
		a->helpers[i].fd = -1;
	}
	for (i = 0; base != NULL && i < HELPERS; i++) {
		if (start(&a->helpers[i]) == -1)
			err(EXIT_TEMP, "helper");
	}
	return a;
}

void
accounts_free(struct accounts *a)
{
	struct wanted *w;
	unsigned i;

	if (a == NULL)
		return;
	for (i = 0; i < HELPERS; i++) {
		stop(&a->helpers[i]);
		free(a->helpers[i].busy);
	}
	if (a->base != NULL)
		close(a->nursery);
	STAILQ_CONCAT(&a->queue, &a->done);
	while ((w = STAILQ_FIRST(&a->queue)) != NULL) {
		STAILQ_REMOVE_HEAD(&a->queue, next);
		free(w);
	}
	if (a->tell != NULL)
		event_free(a->tell);
	free(a->cache);
	free(a);
}

static bool
is_wanted(const struct accounts *a, const char *name)
{
	const struct wanted *w;
	unsigned i;

	for (i = 0; i < HELPERS; i++)
		if (a->helpers[i].busy != NULL &&
		    strcmp(a->helpers[i].busy->name, name) == 0)
			return true;
	STAILQ_FOREACH(w, &a->queue, next)
	if (strcmp(w->name, name) == 0)
		return true;
	return false;
}

static enum account
want(struct accounts *a, const char *name)
{
	struct wanted *w;
	unsigned i;

	if (is_wanted(a, name))
		return ACCOUNT_PENDING;
	if (a->waiting >= PENDING_MAX)
		return ACCOUNT_ERROR;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return ACCOUNT_ERROR;
	strlcpy(w->name, name, sizeof(w->name));
	STAILQ_INSERT_TAIL(&a->queue, w, next);
	a->waiting++;
	for (i = 0; i < HELPERS; i++)
		give(&a->helpers[i]);
	return ACCOUNT_PENDING;
}

enum account
accounts_ask(struct accounts *a, const char *name)
{
	struct known *k;

	if (*name == '\0' || strlen(name) >= NURSERY_NAME)
		return ACCOUNT_NO;
	if (a->base == NULL)
		return meaning(nursery_ask(name));
	k = slot(a, name);
	if (strcmp(k->name, name) == 0 && now() < k->until)
		return k->account;
	return want(a, name);
}
