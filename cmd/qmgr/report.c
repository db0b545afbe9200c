/*
 * Telling the sender: what failed, what takes long, and, if it asked (RFC
 * 3461), what arrived.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <err.h>

#include "exits.h"
#include "dsn.h"
#include "log.h"
#include "qmgr.h"

#define REPORT_HEAD  65536 /* bytes of the message that go into a report */
#define REPORT_PAUSE 60    /* seconds, when bounce or inject is away */

/* A report on its way.  Its message is not freed meanwhile. */
enum report_kind { REPORT_FAILED, REPORT_DELAYED, REPORT_DELIVERED };

struct report {
	struct qmgr *q;
	struct message *message;
	enum report_kind kind;
	uint32_t count;
	uint32_t numbers[];
};

static void
report_end(struct report *p)
{
	p->message->reporting = false;
	settle(p->q, p->message);
	free(p);
}

static void
on_pause(evutil_socket_t none, short what, void *arg)
{
	(void)none;
	(void)what;
	report_end(arg);
}

/* The report is in the queue: now, and not before, the failed are done with. */
static void
reported(struct report *p, const char *report)
{
	struct qmgr *q = p->q;
	struct message *m = p->message;
	static const char *const words[] = {
	    [REPORT_FAILED] = "bounced",
	    [REPORT_DELAYED] = "warned",
	    [REPORT_DELIVERED] = "confirmed",
	};
	const bool warning = p->kind == REPORT_DELAYED;
	struct record event;
	char id[ID_SIZE];
	uint32_t i;

	message_id(m, id);
	event_begin(&event, warning ? EVENT_WARNED : EVENT_REPORTED, m);
	for (i = 0; i < p->count && !warning; i++)
		record_addf(&event, "number", "%u", p->numbers[i]);
	record_add(&event, "report", report);
	if (warning)
		record_add(&event, "rule", "delaywarning");
	(void)event_write(q, message_store(m), &event);
	log_event(words[p->kind], "id", id, "report", report, "recipients",
	    log_number(p->count), "rule", warning ? "delaywarning" : NULL,
	    NULL);
	if (warning)
		m->warned = true;
	for (i = 0; i < p->count && !warning; i++)
		rcpt_finish(q, &m->rcpts[p->numbers[i]]);
}

static void
on_answer(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct timeval pause = {.tv_sec = REPORT_PAUSE};
	struct report *p = arg;
	char id[ID_SIZE];

	(void)content;
	(void)fd;
	if (answer != NULL &&
	    strcmp(record_text(answer, "class"), "done") == 0) {
		reported(p, record_text(answer, "id"));
		report_end(p);
	} else {
		message_id(p->message, id);
		log_event("error", "id", id, "what", "bounce", "reason",
		    answer == NULL ? why : record_text(answer, "text"), NULL);
		if (event_base_once(
			p->q->base, -1, EV_TIMEOUT, on_pause, p, &pause) == -1)
			err(EXIT_TEMP, "timer");
	}
	if (answer != NULL)
		ask_end(a);
}

/* What bounce wants to know of one recipient. */
static void
add_recipient(struct record *r, struct message *m, const struct envelope *e,
    uint32_t number)
{
	const struct rcpt *rcpt = &m->rcpts[number];
	const bool failed = rcpt->state == RCPT_FAILED;
	const bool done = rcpt->state == RCPT_DELIVERED;
	struct record event;

	record_add(r, "recipient", e->recipients[number]);
	if (e->originals[number] != NULL)
		record_add(r, "original_recipient", e->originals[number]);
	if (e->orcpts[number] != NULL)
		record_add(r, "orcpt", e->orcpts[number]);
	record_add(r, "class", failed ? "failed" : done ? "done" : "deferred");
	record_init(&event, RECORD_ENVELOPE);
	if (rcpt->tries > 0 || failed || done) {
		if (event_read(message_store(m), rcpt->reason, &event) == 0) {
			record_copy(r, &event, "action");
			record_copy(r, &event, "status");
			record_copy(r, &event, "text");
			record_copy(r, &event, "mta");
			record_copy(r, &event, "reply");
		}
	} else if (rcpt->lane != NULL && rcpt->lane->reason[0] != '\0') {
		record_add(r, "status", "4.4.1");
		record_add(r, "text", rcpt->lane->reason);
	}
	record_free(&event);
}

static void
question(const struct report *p, const struct envelope *e, const char *sender,
    struct record *r)
{
	static const char *const requests[] = {
	    [REPORT_FAILED] = "failed",
	    [REPORT_DELAYED] = "warning",
	    [REPORT_DELIVERED] = "delivered",
	};
	struct qmgr *q = p->q;
	uint32_t i;

	record_add(r, "request", requests[p->kind]);
	record_copy(r, &e->entry.head, "ret");
	record_copy(r, &e->entry.head, "envid");
	record_add(r, "id", e->entry.id);
	record_add(r, "sender", sender);
	record_addf(r, "arrival", "%jd.%06jd",
	    (intmax_t)(e->entry.arrival / 1000000),
	    (intmax_t)(e->entry.arrival % 1000000));
	if (p->kind == REPORT_DELAYED)
		record_addf(r, "expiry", "%jd",
		    (intmax_t)(p->message->arrival + q->settings.lifetime -
			       time(NULL)));
	for (i = 0; i < p->count; i++)
		add_recipient(r, p->message, e, p->numbers[i]);
}

