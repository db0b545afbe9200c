/*
 * Segments whose messages are all finished go back to inject; one that a few
 * old messages hold is emptied by passing those through inject again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"

#define STORES_KEPT 4  /* complete segments that may be held by a few */
#define FEW_PERCENT 10 /* of a segment's messages */
#define TIDY_PAUSE  60 /* seconds, when inject is away or refuses */

static void
later(struct qmgr *q)
{
	struct timeval pause = {.tv_sec = TIDY_PAUSE};

	event_add(q->tidy, &pause);
}

void
tidy_soon(struct qmgr *q)
{
	event_active(q->tidy, 0, 0);
}

/* --- giving back ---------------------------------------------------------- */

struct giving {
	struct qmgr *q;
	struct store *store;
};

static void
on_recycled(struct ask *a, const struct record *answer,
    struct evbuffer *content, int fd, const char *why, void *arg)
{
	struct giving *g = arg;
	char name[9];

	(void)content;
	(void)fd;
	segment_name(name, g->store->segment.number);
	if (answer != NULL &&
	    strcmp(record_text(answer, "class"), "done") == 0) {
		if (g->store->damaged)
			log_event("set-aside", "file", name, NULL);
		store_forget(g->q, g->store);
	} else {
		g->store->recycling = false;
		log_event("error", "what",
		    g->store->damaged ? "set-aside" : "recycle", "file", name,
		    "reason",
		    answer == NULL ? why : record_text(answer, "text"), NULL);
		later(g->q);
	}
	if (answer != NULL)
		ask_end(a);
	free(g);
}

static void
give_back(struct qmgr *q, struct store *s)
{
	struct giving *g = malloc(sizeof(*g));
	struct record r;
	struct ask *a;
	char name[9];

	if (g == NULL)
		err(EXIT_TEMP, "recycling");
	g->q = q;
	g->store = s;
	s->recycling = true;
	/* Without the segment a state that lacks its end looks unfinished. */
	(void)store_sync(q, s);
	segment_name(name, s->segment.number);
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "request", s->damaged ? "set-aside" : "recycle");
	record_add(&r, "segment", name);
	a = ask_begin(q->inject, on_recycled, g);
	ask_send(a, &r, NULL, -1);
	record_free(&r);
}

/* --- moving --------------------------------------------------------------- */

struct move {
	struct qmgr *q;
	struct message *message;
};

/* It could not be moved: try it where it is. */
static void
stay(struct qmgr *q, struct message *m)
{
	struct envelope *e = envelope_get(q, m);
	uint32_t i;

	m->moving = false;
	if (e != NULL)
		for (i = 0; i < m->count; i++)
			if (m->rcpts[i].state == RCPT_NEW)
				place(q, m, e, &m->rcpts[i]);
	envelope_put(e);
	later(q);
}

/*
 * Done: its later generation is durable, and when we are told of that (or read
 * it at start) the older one gives way; see admit.c.  That may have been before
 * this answer.
 */
static void
on_moved(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct move *v = arg;
	struct message *m = v->message;
	struct qmgr *q = v->q;
	bool done =
	    answer != NULL && strcmp(record_text(answer, "class"), "done") == 0;

	(void)content;
	(void)fd;
	free(v);
	m->asking = false;
	if (!done)
		log_event("error", "what", "move", "reason",
		    answer == NULL ? why : record_text(answer, "text"), NULL);
	if (answer != NULL)
		ask_end(a);
	if (m->superseded)
		settle(q, m);
	else if (!done) {
		stay(q, m);
		settle(q, m);
	}
}

/* Everything is waiting: nothing is under way and nothing must be told. */
static bool
is_movable(const struct message *m)
{
	uint32_t i;

	if (m->active > 0 || m->reporting || m->moving || m->pending ||
	    m->superseded)
		return false;
	for (i = 0; i < m->count; i++)
		if (m->rcpts[i].state != RCPT_WAITING &&
		    m->rcpts[i].state != RCPT_READY &&
		    m->rcpts[i].state != RCPT_FINISHED)
			return false;
	return true;
}

