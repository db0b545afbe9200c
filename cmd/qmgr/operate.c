/*
 * What qctl asks for, done to one recipient.
 */
#include <string.h>

#include "control.h"
#include "log.h"

/* Out of its lane or the heap; the lane goes too if it was the last. */
static void
leave(struct qmgr *q, struct rcpt *r)
{
	struct lane *lane = r->lane;

	rcpt_take(&q->lanes, r);
	r->lane = NULL;
	if (lane != NULL)
		lane_drop(&q->lanes, lane);
}

static bool
is_pending(const struct rcpt *r)
{
	return r->state == RCPT_READY || r->state == RCPT_WAITING;
}

static uint32_t
note(struct qmgr *q, struct rcpt *r, enum event_kind kind,
    const struct envelope *e, const char *rule)
{
	struct message *m = message_of(r);
	struct record event;
	char id[ID_SIZE];

	message_id(m, id);
	event_begin(&event, kind, m);
	record_addf(&event, "number", "%u", r->number);
	record_add(&event, "rule", rule);
	log_event(event_name(kind), "id", id, "recipient",
	    e->recipients[r->number], "rule", rule, NULL);
	return event_write(q, message_store(m), &event);
}

static bool
flush(struct qmgr *q, struct rcpt *r, struct envelope *e, const char *rule)
{
	struct message *m = message_of(r);

	(void)rule;
	if (!is_pending(r) || m->moving)
		return false;
	leave(q, r);
	place(q, m, e, r);
	if (r->lane != NULL)
		lane_flush(&q->lanes, r->lane);
	return true;
}

static bool
hold(struct qmgr *q, struct rcpt *r, struct envelope *e, const char *rule)
{
	if (!is_pending(r))
		return false;
	leave(q, r);
	r->reason = note(q, r, EVENT_HELD, e, rule);
	r->state = RCPT_HELD;
	return true;
}

static bool
release(struct qmgr *q, struct rcpt *r, struct envelope *e, const char *rule)
{
	if (r->state != RCPT_HELD)
		return false;
	(void)note(q, r, EVENT_RELEASED, e, rule);
	r->state = RCPT_NEW;
	r->tries = 0;
	place(q, message_of(r), e, r);
	return true;
}

static bool delete (
    struct qmgr *q, struct rcpt *r, struct envelope *e, const char *rule)
{
	if (!is_pending(r) && r->state != RCPT_HELD && r->state != RCPT_FAILED)
		return false;
	(void)note(q, r, EVENT_DELETED, e, rule);
	leave(q, r);
	rcpt_finish(q, r);
	return true;
}

static bool
bounce(struct qmgr *q, struct rcpt *r, struct envelope *e, const char *rule)
{
	struct outcome o;

	if (!is_pending(r) && r->state != RCPT_HELD)
		return false;
	outcome_make(&o, EVENT_FAILED, rule, NULL, NULL);
	o.status = "5.7.0";
	o.text = "returned by the postmaster of this host";
	leave(q, r);
	outcome_take(q, r, e, &o);
	return true;
}

action *
action_find(const char *name)
{
	static const struct {
		const char *name;
		action *act;
	} actions[] = {{"flush", flush}, {"hold", hold}, {"release", release},
	    {"delete", delete}, {"bounce", bounce}};
	size_t i;

	for (i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return actions[i].act;
	return NULL;
}
