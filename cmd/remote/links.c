#include <err.h>
#include <stdlib.h>

#include "exits.h"
#include "link_inside.h"
#include "resolve_net.h"

#define TRANSACTIONS_MAX 100 /* on one connection */
#define IDLE_MAX         100 /* connections */

/* In its place's list, or called to look again, or a link's next. */
struct waiter {
	TAILQ_ENTRY(waiter) entry;
	struct links *links;
	struct place *place; /* in whose list it is */
	struct link *link;   /* or whose next */
	struct event *look;
	struct link_user user;
};

struct links *
links_new(struct event_base *base, const struct links_setup *setup)
{
	struct links *links;

	if ((links = calloc(1, sizeof(*links))) == NULL)
		err(EXIT_TEMP, "links");
	links->base = base;
	links->setup = *setup;
	TAILQ_INIT(&links->idle);
	RB_INIT(&links->places);
	return links;
}

bool
links_none(const struct links *links)
{
	return links->count == 0;
}

struct memory *
links_memory(struct links *links)
{
	return &links->memory;
}

/* --- who waits ------------------------------------------------------------ */

static void
waiter_free(struct waiter *w)
{
	event_free(w->look);
	free(w);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	struct waiter *w = arg;
	struct link_user user = w->user;

	(void)fd;
	(void)what;
	waiter_free(w);
	user.event(NULL, user.arg);
}

/* Out of its place's list. */
static void
call_up(struct waiter *w)
{
	TAILQ_REMOVE(&w->place->waiters, w, entry);
	w->place = NULL;
}

static void
call_first(struct place *place)
{
	struct waiter *w = TAILQ_FIRST(&place->waiters);

	if (w == NULL)
		return;
	call_up(w);
	event_active(w->look, EV_TIMEOUT, 0);
}

void
link_leave_place(struct link *link)
{
	struct place *place = link->place;

	if (place == NULL)
		return;
	LIST_REMOVE(link, neighbour);
	place->count--;
	link->place = NULL;
	/* When the last one is gone, nobody is left who would call. */
	do
		call_first(place);
	while (place->count == 0 && !TAILQ_EMPTY(&place->waiters));
	place_drop(&link->links->places, place);
}

void
link_fetch_next(struct link *link)
{
	struct place *place = link->place;
	struct waiter *w;

	if (place == NULL || link->next != NULL ||
	    link->transactions >= TRANSACTIONS_MAX ||
	    !engine_may_follow(&link->engine))
		return;
	while (
	    link->next == NULL && (w = TAILQ_FIRST(&place->waiters)) != NULL) {
		if (engine_follow(&link->engine, w->user.envelope)) {
			call_up(w);
			w->link = link;
			link->next = w;
			link->transactions++;
		} else {
			call_first(place);
		}
	}
}

void
link_turn_over(struct link *link)
{
	struct link_user before = {.event = link->event, .arg = link->arg};
	struct waiter *w = link->next;

	if (w == NULL || link->engine.next.envelope != NULL)
		return;
	link->next = NULL;
	link->event = w->user.event;
	link->arg = w->user.arg;
	link->content = w->user.content;
	link->offset = 0;
	waiter_free(w);
	if (before.event != NULL)
		before.event(NULL, before.arg);
	link->event(link, link->arg);
}

void
link_give_back(struct link *link)
{
	struct waiter *w = link->next;

	if (w == NULL)
		return;
	link->next = NULL;
	w->link = NULL;
	event_active(w->look, EV_TIMEOUT, 0);
}

size_t
link_count(struct links *links, const struct exchanger *host, unsigned port)
{
	const struct place *place =
	    place_find(&links->places, &host->address, port);

	return place == NULL ? 0 : place->count;
}

/* One of them may wait for a reply, with nothing behind it. */
static void
offer(struct place *place)
{
	struct link *link;

	LIST_FOREACH(link, &place->links, neighbour)
	{
		if (TAILQ_EMPTY(&place->waiters))
			return;
		if (link->next == NULL && engine_may_follow(&link->engine))
			link_pump(link);
	}
}

struct waiter *
link_wait(struct links *links, const struct exchanger *host, unsigned port,
    const struct link_user *user)
{
	struct waiter *w;

	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->look = evtimer_new(links->base, on_look, w)) == NULL)
		err(EXIT_TEMP, "connection");
	w->links = links;
	w->user = *user;
	w->place = place_get(&links->places, &host->address, port);
	TAILQ_INSERT_TAIL(&w->place->waiters, w, entry);
	offer(w->place);
	return w;
}

void
link_unwait(struct waiter *w)
{
	struct place *place = w->place;

	if (place != NULL) {
		call_up(w);
		place_drop(&w->links->places, place);
	} else if (w->link != NULL) {
		engine_forsake(&w->link->engine);
		w->link->next = NULL;
	}
	waiter_free(w);
}

/* --- from message to message ---------------------------------------------- */

void
link_be_busy(struct link *link)
{
	if (!link->idle)
		return;
	TAILQ_REMOVE(&link->links->idle, link, entry);
	link->links->idle_count--;
	link->idle = false;
}

struct link *
link_take(struct links *links, const struct exchanger *host, unsigned port,
    link_event *event, void *arg)
{
	struct link *link;

	TAILQ_FOREACH(link, &links->idle, entry)
	{
		if (link->port != port ||
		    !net_equal((struct sockaddr *)&link->host.address,
			(const struct sockaddr *)&host->address))
			continue;
		link_be_busy(link);
		link->event = event;
		link->arg = arg;
		return link;
	}
	return NULL;
}

static void
leave(struct link *link)
{
	link_leave_place(link);
	engine_quit(&link->engine);
	link_pump(link);
}

void
link_release(struct link *link)
{
	struct links *links = link->links;
	struct timeval limit = {(time_t)links->setup.idle, 0};

	link->event = NULL;
	link->content = NULL;
	if (link->engine.phase != PHASE_READY) {
		link_free(link);
		return;
	}
	if (links->setup.idle == 0 || link->transactions >= TRANSACTIONS_MAX) {
		leave(link);
		return;
	}
	TAILQ_INSERT_HEAD(&links->idle, link, entry);
	link->idle = true;
	call_first(link->place);
	(void)event_add(link->timer, &limit);
	if (++links->idle_count > IDLE_MAX) {
		link = TAILQ_LAST(&links->idle, idle_list);
		link_be_busy(link);
		leave(link);
	}
}

void
links_drain(struct links *links)
{
	struct link *link;

	links->setup.idle = 0;
	while ((link = TAILQ_FIRST(&links->idle)) != NULL) {
		link_be_busy(link);
		leave(link);
	}
}

void
links_free(struct links *links)
{
	struct link *link;

	while ((link = TAILQ_FIRST(&links->idle)) != NULL)
		link_free(link);
	free(links);
}
