#include <err.h>
#include <errno.h>
#include <stdlib.h>

#include "exits.h"
#include "server.h"

#define BATCH_MAX 4194304

/* Told to the loop: input comes first, for it makes the batch grow. */
enum { FIRST = 0, LAST = 2 };

static void
commit_soon(struct server *s)
{
	static const struct timeval most = {0, 10000};

	event_active(s->commit, EV_TIMEOUT, 0);
	/* Input that never ends must not keep a commit waiting for ever. */
	if (!evtimer_pending(s->deadline, NULL))
		evtimer_add(s->deadline, &most);
}

/* --- room ----------------------------------------------------------------- */

/* 0, or why there is no segment to write to: EAGAIN or ENOSPC. */
static int
next_segment(struct server *s, bool moving)
{
	char spare[SPARE_NAME];
	int error;

	error = spares_take(&s->spares, moving, s->store.highest, spare);
	if (error != 0)
		return error;
	store_seal(&s->store);
	if (store_begin(&s->store, spare, 0) != 0)
		return ENOSPC;
	s->lean = !spares_plenty(&s->spares);
	if (!s->lean)
		spares_fill(&s->spares, s->store.highest);
	return 0;
}

/* 0: the message can be added.  EAGAIN: later.  ENOSPC: there is no room. */
static int
make_room(struct server *s, const struct message *m)
{
	bool moving = m->origin == FROM_QUEUE;

	if (spares_plenty(&s->spares))
		s->lean = false;
	if ((moving || !s->lean) && store_fits(&s->store, message_need(m)))
		return 0;
	if (s->store.batch.len > 0)
		return EAGAIN; /* this segment's batch goes first */
	return next_segment(s, moving);
}

/* --- batches -------------------------------------------------------------- */

/* What is ready, as far as there is room, into one batch. */
static void
gather(struct server *s, struct clients *batch)
{
	struct client *c;
	int error;

	while ((c = TAILQ_FIRST(&s->ready)) != NULL &&
	       s->store.batch.len < BATCH_MAX) {
		if ((error = make_room(s, c->message)) == EAGAIN)
			return;
		TAILQ_REMOVE(&s->ready, c, queue);
		if (error != 0) {
			client_refuse(c, &verdict_full);
			continue;
		}
		message_place(c->message, &s->store, s->settings);
		TAILQ_INSERT_TAIL(batch, c, queue);
	}
}

static void
accepted(struct client *c)
{
	struct server *s = c->server;
	struct message *m = c->message;
	struct record r;

	if (m->big.fd != -1)
		big_places_set(&s->big, m->id, s->store.now.number);
	message_log(m);
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "class", "done");
	record_add(&r, "id", m->id);
	client_answer(c, &r, true);
	record_free(&r);
}

static void
write_batch(struct server *s, struct clients *batch)
{
	struct client *c;
	int error = store_commit(&s->store);

	while ((c = TAILQ_FIRST(batch)) != NULL) {
		TAILQ_REMOVE(batch, c, queue);
		if (error == 0)
			accepted(c);
		else
			client_refuse(c, &verdict_full);
	}
	notify_durable(s->notify, s->store.now.number, s->store.end);
}

static void
on_commit(evutil_socket_t none, short what, void *arg)
{
	struct server *s = arg;
	struct clients batch = TAILQ_HEAD_INITIALIZER(batch);

	(void)none;
	(void)what;
	evtimer_del(s->deadline);
	gather(s, &batch);
	if (!TAILQ_EMPTY(&batch)) {
		write_batch(s, &batch);
		if (!TAILQ_EMPTY(&s->ready))
			commit_soon(s);
	}
	/* The next client may find that there is room again. */
	if (TAILQ_EMPTY(&s->ready))
		s->spares.failed = false;
}

void
commit_init(struct server *s)
{
	TAILQ_INIT(&s->ready);
	s->commit = event_new(s->base, -1, 0, on_commit, s);
	s->deadline = evtimer_new(s->base, on_commit, s);
	if (s->commit == NULL || s->deadline == NULL ||
	    event_priority_set(s->commit, LAST) == -1 ||
	    event_priority_set(s->deadline, FIRST) == -1)
		err(EXIT_TEMP, "event");
}

void
commit_ready(struct client *c)
{
	c->state = READY;
	TAILQ_INSERT_TAIL(&c->server->ready, c, queue);
	commit_soon(c->server);
}

void
commit_forget(struct client *c)
{
	TAILQ_REMOVE(&c->server->ready, c, queue);
}

void
commit_resume(struct server *s)
{
	if (s->store.now.fd == -1 && spares_ready(&s->spares))
		next_segment(s, false);
	if (!TAILQ_EMPTY(&s->ready))
		commit_soon(s);
}
