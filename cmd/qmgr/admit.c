/*
 * A message is new: its recipients are expanded once and for all, that is
 * recorded, and each is put in the lane of its next hop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"
#include "seen.h"
#include "users.h"

#define TABLE_PAUSE 60 /* until a table that cannot be read is tried again */

/* What the expansion decided at once, by number. */
struct verdict {
	uint32_t number;
	enum event_kind kind; /* FAILED or DISCARDED */
	char *status, *text, *rule;
};

struct expansion {
	struct record event;
	struct verdict *verdicts;
	void *seen;              /* the addresses, see seen.h */
	char rule[OUTCOME_RULE]; /* of the last one */
	uint32_t count, verdict_count;
};

static char *
copy(const char *text)
{
	char *out = strdup(text == NULL ? "" : text);

	if (out == NULL)
		err(EXIT_TEMP, "expansion");
	return out;
}

static void
add_verdict(struct expansion *x, const struct target *t)
{
	struct verdict *v;

	x->verdicts = reallocarray(
	    x->verdicts, x->verdict_count + 1, sizeof(*x->verdicts));
	if (x->verdicts == NULL)
		err(EXIT_TEMP, "expansion");
	v = &x->verdicts[x->verdict_count++];
	v->number = x->count;
	v->kind = t->kind == TARGET_ERROR ? EVENT_FAILED : EVENT_DISCARDED;
	v->status = copy(t->status);
	v->text = copy(t->text);
	v->rule = copy(t->rule);
}

/* A recipient of the envelope, and what its sender asked to be told of. */
struct wish {
	const char *recipient, *notify, *orcpt;
};

/* The next one of a head.  Start with *at = 0; false at the end. */
static bool
next_wish(const struct record *head, size_t *at, struct wish *w)
{
	const char *name, *value;
	size_t next;

	w->notify = w->orcpt = NULL;
	if ((w->recipient = record_each(head, "recipient", at)) == NULL)
		return false;
	for (next = *at; record_walk(head, &next, &name, &value) &&
			 !record_is(name, "recipient");
	     *at = next)
		if (record_is(name, "notify"))
			w->notify = value;
		else if (record_is(name, "orcpt"))
			w->orcpt = value;
	return true;
}

static void
add_target(struct expansion *x, const struct wish *wish, const struct target *t)
{
	/* Two aliases may lead to one user. */
	if (!seen_add(&x->seen, t->recipient))
		return;
	/* Most have the one before's. */
	if (t->rule != NULL &&
	    strncmp(x->rule, t->rule, sizeof(x->rule) - 1) != 0) {
		strlcpy(x->rule, t->rule, sizeof(x->rule));
		(void)record_add(&x->event, "rule", x->rule);
	}
	if (record_add(&x->event, "recipient", t->recipient) == -1)
		err(EXIT_TEMP, "recipient %s", t->recipient);
	if (strcmp(wish->recipient, t->recipient) != 0)
		record_add(&x->event, "original", wish->recipient);
	if (t->sender != NULL)
		record_add(&x->event, "sender", t->sender);
	if (t->direct)
		record_add(&x->event, "direct", "yes");
	if (wish->notify != NULL)
		record_add(&x->event, "notify", wish->notify);
	if (wish->orcpt != NULL)
		record_add(&x->event, "orcpt", wish->orcpt);
	if (t->kind == TARGET_ERROR || t->kind == TARGET_DISCARD)
		add_verdict(x, t);
	x->count++;
}

/* 0, or -1: a table cannot be read now. */
static int
expand_one(struct qmgr *q, struct expansion *x, const struct wish *wish,
    char *reason, size_t size)
{
	const struct house house = {.user = users_known, .arg = q};
	struct targets targets = {0};
	size_t i;

	if (router_follow(q->router, wish->recipient, &house, &targets, reason,
		size) == -1)
		return -1;
	for (i = 0; i < targets.count; i++)
		add_target(x, wish, &targets.list[i]);
	targets_free(&targets);
	return 0;
}

