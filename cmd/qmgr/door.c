/*
 * Deliveries by local: one process for each owner of mailboxes, opened by
 * lspawn and fed directly, as many messages as are ready.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "account.h"
#include "exits.h"
#include "log.h"
#include "qmgr.h"

#define DOOR_IDLE    30      /* seconds; local's own patience is longer */
#define DOOR_PARTIAL 7200    /* seconds; while local has done half a letter */
#define DOOR_BACKLOG 4194304 /* bytes not yet taken by local */
#define DOOR_ANSWER  2100    /* seconds; local itself ends before */

/* A message and recipient that local has not answered yet. */
struct parcel {
	STAILQ_ENTRY(parcel) next;
	struct lane *lane;
	struct rcpt *rcpt;
	struct envelope *envelope;
};

static const char *
lane_user(const struct lane *lane)
{
	return strchr(lane->name, ':') + 1;
}

static bool
is_alias(const struct lane *lane)
{
	return strncmp(lane->name, LANE_ALIAS, strlen(LANE_ALIAS)) == 0;
}

/* The lane may go on, or has to look for another door. */
static void
lane_free_to_go(struct qmgr *q, struct lane *lane, bool keep)
{
	if (!keep)
		door_serves(NULL, lane);
	lane->blocked = false;
	lane_update(&q->lanes, lane);
	lane_drop(&q->lanes, lane);
}

static void
door_lanes(struct door *d, bool keep)
{
	struct qmgr *q = d->q;
	struct lane *lane, *next;

	LIST_FOREACH_SAFE(lane, &d->lanes, beside, next)
	lane_free_to_go(q, lane, keep);
	turn_soon(q);
}

/* All that wait in the lane get the same outcome. */
static void
lane_outcome(struct qmgr *q, struct lane *lane, const struct outcome *o)
{
	struct envelope *e;
	struct message *m;
	struct rcpt *r;

	while ((r = TAILQ_FIRST(&lane->ready)) != NULL) {
		m = message_of(r);
		rcpt_take(&q->lanes, r);
		if ((e = envelope_get(q, m)) != NULL)
			outcome_take(q, r, e, o);
		else
			r->state = RCPT_HELD;
		envelope_put(e);
		settle(q, m);
	}
}

/* lspawn refused, or is away. */
static void
lane_refused(struct qmgr *q, struct lane *lane, const struct record *answer,
    const char *why)
{
	struct outcome o;

	lane->blocked = false;
	outcome_make(&o, EVENT_DEFERRED, "qmgr:lspawn", NULL, NULL);
	o.text = why;
	if (answer != NULL)
		outcome_read(&o, answer, "lspawn", lane_user(lane));
	if (answer != NULL && o.kind == EVENT_FAILED)
		lane_outcome(q, lane, &o);
	else
		ill(q, lane, o.text);
	lane_update(&q->lanes, lane);
	lane_drop(&q->lanes, lane);
	turn_soon(q);
}

/* --- parcels -------------------------------------------------------------- */

static void
parcel_answer(struct door *d, const struct outcome *o)
{
	struct qmgr *q = d->q;
	struct parcel *p = STAILQ_FIRST(&d->parcels);
	struct message *m = message_of(p->rcpt);

	STAILQ_REMOVE_HEAD(&d->parcels, next);
	lane_stop(&q->lanes, p->lane, p->rcpt);
	m->active--;
	if (o->host_ill)
		ill(q, p->lane, o->text);
	else
		lane_well(&q->lanes, p->lane);
	outcome_take(q, p->rcpt, p->envelope, o);
	if (o->kind == EVENT_DEFERRED)
		report_delay(q, m);
	settle(q, m);
	lane_drop(&q->lanes, p->lane);
	envelope_put(p->envelope);
	free(p);
	turn_soon(q);
	/* Another owner may be waiting for a door to become idle. */
	if (STAILQ_EMPTY(&d->parcels) && !TAILQ_EMPTY(&q->doors.waiting))
		event_active(q->again, EV_TIMEOUT, 0);
}

/*
 * A mailbox in trouble is in trouble for the next message too; what a program
 * in a .forward (4.3.0) makes of one message tells nothing of another.
 */
static bool
tells_of_mailbox(const char *status)
{
	return strncmp(status, "4.2.", 4) == 0 || strcmp(status, "4.3.1") == 0;
}

