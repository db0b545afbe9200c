/*
 * What qstat is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "control.h"
#include "exits.h"

static const char *
state_name(const struct message *m, const struct rcpt *r)
{
	static const char *const names[] = {"moving", "waiting", "ready",
	    "active", "held", "failed", "delivered", "finished"};

	if (r->state == RCPT_READY && r->lane->resting)
		return "waiting";
	if (r->state == RCPT_NEW && !m->moving)
		return "new";
	return names[r->state];
}

static void
add_text(struct record *out, const struct record *in, const char *from,
    const char *to)
{
	const char *value = record_get(in, from);

	if (value != NULL && *value != '\0')
		(void)record_add(out, to, value);
}

/* Why it is still here: its own last event, or what its lane suffers from. */
static void
add_reason(struct record *out, const struct message *m, const struct rcpt *r)
{
	struct record event;

	if (r->state == RCPT_READY && r->lane->reason[0] != '\0') {
		(void)record_add(out, "reason", r->lane->reason);
		record_addf(out, "rule", "lane:%s", r->lane->name);
		return;
	}
	if (r->tries == 0 && r->state != RCPT_HELD && r->state != RCPT_FAILED)
		return;
	record_init(&event, RECORD_ENVELOPE);
	if (event_read(message_store(m), r->reason, &event) == 0) {
		add_text(out, &event, "text", "reason");
		add_text(out, &event, "status", "status");
		add_text(out, &event, "mta", "mta");
		add_text(out, &event, "reply", "reply");
		add_text(out, &event, "rule", "rule");
	}
	record_free(&event);
}

static void
add_lane(struct record *out, const struct rcpt *r)
{
	if (r->lane == NULL)
		return;
	(void)record_add(out, "lane", r->lane->name);
	if (r->lane->kind != KIND_LOCAL)
		(void)record_add(out, "host", r->lane->name);
	if (r->state == RCPT_READY && r->lane->resting)
		record_addf(out, "next", "%jd", (intmax_t)r->lane->probe);
}

static void
fill(struct record *out, struct message *m, struct rcpt *r,
    const struct envelope *e)
{
	record_init(out, RECORD_ENVELOPE);
	record_add(out, "id", e->entry.id);
	record_addf(out, "arrival", "%jd", (intmax_t)m->arrival);
	record_addf(out, "length", "%ju", (uintmax_t)e->entry.length);
	record_add(out, "sender", envelope_sender(e, r->number));
	record_add(out, "recipient", e->recipients[r->number]);
	if (e->originals[r->number] != NULL)
		record_add(out, "original", e->originals[r->number]);
	record_add(out, "state", state_name(m, r));
	add_lane(out, r);
	record_addf(out, "tries", "%u", r->tries);
	if (r->state == RCPT_WAITING)
		record_addf(out, "next", "%u", r->due);
	add_reason(out, m, r);
}

void
tell_rcpt(struct client *c, struct message *m, struct rcpt *r,
    const struct envelope *e)
{
	struct record out;

	fill(&out, m, r, e);
	conn_send(c->conn, &out, NULL, -1);
	record_free(&out);
}

/* What became of the finished ones stands in the state only. */
struct ends {
	struct message *message;
	struct record *of; /* by number */
	char id[ID_SIZE];
};

static void
each_event(struct store *s, const struct record *event, uint32_t at, void *arg)
{
	struct ends *ends = arg;
	struct record *out;
	uint64_t number;

	(void)s;
	(void)at;
	if (strcmp(record_text(event, "id"), ends->id) != 0 ||
	    record_number(event, "number", ends->message->count - 1, &number) !=
		1 ||
	    ends->message->rcpts[number].state != RCPT_FINISHED)
		return;
	out = &ends->of[number];
	record_clear(out);
	add_text(out, event, "event", "state");
	add_text(out, event, "time", "time");
	add_text(out, event, "status", "status");
	add_text(out, event, "text", "reason");
	add_text(out, event, "mta", "mta");
	add_text(out, event, "reply", "reply");
	add_text(out, event, "rule", "rule");
}

static void
copy_fields(struct record *to, const struct record *from, const char *but)
{
	const char *name, *value;
	char field[32];
	size_t at = 0;

	while (record_walk(from, &at, &name, &value)) {
		snprintf(field, sizeof(field), "%.*s", (int)strcspn(name, "="),
		    name);
		if (strcmp(field, but) != 0)
			(void)record_add(to, field, value);
	}
}

/* The entry's fields; its content stays where it is. */
static void
tell_head(struct client *c, const struct record *head)
{
	struct record out;

	record_init(&out, RECORD_ENVELOPE);
	copy_fields(&out, head, "size");
	conn_send(c->conn, &out, NULL, -1);
	record_free(&out);
}

static void
tell_finished(struct client *c, const struct envelope *e, uint32_t number,
    const struct record *end)
{
	struct record out;

	record_init(&out, RECORD_ENVELOPE);
	record_add(&out, "id", e->entry.id);
	record_add(&out, "sender", envelope_sender(e, number));
	record_add(&out, "recipient", e->recipients[number]);
	copy_fields(&out, end, "");
	conn_send(c->conn, &out, NULL, -1);
	record_free(&out);
}

void
tell_message(struct client *c, struct message *m)
{
	struct ends ends = {.message = m};
	struct envelope *e;
	uint32_t i;

	if (m->count == 0 || (e = envelope_get(c->q, m)) == NULL)
		return;
	message_id(m, ends.id);
	if ((ends.of = calloc(m->count, sizeof(*ends.of))) == NULL)
		err(EXIT_TEMP, "message");
	for (i = 0; i < m->count; i++)
		record_init(&ends.of[i], RECORD_ENVELOPE);
	state_each(message_store(m), each_event, &ends);
	tell_head(c, &e->entry.head);
	for (i = 0; i < m->count; i++) {
		if (m->rcpts[i].state == RCPT_FINISHED)
			tell_finished(c, e, i, &ends.of[i]);
		else
			tell_rcpt(c, m, &m->rcpts[i], e);
		record_free(&ends.of[i]);
	}
	free(ends.of);
	envelope_put(e);
}

uint32_t
tell_lanes(struct client *c)
{
	struct lanes *lanes = &c->q->lanes;
	struct lane *lane;
	struct record r;
	uint32_t count = 0;

	record_init(&r, RECORD_QUESTION);
	for (lane = lane_first(lanes); lane != NULL;
	     lane = lane_after(lanes, lane)) {
		if (lane->remembered)
			continue;
		record_clear(&r);
		record_add(&r, "lane", lane->name);
		record_addf(&r, "waiting", "%u", lane->queued + lane->waiting);
		record_addf(&r, "active", "%u", lane->active);
		record_addf(&r, "limit", "%u", lane->limit);
		if (lane->resting)
			record_addf(&r, "next", "%jd", (intmax_t)lane->probe);
		if (lane->reason[0] != '\0')
			record_add(&r, "reason", lane->reason);
		conn_send(c->conn, &r, NULL, -1);
		count++;
	}
	record_free(&r);
	return count;
}