/* A message that was moved here has been expanded before. */
static void
take_as_is(struct expansion *x, const struct record *head)
{
	const char *name, *value;
	size_t at = 0;

	while (record_walk(head, &at, &name, &value))
		if (record_is(name, "recipient")) {
			record_add(&x->event, "recipient", value);
			x->count++;
		} else if (record_is(name, "original")) {
			record_add(&x->event, "original", value);
		} else if (record_is(name, "direct")) {
			record_add(&x->event, "direct", value);
		} else if (record_is(name, "notify")) {
			record_add(&x->event, "notify", value);
		} else if (record_is(name, "orcpt")) {
			record_add(&x->event, "orcpt", value);
		} else if (record_is(name, "owner")) {
			record_add(&x->event, "sender", value);
		}
}

static int
expand(struct qmgr *q, struct expansion *x, const struct record *head,
    char *reason, size_t size)
{
	struct wish wish;
	size_t at = 0;

	if (record_get(head, "expanded") != NULL) {
		take_as_is(x, head);
		return 0;
	}
	while (next_wish(head, &at, &wish))
		if (expand_one(q, x, &wish, reason, size) == -1)
			return -1;
	return 0;
}

static void
expansion_free(struct expansion *x)
{
	uint32_t i;

	for (i = 0; i < x->verdict_count; i++) {
		free(x->verdicts[i].status);
		free(x->verdicts[i].text);
		free(x->verdicts[i].rule);
	}
	free(x->verdicts);
	seen_free(&x->seen);
	record_free(&x->event);
}

/* --- placing -------------------------------------------------------------- */

static void
fail_now(
    struct qmgr *q, struct envelope *e, struct rcpt *r, const struct target *t)
{
	struct outcome o;

	outcome_make(&o,
	    t->kind == TARGET_DISCARD ? EVENT_DISCARDED : EVENT_FAILED, t->rule,
	    "qmgr", "route");
	o.status = t->status;
	o.text = t->text;
	if (o.kind == EVENT_FAILED && t->status != NULL && *t->status == '4')
		o.kind = EVENT_DEFERRED;
	outcome_take(q, r, e, &o);
}

void
table_trouble(struct qmgr *q, struct rcpt *r, const char *reason)
{
	log_event("error", "what", "table", "reason", reason, "rule",
	    "qmgr:tables", NULL);
	rcpt_wait(&q->lanes, r, time(NULL) + TABLE_PAUSE);
}

void
place(struct qmgr *q, struct message *m, struct envelope *e, struct rcpt *r)
{
	struct target t = {0};
	char reason[256], name[1024];
	const char *how = "", *where;
	bool local;

	(void)m;
	if (router_hop(q->router, e->recipients[r->number], &t, reason,
		sizeof(reason)) == -1) {
		table_trouble(q, r, reason);
		return;
	}
	if (t.kind == TARGET_ERROR || t.kind == TARGET_DISCARD) {
		fail_now(q, e, r, &t);
	} else {
		local = t.kind == TARGET_LOCAL;
		where = local ? t.user : t.host;
		if (local && t.alias != NULL && !e->direct[r->number]) {
			how = LANE_ALIAS;
			where = t.alias;
		} else if (local)
			how = LANE_LOCAL;
		snprintf(name, sizeof(name), "%s%s", how, where);
		r->lane = lane_get(&q->lanes, name, local,
		    local ? DOOR_LIMIT : q->settings.lane_most);
		rcpt_ready(&q->lanes, r);
		turn_soon(q);
	}
	target_free(&t);
}

/* --- admitting ------------------------------------------------------------ */

static struct message *
older_generation(struct qmgr *q, const struct entry *e)
{
	struct message *m;

	for (m = message_first(q); m != NULL; m = message_after(q, m))
		if (m->segment == e->segment && m->sequence == e->sequence &&
		    m->generation < e->generation && !m->superseded)
			return m;
	return NULL;
}

/*
 * The entry that was read is a later generation of it: it has moved.  Whoever
 * is busy with the old one lets go of it when he is done, and settle frees it.
 */
static void
supersede(struct qmgr *q, const struct entry *e)
{
	struct message *m = older_generation(q, e);
	struct record event;
	uint32_t i;

	if (m == NULL)
		return;
	event_begin(&event, EVENT_MOVED, m);
	record_addf(&event, "generation", "%u", e->generation);
	(void)event_write(q, message_store(m), &event);
	(void)store_sync(q, message_store(m));
	for (i = 0; i < m->count; i++) {
		if (m->rcpts[i].state == RCPT_ACTIVE)
			continue;
		rcpt_take(&q->lanes, &m->rcpts[i]);
		m->rcpts[i].state = RCPT_FINISHED;
		m->rcpts[i].lane = NULL;
	}
	m->superseded = true;
	settle(q, m);
}

