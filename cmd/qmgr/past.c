/*
 * What the state tells of messages whose entries have not been read yet.
 */
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "exits.h"
#include "qmgr.h"

static int
past_compare(const struct past *p, uint32_t segment, uint32_t sequence)
{
	if (p->segment != segment)
		return p->segment < segment ? -1 : 1;
	if (p->sequence != sequence)
		return p->sequence < sequence ? -1 : 1;
	return 0;
}

/* The first that does not come before it. */
static size_t
past_place(const struct pasts *all, uint32_t segment, uint32_t sequence)
{
	size_t low = 0, high = all->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (past_compare(&all->list[middle], segment, sequence) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct past *
past_find(struct store *s, uint32_t segment, uint32_t sequence)
{
	struct pasts *all = &s->pasts;
	size_t at = all->next;

	/* Entries and events come in much the same order. */
	if (at >= all->count ||
	    past_compare(&all->list[at], segment, sequence) != 0)
		at = past_place(all, segment, sequence);
	if (at == all->count ||
	    past_compare(&all->list[at], segment, sequence) != 0)
		return NULL;
	all->next = at + 1;
	return &all->list[at];
}

static struct past *
past_add(struct store *s, uint32_t segment, uint32_t sequence)
{
	struct pasts *all = &s->pasts;
	size_t at = all->count;

	if (at > 0 && past_compare(&all->list[at - 1], segment, sequence) > 0)
		at = past_place(all, segment, sequence);
	if (all->count == all->size) {
		all->size = all->size == 0 ? 64 : all->size * 2;
		all->list =
		    reallocarray(all->list, all->size, sizeof(*all->list));
		if (all->list == NULL)
			err(EXIT_TEMP, "state of %zu messages", all->count);
	}
	memmove(&all->list[at + 1], &all->list[at],
	    (all->count++ - at) * sizeof(*all->list));
	all->list[at] = (struct past){.segment = segment, .sequence = sequence};
	return &all->list[at];
}

/* --- events --------------------------------------------------------------- */

static void
past_expanded(struct store *s, const struct entry *e,
    const struct record *event, uint32_t at)
{
	struct past *p;
	uint32_t count = 0;
	size_t walk = 0;

	if (past_find(s, e->segment, e->sequence) != NULL)
		return;
	while (record_each(event, "recipient", &walk) != NULL)
		count++;
	p = past_add(s, e->segment, e->sequence);
	p->message = message_new(s, e, count);
	p->message->expanded = at;
}

/* What an event makes of each recipient that it names. */
static void
past_rcpt(struct rcpt *r, enum event_kind kind, const struct record *event,
    uint32_t at)
{
	uint64_t due = 0;

	/* What has ended does not begin again, whatever is said of it later. */
	if (r->state == RCPT_FINISHED ||
	    ((r->state == RCPT_FAILED || r->state == RCPT_DELIVERED) &&
		kind == EVENT_HELD))
		return;
	if (kind == EVENT_DONE && record_get(event, "report") != NULL) {
		r->state = RCPT_DELIVERED;
		r->reason = at;
	} else if (kind == EVENT_DONE || kind == EVENT_DISCARDED ||
		   kind == EVENT_DELETED || kind == EVENT_REPORTED) {
		r->state = RCPT_FINISHED;
	} else if (kind == EVENT_FAILED) {
		r->state = RCPT_FAILED;
		r->reason = at;
	} else if (kind == EVENT_HELD) {
		r->state = RCPT_HELD;
		r->reason = at;
	} else if (kind == EVENT_RELEASED) {
		r->state = RCPT_NEW;
	} else if (kind == EVENT_DEFERRED) {
		(void)record_number(event, "due", UINT32_MAX, &due);
		r->due = (uint32_t)due;
		r->reason = at;
		r->tries++;
	}
}

static void
past_message(struct past *p, enum event_kind kind, const struct record *event,
    uint32_t at)
{
	const char *value, *name;
	size_t walk = 0;
	uint64_t number;
	char *end;

	while (record_walk(event, &walk, &name, &value)) {
		if (!record_is(name, "number"))
			continue;
		number = strtoull(value, &end, 10);
		if (*end == '\0' && number < p->message->count)
			past_rcpt(&p->message->rcpts[number], kind, event, at);
	}
}

static void
past_event(struct store *s, const struct record *event, uint32_t at, void *arg)
{
	enum event_kind kind = event_kind(record_text(event, "event"));
	struct entry e = {0};
	struct past *p;

	(void)arg;
	if (id_parse(record_text(event, "id"), &e.segment, &e.sequence) == -1)
		return;
	if (kind == EVENT_EXPANDED) {
		past_expanded(s, &e, event, at);
		return;
	}
	if ((p = past_find(s, e.segment, e.sequence)) == NULL ||
	    p->message == NULL)
		return;
	if (kind == EVENT_WARNED)
		p->message->warned = true;
	if (kind == EVENT_MOVED) {
		message_drop(p->message);
		p->message = NULL;
	} else {
		past_message(p, kind, event, at);
	}
}

void
past_read(struct store *s)
{
	state_each(s, past_event, NULL);
	s->pasts.next = 0;
}

uint32_t
past_end(struct store *s, void (*lost)(struct store *, const struct message *))
{
	struct message *m;
	uint32_t count = 0;
	size_t i;

	for (i = 0; i < s->pasts.count; i++) {
		if ((m = s->pasts.list[i].message) == NULL)
			continue;
		if (message_is_open(m)) {
			count++;
			if (lost != NULL)
				lost(s, m);
		}
		message_drop(m);
	}
	free(s->pasts.list);
	memset(&s->pasts, 0, sizeof(s->pasts));
	return count;
}
