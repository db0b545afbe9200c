/*
 * Deliveries by remote, and the turns in which lanes are served.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"

#define RECIPIENTS_MOST 100 /* of one message in one delivery */
#define TURN_MOST       64  /* deliveries begun before the loop goes round */
#define TICK_MOST       1000

/* One message on its way to the host of one lane. */
struct delivery {
	struct qmgr *q;
	struct lane *lane;
	struct message *message;
	struct envelope *envelope;
	bool trial, ahead; /* when it began */
	uint32_t count, answered;
	struct rcpt *rcpts[RECIPIENTS_MOST];
};

void
turn_soon(struct qmgr *q)
{
	static const struct timeval none = {0, 0};

	/* Not event_active: what has arrived comes before more is begun. */
	event_add(q->turn, &none);
}

static void
delivery_free(struct delivery *d)
{
	struct qmgr *q = d->q;
	struct message *m = d->message;
	struct lane *lane = d->lane;

	q->remote_active--;
	q->trials -= d->trial;
	envelope_put(d->envelope);
	free(d);
	settle(q, m);
	lane_drop(&q->lanes, lane);
	turn_soon(q);
}

/*
 * Those who wait behind an ill host are not tried one by one, but they grow
 * old like the rest.  The oldest stand in front.
 */
static void
age(struct qmgr *q, struct lane *lane)
{
	struct outcome o;
	int64_t now = time(NULL);
	struct envelope *e;
	struct message *m;
	struct rcpt *r;
	int seen = 0;

	outcome_make(&o, EVENT_DEFERRED, NULL, "lane", lane->name);
	o.status = "4.4.1";
	o.text = lane->reason;
	while (seen++ < TICK_MOST && (r = TAILQ_FIRST(&lane->ready)) != NULL) {
		m = message_of(r);
		if (message_age(q, m, now) >= q->settings.warning)
			report_delay(q, m);
		if (message_age(q, m, now) < q->settings.lifetime)
			break;
		rcpt_take(&q->lanes, r);
		if ((e = envelope_get(q, m)) != NULL)
			outcome_take(q, r, e, &o);
		else
			r->state = RCPT_HELD;
		envelope_put(e);
		settle(q, m);
	}
}

void
ill(struct qmgr *q, struct lane *lane, const char *reason)
{
	if (!lane->resting)
		log_event("lane-ill", "lane", lane->name, "reason", reason,
		    "waiting", log_number(lane->queued), NULL);
	lane_ill(&q->lanes, lane, reason, time(NULL), arc4random());
	age(q, lane);
}

/* The next recipient in the order asked has this outcome. */
static void
answer_one(struct delivery *d, const struct outcome *o)
{
	struct qmgr *q = d->q;
	struct rcpt *r = d->rcpts[d->answered++];

	lane_stop(&q->lanes, d->lane, r);
	d->message->active--;
	if (o->host_ill) {
		ill(q, d->lane, o->text);
	} else {
		lane_well(&q->lanes, d->lane);
	}
	outcome_take(q, r, d->envelope, o);
	if (o->kind == EVENT_DEFERRED)
		report_delay(q, d->message);
}

/* remote is away: it is not the host's fault. */
static void
answer_rest(struct delivery *d, const char *why)
{
	struct outcome o;

	outcome_make(&o, EVENT_DEFERRED, "qmgr:remote", NULL, NULL);
	o.status = "4.3.0";
	o.text = why;
	while (d->answered < d->count)
		answer_one(d, &o);
}

static void
on_answer(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct delivery *d = arg;
	struct outcome o;

	(void)content;
	(void)fd;
	if (answer == NULL) {
		answer_rest(d, why);
		delivery_free(d);
		return;
	}
	outcome_read(&o, answer, "remote", d->lane->name);
	answer_one(d, &o);
	if (d->answered < d->count)
		return;
	ask_end(a);
	delivery_free(d);
}

/* The first in the lane's queue, and who stands with it for one message. */
static void
collect(struct delivery *d)
{
	struct rcpt *r;

	while (d->count < RECIPIENTS_MOST &&
	       (r = TAILQ_FIRST(&d->lane->ready)) != NULL &&
	       message_of(r) == d->message) {
		/* One envelope, one sender (owner- may give another). */
		if (d->count > 0 &&
		    strcmp(envelope_sender(d->envelope, r->number),
			envelope_sender(d->envelope, d->rcpts[0]->number)) != 0)
			break;
		lane_start(&d->q->lanes, d->lane, r);
		d->message->active++;
		d->rcpts[d->count++] = r;
	}
}

static void
add_recipient(struct record *r, const struct envelope *e, uint32_t number)
{
	record_add(r, "recipient", e->recipients[number]);
	if (e->notifies[number] != NULL)
		record_add(r, "notify", e->notifies[number]);
	if (e->orcpts[number] != NULL)
		record_add(r, "orcpt", e->orcpts[number]);
}

static void
question(struct delivery *d, struct record *r)
{
	const struct envelope *e = d->envelope;
	uint32_t i;

	record_add(r, "id", e->entry.id);
	record_add(r, "host", d->lane->name);
	if (d->ahead)
		record_add(r, "connections", log_number(d->lane->limit));
	record_copy(r, &e->entry.head, "internationalized");
	record_copy(r, &e->entry.head, "ret");
	record_copy(r, &e->entry.head, "envid");
	for (i = 0; i < d->count; i++)
		add_recipient(r, e, d->rcpts[i]->number);
	if (e->body != NULL)
		record_add(r, "body", e->body);
}

