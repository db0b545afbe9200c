#include "deliver.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "log.h"

#define SCAN_SLICE 262144 /* bytes in one turn of the loop */

struct delivery {
	const struct deliver_world *world;
	struct job job;
	void (*done)(struct job *, void *arg); /* NULL: nobody waits */
	void *arg;
	struct event *scan;
	struct lookup *lookup;
	struct exchangers hosts;
	size_t order[RESOLVE_HOSTS], next; /* of the hosts to be tried */
	struct link *link;
	struct waiter *wait;          /* for one */
	const struct exchanger *host; /* link's */
	struct outcome last;          /* why the hosts until now failed */
	time_t began;
};

static time_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
free_delivery(struct delivery *d)
{
	event_free(d->scan);
	resolve_cancel(d->lookup);
	if (d->link != NULL)
		link_release(d->link);
	if (d->wait != NULL)
		link_unwait(d->wait);
	outcome_free(&d->last);
	job_free(&d->job);
	free(d);
}

static void
finish(struct delivery *d)
{
	job_log(&d->job);
	if (d->done != NULL)
		d->done(&d->job, d->arg);
	free_delivery(d);
}

static void
finish_with(struct delivery *d, enum outcome_class class, const char *status,
    const char *why)
{
	struct outcome outcome = {.class = OUTCOME_OPEN};

	outcome_set(&outcome, class, status, NULL, why);
	job_close(&d->job, &outcome);
	outcome_free(&outcome);
	finish(d);
}

static void try_next(struct delivery *);
static void look_up(struct delivery *);

/* --- one host ------------------------------------------------------------- */

/* The reason that is told in the end: one in a server's words is best. */
static void
keep_reason(struct delivery *d, const struct outcome *failure)
{
	log_event("host-failed", "id", d->job.id, "host", d->job.host, "mta",
	    failure->mta, "reason", failure->text, NULL);
	if (d->last.reply == NULL || failure->reply != NULL)
		outcome_copy(&d->last, failure);
}

/*
 * RFC 5321 5.1: we are one of the exchangers, by another name.  Those behind us
 * would only send it back; those before us may be well again later.
 */
static void
found_loop(struct delivery *d, const struct outcome *failure)
{
	struct outcome outcome = {.class = OUTCOME_OPEN};

	outcome_copy(&outcome, failure);
	if (d->last.class != OUTCOME_OPEN)
		outcome_copy(&outcome, &d->last);
	job_close(&d->job, &outcome);
	outcome_free(&outcome);
	finish(d);
}

static void on_link(struct link *, void *);

static void
dial(struct delivery *d)
{
	/* A port that was given is meant, even on this host. */
	d->link = link_open(d->world->links, d->host, d->job.port,
	    !d->job.given_port, on_link, d);
}

static void
host_failed(struct delivery *d)
{
	const struct engine *engine = link_engine(d->link);
	struct memory *memory = links_memory(d->world->links);
	bool entered = engine->now.envelope != NULL;
	bool stale = entered && !engine->spoke && !engine->silent &&
		     link_was_used(d->link);
	bool loop = engine->loop;
	struct outcome failure = {.class = OUTCOME_OPEN};

	outcome_copy(&failure, &engine->failure);
	link_release(d->link);
	d->link = NULL;
	if (!job_is_open(&d->job)) {
		finish(d);
	} else if (stale) {
		/* It had been closed while it was idle: that is no failure. */
		dial(d);
	} else if (loop) {
		found_loop(d, &failure);
	} else {
		if (!entered)
			memory_note(memory, &d->host->address, d->job.port,
			    TRAIT_BAD, now());
		keep_reason(d, &failure);
		try_next(d);
	}
	outcome_free(&failure);
}

/* The link is READY: send until nobody is open, or it has something to do. */
static void
send_open(struct delivery *d)
{
	while (job_is_open(&d->job)) {
		link_send(d->link, &d->job.envelope, &d->job.content);
		if (link_engine(d->link)->phase != PHASE_READY)
			return;
	}
	link_release(d->link);
	d->link = NULL;
	finish(d);
}

static void find_link(struct delivery *);

/* The end of waiting. */
static void
on_turn(struct delivery *d, struct link *link)
{
	d->wait = NULL;
	d->link = link;
	if (link == NULL)
		find_link(d);
}

static void
on_link(struct link *link, void *arg)
{
	struct delivery *d = arg;

	if (d->wait != NULL) {
		on_turn(d, link);
		return;
	}
	if (link == NULL) {
		d->link = NULL;
		finish(d);
		return;
	}
	if (link_engine(link)->phase == PHASE_OVER) {
		host_failed(d);
		return;
	}
	memory_clear(
	    links_memory(d->world->links), &d->host->address, d->job.port);
	send_open(d);
}

/* --- which host ----------------------------------------------------------- */

/* Hosts that were found dead a moment ago come last. */
static void
put_in_order(struct delivery *d)
{
	struct memory *memory = links_memory(d->world->links);
	size_t i, count = 0;
	int bad;

	for (bad = 0; bad <= 1; bad++)
		for (i = 0; i < d->hosts.count; i++)
			if (memory_has(memory, &d->hosts.hosts[i].address,
				d->job.port, TRAIT_BAD, now()) == bad)
				d->order[count++] = i;
}

