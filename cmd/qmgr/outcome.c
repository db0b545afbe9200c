/*
 * What became of a recipient: recorded first, then logged, then acted on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dsn.h"
#include "log.h"
#include "qmgr.h"

static bool
is_class(const struct record *answer, const char *class)
{
	return strcmp(record_text(answer, "class"), class) == 0;
}

void
outcome_make(struct outcome *o, enum event_kind kind, const char *rule,
    const char *who, const char *what)
{
	memset(o, 0, sizeof(*o));
	o->kind = kind;
	if (rule != NULL && *rule != '\0')
		strlcpy(o->rule, rule, sizeof(o->rule));
	else if (who != NULL && what != NULL)
		snprintf(o->rule, sizeof(o->rule), "%s:%s", who, what);
}

void
outcome_read(struct outcome *o, const struct record *answer, const char *who,
    const char *what)
{
	outcome_make(o, EVENT_DEFERRED, record_text(answer, "rule"), who, what);
	o->status = record_text(answer, "status");
	o->text = record_text(answer, "text");
	o->mta = record_text(answer, "mta");
	o->reply = record_text(answer, "reply");
	o->passed_on = record_get(answer, "dsn") != NULL;
	if (is_class(answer, "done"))
		o->kind = EVENT_DONE;
	else if (is_class(answer, "failed"))
		o->kind = EVENT_FAILED;
	else
		o->host_ill = strcmp(record_text(answer, "about"), "host") == 0;
}

static void
add(struct record *r, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		(void)record_add(r, name, value);
}

/* Too old: what would be deferred fails. */
static bool
is_expired(const struct qmgr *q, const struct message *m, int64_t now)
{
	return message_age(q, m, now) >= q->settings.lifetime;
}

/* Does the sender want to hear of this success, and from us? */
static bool
is_reported(
    const struct envelope *e, const struct rcpt *r, const struct outcome *o)
{
	return o->kind == EVENT_DONE && !o->passed_on &&
	       (dsn_wants(e->notifies[r->number]) & DSN_SUCCESS) != 0 &&
	       *envelope_sender(e, r->number) != '\0';
}

static uint32_t
write_outcome(struct qmgr *q, const struct envelope *e, const struct rcpt *r,
    const struct outcome *o, int64_t due)
{
	struct message *m = message_of((struct rcpt *)(uintptr_t)r);
	struct record event;

	event_begin(&event, o->kind, m);
	record_addf(&event, "number", "%u", r->number);
	if (o->kind == EVENT_DEFERRED)
		record_addf(&event, "due", "%jd", (intmax_t)due);
	add(&event, "status", o->status);
	add(&event, "text", o->text);
	add(&event, "mta", o->mta);
	add(&event, "reply", o->reply);
	add(&event, "rule", o->rule);
	if (is_reported(e, r, o)) {
		record_add(&event, "report", "due");
		record_add(&event, "action",
		    r->lane != NULL && r->lane->kind == KIND_LOCAL ? "delivered"
								   : "relayed");
	}
	return event_write(q, message_store(m), &event);
}

static void
log_outcome(const struct message *m, const struct rcpt *r,
    const struct envelope *e, const struct outcome *o, int64_t due)
{
	static const char *const words[EVENT_KINDS] = {
	    [EVENT_DONE] = "delivered",
	    [EVENT_DEFERRED] = "deferred",
	    [EVENT_FAILED] = "failed",
	    [EVENT_DISCARDED] = "discarded",
	};
	char id[ID_SIZE];
	const char *original = e->originals[r->number];

	message_id(m, id);
	log_event(words[o->kind], "id", id, "recipient",
	    e->recipients[r->number], "original", original, "lane",
	    r->lane == NULL ? NULL : r->lane->name, "mta", o->mta, "status",
	    o->status, "text", o->text, "reply", o->reply, "rule", o->rule,
	    "tries", o->kind == EVENT_DEFERRED ? log_number(r->tries) : NULL,
	    "next", o->kind == EVENT_DEFERRED ? log_number(due) : NULL, NULL);
}

void
rcpt_finish(struct qmgr *q, struct rcpt *r)
{
	rcpt_take(&q->lanes, r);
	r->state = RCPT_FINISHED;
	r->lane = NULL;
}

void
outcome_take(struct qmgr *q, struct rcpt *r, struct envelope *e,
    const struct outcome *given)
{
	struct message *m = message_of(r);
	struct outcome o = *given;
	char late[600];
	int64_t now = time(NULL), due = 0;

	if (m->superseded) {
		r->state = RCPT_FINISHED;
		r->lane = NULL;
		return;
	}
	if (o.kind == EVENT_DEFERRED && is_expired(q, m, now)) {
		snprintf(late, sizeof(late), "delivery time expired: %s",
		    o.text == NULL ? "" : o.text);
		outcome_make(&o, EVENT_FAILED, "queuelifetime", NULL, NULL);
		o.status = "5.4.7";
		o.text = late;
		o.mta = given->mta;
		o.reply = given->reply;
	}
	/* What went well went by the entry that led there. */
	if (o.kind == EVENT_DONE && e->rules[r->number] != NULL)
		strlcpy(o.rule, e->rules[r->number], sizeof(o.rule));
	if (o.kind == EVENT_DEFERRED) {
		due = now + retry_delay(message_age(q, m, now), arc4random());
		r->tries++;
	}
	r->reason = write_outcome(q, e, r, &o, due);
	log_outcome(m, r, e, &o, due);
	if (o.kind == EVENT_DEFERRED)
		rcpt_wait(&q->lanes, r, due);
	else if (o.kind == EVENT_FAILED || is_reported(e, r, &o)) {
		r->state =
		    o.kind == EVENT_FAILED ? RCPT_FAILED : RCPT_DELIVERED;
		r->lane = NULL;
	} else
		rcpt_finish(q, r);
}

void
settle(struct qmgr *q, struct message *m)
{
	struct store *s = message_store(m);

	if (!message_is_open(m)) {
		if (m->active > 0 || m->reporting || m->asking)
			return;
		message_free(q, m);
		if (s->open == 0 || s->damaged)
			tidy_soon(q);
		return;
	}
	report_ended(q, m);
}