/* It cannot be read from the disk: kept aside for the operator, not lost. */
static void
keep_aside(struct qmgr *q, struct message *m)
{
	uint32_t i;

	for (i = 0; i < m->count; i++)
		if (m->rcpts[i].state == RCPT_READY ||
		    m->rcpts[i].state == RCPT_WAITING) {
			rcpt_take(&q->lanes, &m->rcpts[i]);
			m->rcpts[i].state = RCPT_HELD;
			m->rcpts[i].lane = NULL;
		}
}

/* Those of the delivery wait until the tables can be read. */
static void
put_off(struct delivery *d)
{
	struct qmgr *q = d->q;
	struct rcpt *r;

	while (d->answered < d->count) {
		r = d->rcpts[d->answered++];
		lane_stop(&q->lanes, d->lane, r);
		d->message->active--;
		table_trouble(q, r, leave_reason(q));
	}
}

void
remote_start(struct qmgr *q, struct lane *lane)
{
	struct delivery *d;
	struct evbuffer *content = evbuffer_new();
	struct record r;
	struct ask *ask;
	int fd = -1, got = -1;

	if ((d = calloc(1, sizeof(*d))) == NULL || content == NULL)
		err(EXIT_TEMP, "delivery");
	d->q = q;
	d->lane = lane;
	d->message = message_of(TAILQ_FIRST(&lane->ready));
	d->ahead = lane_is_full(lane);
	record_init(&r, RECORD_ENVELOPE);
	if ((d->envelope = envelope_get(q, d->message)) != NULL)
		collect(d);
	q->remote_active++;
	d->trial = lane->kind == KIND_TRIAL;
	q->trials += d->trial;
	if (d->count > 0) {
		question(d, &r);
		got = message_leave(
		    q, d->rcpts[0], d->envelope, false, &r, content, &fd);
	}
	if (got == -1) {
		answer_rest(d, "the message cannot be read");
		keep_aside(q, d->message);
		delivery_free(d);
	} else if (got == 1) {
		put_off(d);
		delivery_free(d);
	} else {
		ask = ask_begin(q->remote, on_answer, d);
		ask_send(ask, &r, content, fd);
	}
	if (fd != -1)
		close(fd);
	record_free(&r);
	evbuffer_free(content);
}

/* --- turns ---------------------------------------------------------------- */

/*
 * Hosts on trial take turns with those known to answer, and have half of the
 * deliveries at most.  Half of all stays free of those that only wait for
 * another one's connection.
 */
static struct lane *
next_remote(struct qmgr *q)
{
	enum lane_kind kind = q->turn_of;
	struct lane *lane = NULL;
	int i;

	if (q->remote_active >= q->settings.remote_most)
		return NULL;
	for (i = 0; i < 2 && lane == NULL; i++) {
		if (kind != KIND_TRIAL ||
		    q->trials < (q->settings.remote_most + 1) / 2)
			lane = lane_next(&q->lanes, kind);
		kind = kind == KIND_TRIAL ? KIND_REMOTE : KIND_TRIAL;
	}
	q->turn_of = kind;
	if (lane == NULL &&
	    q->remote_active < (q->settings.remote_most + 1) / 2)
		lane = lane_next(&q->lanes, KIND_AHEAD);
	return lane;
}

/* Begin what one kind of lane may begin.  true if there may be more. */
static bool
serve(struct qmgr *q, bool local)
{
	struct lane *lane;
	int begun;

	for (begun = 0; begun < TURN_MOST; begun++) {
		lane =
		    local ? lane_next(&q->lanes, KIND_LOCAL) : next_remote(q);
		if (lane == NULL)
			return false;
		if (local)
			door_start(q, lane);
		else
			remote_start(q, lane);
	}
	return true;
}

void
on_turn(evutil_socket_t none, short what, void *arg)
{
	struct qmgr *q = arg;
	bool more;

	(void)none;
	(void)what;
	more = serve(q, true);
	if (serve(q, false) || more)
		turn_soon(q);
}

static void
arm(struct qmgr *q, int64_t now)
{
	struct timeval wait = {.tv_sec = 60};
	int64_t next = lanes_next(&q->lanes);

	if (next != 0 && next - now < wait.tv_sec)
		wait.tv_sec = next > now ? next - now : 1;
	event_add(q->tick, &wait);
}

/* Whose time has come goes to its lane, by the tables as they are now. */
void
on_tick(evutil_socket_t none, short what, void *arg)
{
	struct qmgr *q = arg;
	struct envelope *e;
	struct message *m;
	struct lane *before;
	struct rcpt *r;
	int64_t now = time(NULL);
	int moved = 0;

	(void)none;
	(void)what;
	age_look(q);
	while (moved++ < TICK_MOST && (r = rcpt_due(&q->lanes, now)) != NULL) {
		m = message_of(r);
		before = r->lane;
		if ((e = envelope_get(q, m)) != NULL) {
			place(q, m, e, r);
			settle(q, m);
		} else {
			r->state = RCPT_HELD;
			r->lane = NULL;
		}
		envelope_put(e);
		if (before != NULL)
			lane_drop(&q->lanes, before);
	}
	lanes_wake(&q->lanes, now);
	load_orphans(q);
	turn_soon(q);
	arm(q, now);
}