/* Of the best hosts take one to which we are connected already. */
static bool
take_idle(struct delivery *d)
{
	const struct exchanger *best = &d->hosts.hosts[d->order[0]];
	size_t i;

	for (i = 0; i < d->hosts.count; i++) {
		d->host = &d->hosts.hosts[d->order[i]];
		if (d->host->preference != best->preference)
			break;
		d->link = link_take(
		    d->world->links, d->host, d->job.port, on_link, d);
		if (d->link != NULL)
			return true;
	}
	return false;
}

/* Twenty addresses that each hold us up would hold up others, too. */
static bool
is_tired(const struct delivery *d)
{
	return d->last.class != OUTCOME_OPEN &&
	       now() - d->began >= (time_t)d->world->patience;
}

/* Nobody of this host could be talked to: another may have been named. */
static void
next_host(struct delivery *d)
{
	if (!is_tired(d) && job_next_host(&d->job)) {
		look_up(d);
	} else {
		job_close(&d->job, &d->last);
		finish(d);
	}
}

static void
try_next(struct delivery *d)
{
	if (d->next == d->hosts.count || is_tired(d)) {
		next_host(d);
	} else {
		d->host = &d->hosts.hosts[d->order[d->next++]];
		dial(d);
	}
}

/* Of several hosts, one that may be well again later decides. */
static void
no_hosts(struct delivery *d, const struct exchangers *hosts)
{
	enum outcome_class class =
	    hosts->failed == 1 ? OUTCOME_FAILED : OUTCOME_DEFERRED;

	if (d->last.class == OUTCOME_OPEN || d->last.class == OUTCOME_FAILED)
		outcome_set(&d->last, class, hosts->status, NULL, hosts->text);
	d->last.of_host = d->last.class == OUTCOME_DEFERRED;
	next_host(d);
}

/*
 * Are there as many links to the best hosts as there may be?  Then we take our
 * turn behind one of them.
 */
static bool
take_turn(struct delivery *d)
{
	const struct exchanger *best = &d->hosts.hosts[d->order[0]], *at = NULL;
	struct link_user user = {on_link, d, &d->job.envelope, &d->job.content};
	size_t i, n, count = 0;

	for (i = 0; i < d->hosts.count; i++) {
		d->host = &d->hosts.hosts[d->order[i]];
		if (d->host->preference != best->preference)
			break;
		n = link_count(d->world->links, d->host, d->job.port);
		if (n > 0 && at == NULL)
			at = d->host;
		count += n;
	}
	if (at == NULL || d->job.connections == 0 || count < d->job.connections)
		return false;
	d->host = at;
	d->wait = link_wait(d->world->links, at, d->job.port, &user);
	return true;
}

static void
find_link(struct delivery *d)
{
	if (!job_is_open(&d->job))
		finish(d);
	else if (take_idle(d))
		send_open(d);
	else if (!take_turn(d))
		try_next(d);
}

static void
on_hosts(const struct exchangers *hosts, void *arg)
{
	struct delivery *d = arg;

	d->lookup = NULL;
	if (hosts->failed != 0) {
		no_hosts(d, hosts);
		return;
	}
	d->hosts = *hosts;
	d->next = 0;
	put_in_order(d);
	find_link(d);
}

static void
look_up(struct delivery *d)
{
	d->lookup = resolve_exchangers(
	    d->world->resolver, d->job.host, d->world->me, on_hosts, d);
}

/* --- start ---------------------------------------------------------------- */

static void
on_scan(evutil_socket_t fd, short what, void *arg)
{
	struct delivery *d = arg;
	int seen = content_scan(&d->job.content, SCAN_SLICE);

	(void)fd;
	(void)what;
	if (!job_is_open(&d->job)) {
		finish(d);
	} else if (seen == -1) {
		log_event("unreadable", "id", d->job.id, "reason",
		    strerror(errno), NULL);
		finish_with(d, OUTCOME_DEFERRED, "4.3.0",
		    "the message cannot be read here");
	} else if (seen == 0) {
		event_active(d->scan, EV_TIMEOUT, 0);
	} else {
		d->job.envelope.size = content_wire(&d->job.content);
		d->job.envelope.eightbit = d->job.content.eightbit;
		d->job.envelope.utf8 =
		    record_get(&d->job.question, "internationalized") != NULL &&
		    d->job.content.eightbit_head;
		look_up(d);
	}
}

struct delivery *
deliver_start(const struct deliver_world *world, struct job *job,
    void (*done)(struct job *, void *arg), void *arg)
{
	struct delivery *d;

	if ((d = calloc(1, sizeof(*d))) == NULL ||
	    (d->scan = evtimer_new(world->base, on_scan, d)) == NULL)
		err(EXIT_TEMP, "delivery");
	d->world = world;
	d->job = *job;
	d->done = done;
	d->arg = arg;
	d->began = now();
	event_active(d->scan, EV_TIMEOUT, 0);
	return d;
}

void
deliver_cancel(struct delivery *d)
{
	d->done = NULL;
	if (d->link == NULL || link_engine(d->link)->phase != PHASE_DOT)
		free_delivery(d);
}
