#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include <err.h>

#include "addr.h"
#include "domains.h"
#include "exits.h"
#include "resolve.h"

#define CACHE_SIZE  4096 /* slots; a name has one, by its hash */
#define PENDING_MAX 1000 /* names that wait */
/*
 * Who asks has only so many lines to us.  When some names wait for name servers
 * that do not answer, others are not made to wait for theirs as well.
 */
#define STUCK_MAX     32
#define STUCK_SECONDS 2

static const time_t lifetimes[] = {
    [DOMAIN_NO] = 60, /* one that is new should not wait long */
    [DOMAIN_YES] = 300,
    [DOMAIN_ERROR] = 5,
};

struct known {
	char name[ADDR_SIZE];
	enum domain domain;
	time_t until;
};

struct wanted {
	TAILQ_ENTRY(wanted) entry;
	struct domains *owner;
	time_t begun;
	char name[ADDR_SIZE];
};

struct domains {
	struct resolver *resolver;
	void (*known)(const char *name, void *arg);
	void *arg;
	TAILQ_HEAD(pending, wanted) pending; /* the oldest first */
	size_t count;
	struct known *cache[CACHE_SIZE];
};

static time_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static struct known **
slot(struct domains *d, const char *name)
{
	unsigned long hash = 5381;

	for (; *name != '\0'; name++)
		hash = hash * 33 ^ (unsigned char)*name;
	return &d->cache[hash % CACHE_SIZE];
}

/* Without memory for it, it is asked again, which is an error soon enough. */
static void
remember(struct domains *d, const char *name, enum domain domain)
{
	struct known **k = slot(d, name);

	if (*k == NULL && (*k = calloc(1, sizeof(**k))) == NULL)
		err(EXIT_TEMP, "domains");
	strlcpy((*k)->name, name, sizeof((*k)->name));
	(*k)->domain = domain;
	(*k)->until = now() + lifetimes[domain];
}

static void
on_found(enum resolve_class class, void *arg)
{
	struct wanted *w = arg;
	struct domains *d = w->owner;

	remember(d, w->name,
	    class == RESOLVE_OK     ? DOMAIN_YES
	    : class == RESOLVE_FAIL ? DOMAIN_NO
				    : DOMAIN_ERROR);
	TAILQ_REMOVE(&d->pending, w, entry);
	d->count--;
	d->known(w->name, d->arg);
	free(w);
}

struct domains *
domains_new(struct event_base *base, const char *confdir,
    void (*known)(const char *name, void *arg), void *arg)
{
	struct domains *d = calloc(1, sizeof(*d));

	if (d == NULL)
		err(EXIT_TEMP, "domains");
	d->resolver = resolver_new(base, confdir);
	d->known = known;
	d->arg = arg;
	TAILQ_INIT(&d->pending);
	return d;
}

void
domains_free(struct domains *d)
{
	struct wanted *w;
	size_t i;

	if (d == NULL)
		return;
	resolver_free(d->resolver);
	while ((w = TAILQ_FIRST(&d->pending)) != NULL) {
		TAILQ_REMOVE(&d->pending, w, entry);
		free(w);
	}
	for (i = 0; i < CACHE_SIZE; i++)
		free(d->cache[i]);
	free(d);
}

static bool
is_stuck(const struct domains *d)
{
	const struct wanted *w;
	unsigned n = 0;

	TAILQ_FOREACH(w, &d->pending, entry)
	{
		if (now() < w->begun + STUCK_SECONDS || n == STUCK_MAX)
			break;
		n++;
	}
	return n == STUCK_MAX;
}

static enum domain
want(struct domains *d, const char *name)
{
	struct wanted *w;

	TAILQ_FOREACH(w, &d->pending, entry)
	if (strcmp(w->name, name) == 0)
		return DOMAIN_PENDING;
	if (d->count >= PENDING_MAX || is_stuck(d))
		return DOMAIN_ERROR;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return DOMAIN_ERROR;
	w->owner = d;
	strlcpy(w->name, name, sizeof(w->name));
	w->begun = now();
	TAILQ_INSERT_TAIL(&d->pending, w, entry);
	d->count++;
	(void)resolve_domain(d->resolver, name, on_found, w);
	return DOMAIN_PENDING;
}

enum domain
domains_ask(struct domains *d, const char *name)
{
	char folded[ADDR_SIZE];
	const struct known *k;

	if (strlcpy(folded, name, sizeof(folded)) >= sizeof(folded))
		return DOMAIN_NO;
	addr_fold(folded);
	k = *slot(d, folded);
	if (k != NULL && strcmp(k->name, folded) == 0 && now() < k->until)
		return k->domain;
	return want(d, folded);
}