static void
send_report(struct report *p, struct envelope *e, const char *sender)
{
	struct qmgr *q = p->q;
	struct evbuffer *content = evbuffer_new();
	struct record r;
	struct ask *a;
	bool cut = false;

	if (content == NULL)
		err(EXIT_TEMP, "report");
	record_init(&r, RECORD_ENVELOPE);
	question(p, e, sender, &r);
	/* A report without the message is better than none. */
	if (message_head(q, p->message, e, REPORT_HEAD, content, &cut) == -1 ||
	    cut)
		record_add(&r, "truncated", "yes");
	record_addf(&r, "size", "%zu", evbuffer_get_length(content));
	p->message->reporting = true;
	a = ask_begin(q->bounce, on_answer, p);
	ask_send(a, &r, content, -1);
	record_free(&r);
	evbuffer_free(content);
}

/*
 * Why nobody is told of a failure: RFC 5321 6.1 forbids to answer a null
 * sender, and another may not want to know (RFC 3461 4.1).  NULL: he is told.
 */
static const char *
why_silent(const struct envelope *e, uint32_t number)
{
	if (*envelope_sender(e, number) == '\0')
		return "qmgr:double-bounce";
	if ((dsn_wants(e->notifies[number]) & DSN_FAILURE) == 0)
		return "sender:NOTIFY";
	return NULL;
}

/* Finish what failed and is told to nobody. true if there was any. */
static bool
drop_failed(struct qmgr *q, struct message *m, const struct envelope *e)
{
	struct record event;
	char id[ID_SIZE];
	const char *rule;
	bool any = false;
	uint32_t i;

	message_id(m, id);
	for (i = 0; i < m->count; i++) {
		if (m->rcpts[i].state != RCPT_FAILED ||
		    (rule = why_silent(e, i)) == NULL)
			continue;
		event_begin(&event, EVENT_DISCARDED, m);
		record_addf(&event, "number", "%u", i);
		record_add(&event, "rule", rule);
		(void)event_write(q, message_store(m), &event);
		log_event("discarded", "id", id, "recipient", e->recipients[i],
		    "rule", rule, NULL);
		rcpt_finish(q, &m->rcpts[i]);
		any = true;
	}
	return any;
}

static bool
is_told(const struct message *m, const struct envelope *e, uint32_t number,
    enum report_kind kind)
{
	const struct rcpt *r = &m->rcpts[number];
	const int state = r->state;

	if (kind == REPORT_FAILED)
		return state == RCPT_FAILED;
	if (kind == REPORT_DELIVERED)
		return state == RCPT_DELIVERED;
	return (state == RCPT_WAITING || state == RCPT_READY ||
		   (state == RCPT_ACTIVE && r->tries > 0)) &&
	       (dsn_wants(e->notifies[number]) & DSN_DELAY) != 0;
}

/* All of that kind whose sender is the first one's. */
static struct report *
report_new(struct qmgr *q, struct message *m, const struct envelope *e,
    enum report_kind kind)
{
	struct report *p = malloc(sizeof(*p) + m->count * sizeof(*p->numbers));
	uint32_t i;

	if (p == NULL)
		err(EXIT_TEMP, "report");
	p->q = q;
	p->message = m;
	p->kind = kind;
	p->count = 0;
	for (i = 0; i < m->count; i++)
		if (is_told(m, e, i, kind) &&
		    (p->count == 0 ||
			strcmp(envelope_sender(e, i),
			    envelope_sender(e, p->numbers[0])) == 0))
			p->numbers[p->count++] = i;
	return p;
}

/* Might one more end at once? Then one report tells of all. */
static bool
is_unsettled(const struct message *m)
{
	uint32_t i;
	bool ended = false;

	for (i = 0; i < m->count; i++) {
		if (m->rcpts[i].state == RCPT_ACTIVE ||
		    m->rcpts[i].state == RCPT_NEW ||
		    (m->rcpts[i].state == RCPT_READY &&
			!m->rcpts[i].lane->resting))
			return true;
		ended |= m->rcpts[i].state == RCPT_FAILED ||
			 m->rcpts[i].state == RCPT_DELIVERED;
	}
	return !ended;
}

void
report_ended(struct qmgr *q, struct message *m)
{
	struct envelope *e;
	struct report *p;
	bool dropped = false;

	if (m->reporting || m->moving || is_unsettled(m))
		return;
	if ((e = envelope_get(q, m)) != NULL) {
		dropped = drop_failed(q, m, e);
		p = report_new(q, m, e, REPORT_FAILED);
		if (p->count == 0) {
			free(p);
			p = report_new(q, m, e, REPORT_DELIVERED);
		}
		if (p->count > 0)
			send_report(p, e, envelope_sender(e, p->numbers[0]));
		else
			free(p);
	}
	envelope_put(e);
	if (dropped)
		settle(q, m);
}

void
report_delay(struct qmgr *q, struct message *m)
{
	struct envelope *e;
	struct report *p;
	const char *sender;

	if (m->warned || m->reporting || m->moving || m->superseded ||
	    message_age(q, m, time(NULL)) < q->settings.warning)
		return;
	if ((e = envelope_get(q, m)) != NULL) {
		p = report_new(q, m, e, REPORT_DELAYED);
		sender = p->count > 0 ? envelope_sender(e, p->numbers[0]) : "";
		if (*sender != '\0') {
			send_report(p, e, sender);
		} else {
			m->warned = true;
			free(p);
		}
	}
	envelope_put(e);
}