static void
apply_verdicts(struct qmgr *q, struct message *m, struct envelope *e,
    const struct expansion *x)
{
	struct outcome o;
	uint32_t i;

	for (i = 0; i < x->verdict_count; i++) {
		outcome_make(&o, x->verdicts[i].kind, x->verdicts[i].rule,
		    "qmgr", "route");
		o.status = x->verdicts[i].status;
		o.text = x->verdicts[i].text;
		outcome_take(q, &m->rcpts[x->verdicts[i].number], e, &o);
	}
}

/* Those that nothing has been decided about. */
static void
hold_all(struct qmgr *q, struct message *m, const struct record *head)
{
	const char *why = record_text(head, "hold");
	const char *rule = record_text(head, "rule");
	struct record event;
	uint32_t i, at, count = 0;
	char id[ID_SIZE];

	if (*rule == '\0')
		rule = "inject:hold";
	event_begin(&event, EVENT_HELD, m);
	record_add(&event, "text", why);
	record_add(&event, "rule", rule);
	for (i = 0; i < m->count; i++)
		if (m->rcpts[i].state == RCPT_NEW) {
			record_addf(&event, "number", "%u", i);
			count++;
		}
	if (count == 0) {
		record_free(&event);
		return;
	}
	message_id(m, id);
	log_event("held", "id", id, "recipients", log_number(count), "text",
	    why, "rule", rule, NULL);
	at = event_write(q, message_store(m), &event);
	for (i = 0; i < m->count; i++)
		if (m->rcpts[i].state == RCPT_NEW) {
			m->rcpts[i].state = RCPT_HELD;
			m->rcpts[i].reason = at;
		}
}

static void
place_all(struct qmgr *q, struct message *m, struct entry *entry,
    const struct expansion *x)
{
	struct envelope *e = envelope_take(q, m, entry);
	uint32_t i;

	if (e != NULL) {
		apply_verdicts(q, m, e, x);
		if (record_get(&e->entry.head, "hold") != NULL)
			hold_all(q, m, &e->entry.head);
		for (i = 0; i < m->count; i++)
			if (m->rcpts[i].state == RCPT_NEW)
				place(q, m, e, &m->rcpts[i]);
	}
	envelope_put(e);
	settle(q, m);
}

/* A table cannot be read now: it waits, whole, for admit_again. */
static void
postpone(struct qmgr *q, struct store *s, const struct entry *entry)
{
	struct message *m = message_new(s, entry, 0);

	m->pending = true;
	message_know(m);
	q->pending = true;
}

void
admit(struct qmgr *q, struct store *s, struct entry *entry)
{
	struct message key = {.segment = entry->segment,
			   .sequence = entry->sequence},
		       *m;
	struct expansion x = {0};
	char reason[256];

	if (entry->generation > 0)
		supersede(q, entry);
	event_begin(&x.event, EVENT_EXPANDED, &key);
	if (expand(q, &x, &entry->head, reason, sizeof(reason)) == -1) {
		log_event("error", "id", entry->id, "what", "table", "reason",
		    reason, "rule", "qmgr:tables", NULL);
		postpone(q, s, entry);
	} else {
		m = message_new(s, entry, x.count);
		m->warned = record_get(&entry->head, "warned") != NULL;
		m->expanded = event_write(q, s, &x.event);
		message_know(m);
		place_all(q, m, entry, &x);
	}
	expansion_free(&x);
}

/* It is out of the list while it is tried, and at the end of it if in vain. */
static void
admit_one_again(struct qmgr *q, struct message *m)
{
	struct store *s = message_store(m);
	struct entry e;

	entry_init(&e);
	if (entry_read(&s->segment, m->offset, &e) == 1) {
		message_free(q, m);
		admit(q, s, &e);
	} else {
		q->pending = true;
	}
	entry_free(&e);
}

void
admit_again(struct qmgr *q)
{
	struct message *m, *next, *last;
	struct store *s;

	q->pending = false;
	TAILQ_FOREACH(s, &q->stores, next)
	{
		for (m = last = store_first(s); m != NULL; m = store_after(m))
			last = m;
		for (m = store_first(s); m != NULL; m = next) {
			next = m == last ? NULL : store_after(m);
			if (m->pending)
				admit_one_again(q, m);
		}
	}
}
