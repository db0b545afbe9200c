/*
 * Messages in memory.  There may be a million, most with one recipient: these
 * lie side by side in blocks, which are freed when the last in them is; one
 * with more recipients, or none, has a block of its own.
 */
#include <stdlib.h>

#include <err.h>

#include "exits.h"
#include "qmgr.h"

/* More would save little, and keep more for one that stays long. */
#define CELLS 8

struct block {
	TAILQ_ENTRY(block) next;
	struct store *store;
	uint8_t cells, taken; /* those given away so far; never twice */
	uint8_t used;
};

/* With so many recipients each. */
static size_t
cell_size(uint32_t recipients)
{
	return offsetof(struct message, rcpts) +
	       recipients * sizeof(struct rcpt);
}

/* Who has another size is alone, at place 0. */
static struct message *
cell(struct block *b, size_t place)
{
	return (struct message *)((char *)(b + 1) + place * cell_size(1));
}

static struct block *
block_of(const struct message *m)
{
	const char *first = (const char *)m - m->place * cell_size(1);

	return (struct block *)(uintptr_t)(first - sizeof(struct block));
}

static struct block *
block_new(struct store *s, uint32_t recipients)
{
	uint8_t cells = recipients == 1 ? CELLS : 1;
	struct block *b = calloc(1, sizeof(*b) + cells * cell_size(recipients));

	if (b == NULL)
		err(EXIT_TEMP, "message with %u recipients", recipients);
	b->store = s;
	b->cells = cells;
	TAILQ_INSERT_TAIL(&s->blocks, b, next);
	return b;
}

void
message_entry(struct message *m, const struct entry *e)
{
	int64_t arrival = e->arrival / 1000000;

	m->generation = e->generation;
	m->arrival = arrival > UINT32_MAX ? UINT32_MAX : (uint32_t)arrival;
	m->offset = (uint32_t)e->offset;
}

struct message *
message_new(struct store *s, const struct entry *e, uint32_t recipients)
{
	struct block *b = recipients == 1 ? s->room : NULL;
	struct message *m;
	uint32_t i;

	if (b == NULL)
		b = block_new(s, recipients);
	m = cell(b, b->taken);
	m->place = b->taken++;
	b->used++;
	if (recipients == 1)
		s->room = b->taken < b->cells ? b : NULL;
	m->segment = e->segment;
	m->sequence = e->sequence;
	message_entry(m, e);
	m->count = recipients;
	for (i = 0; i < recipients; i++)
		m->rcpts[i].number = i;
	return m;
}

void
message_drop(struct message *m)
{
	struct block *b = block_of(m);
	struct store *s = b->store;

	m->known = false;
	if (--b->used > 0)
		return;
	if (s->room == b)
		s->room = NULL;
	TAILQ_REMOVE(&s->blocks, b, next);
	free(b);
}

void
message_know(struct message *m)
{
	m->known = true;
	message_store(m)->open++;
}

void
message_free(struct qmgr *q, struct message *m)
{
	struct cursor *c;

	TAILQ_FOREACH(c, &q->cursors, next)
	if (c->at == m)
		c->at = message_after(q, m);
	envelope_forget(q, m);
	message_store(m)->open--;
	message_drop(m);
}

struct store *
message_store(const struct message *m)
{
	return block_of(m)->store;
}

struct message *
message_of(struct rcpt *r)
{
	char *first = (char *)(r - r->number);

	return (struct message *)(first - offsetof(struct message, rcpts));
}

void
message_id(const struct message *m, char out[ID_SIZE])
{
	id_format(out, m->segment, m->sequence);
}

bool
message_is_open(const struct message *m)
{
	uint32_t i;

	for (i = 0; i < m->count && !m->superseded; i++)
		if (m->rcpts[i].state != RCPT_FINISHED)
			return true;
	return false;
}

/* --- walking -------------------------------------------------------------- */

static struct message *
known_from(struct block *b, size_t place)
{
	for (; b != NULL; b = TAILQ_NEXT(b, next), place = 0)
		for (; place < b->taken; place++)
			if (cell(b, place)->known)
				return cell(b, place);
	return NULL;
}

struct message *
store_first(const struct store *s)
{
	return known_from(TAILQ_FIRST(&s->blocks), 0);
}

struct message *
store_after(const struct message *m)
{
	return known_from(block_of(m), m->place + 1U);
}

/* The first message of this store or one behind it. */
static struct message *
message_from(struct store *s)
{
	struct message *m = NULL;

	for (; s != NULL && (m = store_first(s)) == NULL;)
		s = TAILQ_NEXT(s, next);
	return m;
}

struct message *
message_first(struct qmgr *q)
{
	return message_from(TAILQ_FIRST(&q->stores));
}

struct message *
message_after(struct qmgr *q, struct message *m)
{
	struct message *next = store_after(m);

	(void)q;
	return next != NULL ? next
			    : message_from(TAILQ_NEXT(message_store(m), next));
}

/* --- cursors -------------------------------------------------------------- */

void
cursor_begin(struct qmgr *q, struct cursor *c)
{
	c->walking = true;
	c->at = message_first(q);
	TAILQ_INSERT_TAIL(&q->cursors, c, next);
}

struct message *
cursor_step(struct qmgr *q, struct cursor *c)
{
	struct message *m = c->at;

	if (m == NULL)
		return NULL;
	if (message_store(m) != c->ahead) {
		cursor_rest(c);
		c->ahead = message_store(m);
		store_ahead(c->ahead, true);
	}
	c->at = message_after(q, m);
	return m;
}

void
cursor_rest(struct cursor *c)
{
	if (c->ahead != NULL)
		store_ahead(c->ahead, false);
	c->ahead = NULL;
}

void
cursor_end(struct qmgr *q, struct cursor *c)
{
	cursor_rest(c);
	if (c->walking)
		TAILQ_REMOVE(&q->cursors, c, next);
	c->walking = false;
}