static void
on_record(struct conn *c, const struct record *answer, struct evbuffer *content,
    int fd, void *arg)
{
	struct door *d = arg;
	struct parcel *p = STAILQ_FIRST(&d->parcels);
	struct outcome o;

	(void)c;
	(void)content, (void)fd;
	if (p == NULL ||
	    strcmp(record_text(answer, "id"), p->envelope->entry.id) != 0) {
		log_event("error", "what", "local", "owner", d->owner, "reason",
		    "an answer that nobody asked for", NULL);
		return;
	}
	d->heard = time(NULL);
	d->partial =
	    record_get(answer, "partial") != NULL ? d->heard + DOOR_PARTIAL : 0;
	outcome_read(&o, answer, "local", lane_user(p->lane));
	o.host_ill = o.kind == EVENT_DEFERRED && tells_of_mailbox(o.status);
	parcel_answer(d, &o);
}

/* What it has not answered waits. */
static void
on_gone(struct conn *c, const char *why, void *arg)
{
	struct door *d = arg;
	struct qmgr *q = d->q;
	struct outcome o;

	(void)c;
	outcome_make(&o, EVENT_DEFERRED, "qmgr:local", NULL, NULL);
	o.status = "4.3.0";
	o.text = "local ended before it answered";
	o.host_ill = true;
	if (!STAILQ_EMPTY(&d->parcels))
		log_event("error", "what", "local", "owner", d->owner, "reason",
		    why == NULL ? o.text : why, NULL);
	while (!STAILQ_EMPTY(&d->parcels))
		parcel_answer(d, &o);
	door_lanes(d, false);
	doors_free(&q->doors, d);
	event_active(q->again, EV_TIMEOUT, 0);
}

static void
on_drained(struct conn *c, void *arg)
{
	(void)c;
	door_lanes(arg, true);
}

static const struct conn_calls calls = {on_record, on_gone, on_drained};

/* --- opening -------------------------------------------------------------- */

/* Who waits has its place now. */
static void
door_close(struct door *d)
{
	struct qmgr *q = d->q;

	if (d->conn != NULL)
		conn_close(d->conn);
	door_lanes(d, false);
	doors_free(&q->doors, d);
	if (!TAILQ_EMPTY(&q->doors.waiting))
		event_active(q->again, EV_TIMEOUT, 0);
}

static void
on_spawn(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct door *d = arg;
	struct qmgr *q = d->q;
	struct lane *lane;

	(void)content;
	if (answer != NULL)
		ask_end(a);
	if (fd != -1 && (d->conn = conn_new(q->base, fd, RECORD_QUESTION, 0,
			     &calls, d)) != NULL) {
		door_lanes(d, true);
		return;
	}
	if (fd != -1)
		close(fd);
	while ((lane = LIST_FIRST(&d->lanes)) != NULL) {
		door_serves(NULL, lane);
		lane_refused(q, lane, answer, why);
	}
	door_close(d);
}

/* Open as many as may be, of those that wait; an idle one closes for another.
 */
static void
doors_open(struct qmgr *q)
{
	struct doors *doors = &q->doors;
	struct door *d, *spare;
	struct record r;

	while ((d = TAILQ_FIRST(&doors->waiting)) != NULL) {
		if (doors->count >= q->settings.doors_most) {
			if ((spare = doors_spare(doors, time(NULL))) == NULL)
				return;
			door_close(spare);
		}
		doors_begin(doors, d);
		record_init(&r, RECORD_QUESTION);
		record_add(&r, "request", "spawn");
		record_add(&r, "owner", d->owner);
		ask_send(ask_begin(q->lspawn, on_spawn, d), &r, NULL, -1);
		record_free(&r);
	}
}

/*
 * All mailboxes of an owner have one door; an alias has its own, for its
 * program may take its time.
 */
static void
find_door(struct qmgr *q, struct lane *lane, const char *owner)
{
	struct door *d =
	    doors_get(&q->doors, owner, is_alias(lane) ? lane_user(lane) : "");

	d->q = q;
	door_serves(d, lane);
	lane->blocked = d->conn == NULL;
	lane_update(&q->lanes, lane);
	doors_open(q);
	turn_soon(q);
}

/* Whose mailbox is it?  A question for each lane, not for each message. */
struct search {
	struct qmgr *q;
	char lane[];
};