static void
question(const struct message *m, const struct envelope *e, struct record *r)
{
	static const char *const keep[] = {"body", "internationalized", "ret",
	    "envid", "uid", "client_address", "client_name", "helo_name",
	    "session"};
	const char *value;
	uint32_t i;

	record_add(r, "request", "inject");
	record_add(r, "id", e->entry.id);
	record_addf(r, "generation", "%u", m->generation + 1);
	record_addf(r, "arrival", "%jd.%06jd",
	    (intmax_t)(e->entry.arrival / 1000000),
	    (intmax_t)(e->entry.arrival % 1000000));
	record_add(r, "expanded", "yes");
	if (m->warned)
		record_add(r, "warned", "yes");
	record_add(r, "sender", record_text(&e->entry.head, "sender"));
	for (i = 0; i < sizeof(keep) / sizeof(*keep); i++)
		if ((value = record_get(&e->entry.head, keep[i])) != NULL)
			record_add(r, keep[i], value);
	for (i = 0; i < m->count; i++) {
		if (m->rcpts[i].state == RCPT_FINISHED)
			continue;
		record_add(r, "recipient", e->recipients[i]);
		if (e->originals[i] != NULL)
			record_add(r, "original", e->originals[i]);
		if (e->senders[i] != NULL)
			record_add(r, "owner", e->senders[i]);
		if (e->direct[i])
			record_add(r, "direct", "yes");
		if (e->notifies[i] != NULL)
			record_add(r, "notify", e->notifies[i]);
		if (e->orcpts[i] != NULL)
			record_add(r, "orcpt", e->orcpts[i]);
	}
}

/* The message waits in no lane until inject has answered. */
static void
stop_trying(struct qmgr *q, struct message *m)
{
	struct lane *lane;
	uint32_t i;

	m->moving = true;
	for (i = 0; i < m->count; i++) {
		lane = m->rcpts[i].lane;
		if (m->rcpts[i].state == RCPT_FINISHED)
			continue;
		rcpt_take(&q->lanes, &m->rcpts[i]);
		m->rcpts[i].lane = NULL;
		if (lane != NULL)
			lane_drop(&q->lanes, lane);
	}
}

static void
move(struct qmgr *q, struct message *m)
{
	struct move *v = malloc(sizeof(*v));
	struct evbuffer *content = evbuffer_new();
	struct envelope *e = envelope_get(q, m);
	struct record r;
	struct ask *a;
	int fd = -1;

	if (v == NULL || content == NULL)
		err(EXIT_TEMP, "moving");
	v->q = q;
	v->message = m;
	record_init(&r, RECORD_ENVELOPE);
	if (e != NULL && !e->entry.big) {
		question(m, e, &r);
		if (message_content(q, m, e, &r, content, &fd) == 0) {
			stop_trying(q, m);
			m->asking = true;
			a = ask_begin(q->inject, on_moved, v);
			ask_send(a, &r, content, -1);
			v = NULL;
		}
	}
	free(v);
	envelope_put(e);
	record_free(&r);
	evbuffer_free(content);
}

static bool
has_movable(const struct store *s)
{
	const struct message *m;

	for (m = store_first(s); m != NULL; m = store_after(m))
		if (is_movable(m))
			return true;
	return false;
}

/*
 * The oldest that few messages hold, when there are many segments.  One with
 * nothing but held messages stays as it is, and stands in no other's way.
 */
static struct store *
to_empty(struct qmgr *q)
{
	struct store *s, *found = NULL;
	size_t complete = 0;

	TAILQ_FOREACH_REVERSE(s, &q->stores, stores, next)
	{
		if (!s->complete || s->recycling)
			continue;
		complete++;
		if (!s->has_big &&
		    (uint64_t)s->open * 100 <=
			(uint64_t)s->total * FEW_PERCENT &&
		    has_movable(s))
			found = s;
	}
	return complete > STORES_KEPT ? found : NULL;
}

void
on_tidy(evutil_socket_t none, short what, void *arg)
{
	struct qmgr *q = arg;
	struct message *m, *next;
	struct store *s;

	(void)none;
	(void)what;
	TAILQ_FOREACH(s, &q->stores, next)
	if (s->complete && !s->recycling) {
		aside_lost(q, s);
		if (s->open == 0)
			give_back(q, s);
	}
	if ((s = to_empty(q)) == NULL)
		return;
	for (m = store_first(s); m != NULL; m = next) {
		next = store_after(m);
		if (is_movable(m))
			move(q, m);
	}
	later(q);
}
