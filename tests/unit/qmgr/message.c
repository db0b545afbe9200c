/* message, past: what is in memory of each message, and what comes of events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "qmgr.h"

#define MANY 1000

static struct qmgr q;
static struct store store;

static int
fresh(void **state)
{
	(void)state;
	memset(&q, 0, sizeof(q));
	memset(&store, 0, sizeof(store));
	TAILQ_INIT(&q.stores);
	TAILQ_INIT(&q.cursors);
	TAILQ_INIT(&store.blocks);
	TAILQ_INSERT_TAIL(&q.stores, &store, next);
	store.state = -1;
	return 0;
}

static struct message *
add(uint32_t sequence, uint32_t recipients)
{
	struct entry e = {
	    .segment = 0x1a, .sequence = sequence, .arrival = 1764000000123456};

	return message_new(&store, &e, recipients);
}

static void
test_one_recipient_is_small(void **state)
{
	struct message *m = add(1, 1);

	(void)state;
	assert_true(sizeof(*m) + sizeof(m->rcpts[0]) <= 80);
	message_drop(m);
}

/* Most have one recipient, each tenth three; each seventh is not known yet. */
static void
test_all_that_is_known_is_walked(void **state)
{
	struct message *all[MANY], *m;
	uint32_t i, seen = 0, expected = 0;
	char found[MANY] = {0};

	(void)state;
	for (i = 0; i < MANY; i++) {
		all[i] = add(i, i % 10 == 0 ? 3 : 1);
		assert_int_equal(all[i]->arrival, 1764000000);
		assert_ptr_equal(message_store(all[i]), &store);
		if (i % 7 != 0) {
			message_know(all[i]);
			expected++;
		}
	}
	for (m = message_first(&q); m != NULL; m = message_after(&q, m)) {
		assert_int_equal(found[m->sequence]++, 0);
		assert_int_not_equal(m->sequence % 7, 0);
		assert_ptr_equal(
		    message_of(&m->rcpts[m->count - 1]), all[m->sequence]);
		seen++;
	}
	assert_int_equal(seen, expected);
	assert_int_equal(store.open, expected);
	for (i = 0; i < MANY; i++) {
		m = all[(i * 373U) % MANY];
		if (m->known)
			message_free(&q, m);
		else
			message_drop(m);
	}
	assert_null(store_first(&store));
	assert_true(TAILQ_EMPTY(&store.blocks));
	assert_int_equal(store.open, 0);
}

static void
test_a_cursor_steps_over_what_is_freed(void **state)
{
	struct message *a = add(1, 1), *b = add(2, 1), *c = add(3, 2);
	struct cursor cursor = {.at = b};

	(void)state;
	message_know(a);
	message_know(b);
	message_know(c);
	TAILQ_INSERT_TAIL(&q.cursors, &cursor, next);
	message_free(&q, b);
	assert_ptr_equal(cursor.at, c);
	message_free(&q, a);
	message_free(&q, c);
	assert_null(cursor.at);
}

static void
test_a_message_is_open_while_a_recipient_is(void **state)
{
	struct message *m = add(1, 2);

	(void)state;
	m->rcpts[0].state = RCPT_FINISHED;
	assert_true(message_is_open(m));
	m->superseded = true;
	assert_false(message_is_open(m));
	m->superseded = false;
	m->rcpts[1].state = RCPT_FINISHED;
	assert_false(message_is_open(m));
	message_drop(m);
}

/* --- what the state tells ------------------------------------------------- */

static void
put_event(const char *kind, uint32_t segment, uint32_t sequence,
    const char *name, const char *value)
{
	struct record r;
	char id[ID_SIZE], *text;
	size_t len;

	record_init(&r, RECORD_QUESTION);
	id_format(id, segment, sequence);
	record_add(&r, "event", kind);
	record_add(&r, "id", id);
	record_add(&r, name, value);
	text = state_encode(&r, store.segment.salt, &len);
	assert_int_equal(write(store.state, text, len), len);
	store.state_len += (uint32_t)len;
	free(text);
	record_free(&r);
}

static uint32_t lost;

static void
count_lost(struct store *s, const struct message *m)
{
	(void)s;
	lost = m->sequence;
}

/* In no order: later ids before earlier ones, and of several segments. */
static void
test_the_past_is_found_by_id(void **state)
{
	static const uint32_t order[] = {5, 9, 1, 7, 3, 8, 2, 6, 4};
	struct past *p;
	uint32_t i;

	(void)state;
	store.state = memfd_create("state", MFD_CLOEXEC);
	for (i = 0; i < 9; i++)
		put_event("expanded", 0x1a - order[i] % 2, order[i],
		    "recipient", "ann@example.org");
	put_event("deferred", 0x19, 7, "number", "0");
	put_event("done", 0x19, 3, "number", "0");
	put_event("moved", 0x1a, 8, "generation", "1");
	put_event("deferred", 0x1a, 10, "number", "0");
	past_read(&store);
	assert_null(past_find(&store, 0x1a, 10));
	assert_null(past_find(&store, 0x1a, 7));
	for (i = 1; i <= 9; i++) {
		p = past_find(&store, 0x1a - i % 2, i);
		assert_non_null(p);
		if (i == 8) {
			assert_null(p->message);
			continue;
		}
		assert_int_equal(p->message->sequence, i);
		assert_int_equal(p->message->rcpts[0].tries, i == 7);
		assert_int_equal(message_is_open(p->message), i != 3);
		if (i == 5)
			continue;
		message_drop(p->message);
		p->message = NULL;
	}
	assert_int_equal(past_end(&store, count_lost), 1);
	assert_int_equal(lost, 5);
	assert_true(TAILQ_EMPTY(&store.blocks));
	close(store.state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_one_recipient_is_small, fresh),
	    cmocka_unit_test_setup(test_all_that_is_known_is_walked, fresh),
	    cmocka_unit_test_setup(
		test_a_cursor_steps_over_what_is_freed, fresh),
	    cmocka_unit_test_setup(
		test_a_message_is_open_while_a_recipient_is, fresh),
	    cmocka_unit_test_setup(test_the_past_is_found_by_id, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