static void
on_owner(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct search *search = arg;
	struct qmgr *q = search->q;
	struct lane *lane = lane_find(&q->lanes, search->lane);
	const char *owner = answer == NULL ? "" : record_text(answer, "owner");

	(void)content, (void)fd;
	free(search);
	if (lane != NULL && (*owner == '\0' || strlen(owner) >= ACCOUNT_SIZE))
		lane_refused(q, lane, answer, why);
	else if (lane != NULL)
		find_door(q, lane, owner);
	if (answer != NULL)
		ask_end(a);
}

static void
find_owner(struct qmgr *q, struct lane *lane)
{
	size_t len = strlen(lane->name) + 1;
	struct search *search = malloc(sizeof(*search) + len);
	struct record r;
	struct ask *a;

	if (search == NULL)
		err(EXIT_TEMP, "lane %s", lane->name);
	search->q = q;
	memcpy(search->lane, lane->name, len);
	lane->blocked = true;
	lane_update(&q->lanes, lane);
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "request", "owner");
	record_add(&r, is_alias(lane) ? "alias" : "user", lane_user(lane));
	a = ask_begin(q->lspawn, on_owner, search);
	ask_send(a, &r, NULL, -1);
	record_free(&r);
}

/* --- sending -------------------------------------------------------------- */

static void
question(const struct parcel *p, struct record *r)
{
	const struct envelope *e = p->envelope;
	const char *recipient = e->recipients[p->rcpt->number];
	const char *plus = strchr(recipient, '+');
	const char *at = strrchr(recipient, '@');

	record_add(r, "id", e->entry.id);
	record_add(r, "recipient", recipient);
	record_add(r, is_alias(p->lane) ? "alias" : "user", lane_user(p->lane));
	if (e->direct[p->rcpt->number])
		record_add(r, "direct", "yes");
	if (e->body != NULL)
		record_add(r, "body", e->body);
	if (plus != NULL && at != NULL && plus < at)
		record_addf(
		    r, "extension", "%.*s", (int)(at - plus - 1), plus + 1);
}

/* It cannot be read from the disk: the operator has a look. */
static void
keep_aside(struct rcpt *rcpt)
{
	rcpt->state = RCPT_HELD;
	rcpt->lane = NULL;
}

static void
send_parcel(struct door *d, struct lane *lane, struct rcpt *rcpt)
{
	struct qmgr *q = d->q;
	struct evbuffer *content = evbuffer_new();
	struct parcel *p = calloc(1, sizeof(*p));
	struct record r;
	int fd = -1, got = -1;

	if (p == NULL || content == NULL)
		err(EXIT_TEMP, "parcel");
	p->lane = lane;
	p->rcpt = rcpt;
	record_init(&r, RECORD_QUESTION);
	if ((p->envelope = envelope_get(q, message_of(rcpt))) != NULL) {
		question(p, &r);
		got =
		    message_leave(q, rcpt, p->envelope, true, &r, content, &fd);
	}
	if (got != 0) {
		rcpt_take(&q->lanes, rcpt);
		if (got == 1)
			table_trouble(q, rcpt, leave_reason(q));
		else
			keep_aside(rcpt);
		envelope_put(p->envelope);
		free(p);
	} else {
		if (STAILQ_EMPTY(&d->parcels))
			d->heard = time(NULL);
		lane_start(&q->lanes, lane, rcpt);
		message_of(rcpt)->active++;
		STAILQ_INSERT_TAIL(&d->parcels, p, next);
		conn_send(d->conn, &r, content, fd);
	}
	if (fd != -1)
		close(fd);
	record_free(&r);
	evbuffer_free(content);
}

void
door_start(struct qmgr *q, struct lane *lane)
{
	struct door *d = lane->door;

	if (d == NULL) {
		find_owner(q, lane);
		return;
	}
	if (d->conn == NULL || conn_backlog(d->conn) > DOOR_BACKLOG) {
		lane->blocked = true;
		lane_update(&q->lanes, lane);
		return;
	}
	doors_use(&q->doors, d, time(NULL));
	send_parcel(d, lane, TAILQ_FIRST(&lane->ready));
}

void
doors_tidy(struct qmgr *q)
{
	int64_t now = time(NULL);
	struct door *d, *next;

	TAILQ_FOREACH_SAFE(d, &q->doors.open, next, next)
	if (!STAILQ_EMPTY(&d->parcels) && now - d->heard > DOOR_ANSWER) {
		conn_close(d->conn);
		on_gone(NULL, "it does not answer", d);
	} else if (d->conn != NULL && STAILQ_EMPTY(&d->parcels) &&
		   now - d->used >= DOOR_IDLE && d->partial <= now)
		door_close(d);
	doors_open(q);
}
