/* lane: who is next, and for how long nobody is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lane.h"

#define NOW 1000000

static struct lanes lanes;

static int
fresh(void **state)
{
	(void)state;
	lanes_init(&lanes);
	return 0;
}

static int
emptied(void **state)
{
	struct lane *lane;

	(void)state;
	while ((lane = lane_first(&lanes)) != NULL) {
		struct rcpt *r;

		while ((r = TAILQ_FIRST(&lane->ready)) != NULL)
			rcpt_take(&lanes, r);
		lane->waiting = lane->active = 0;
		lane_flush(&lanes, lane);
		lane->blocked = false;
		lane->kind = KIND_LOCAL; /* which is not remembered */
		lane_drop(&lanes, lane);
	}
	free(lanes.heap);
	return 0;
}

static void
the_earliest_is_due_first(void **state)
{
	static struct rcpt rcpts[200];
	uint32_t last = 0, seed = 7;
	struct rcpt *r;
	size_t i, count = 0;

	(void)state;
	memset(rcpts, 0, sizeof(rcpts));
	for (i = 0; i < 200; i++) {
		seed = seed * 1103515245 + 12345;
		rcpt_wait(&lanes, &rcpts[i], NOW + seed % 1000);
	}
	/* Some leave again, from the middle. */
	for (i = 0; i < 200; i += 3)
		rcpt_take(&lanes, &rcpts[i]);
	assert_null(rcpt_due(&lanes, NOW - 1));
	while ((r = rcpt_due(&lanes, NOW + 1000)) != NULL) {
		assert_true(r->due >= last);
		last = r->due;
		count++;
	}
	assert_int_equal(count, 200 - 67);
}

static void
lanes_take_turns(void **state)
{
	static struct rcpt rcpts[4];
	struct lane *a = lane_get(&lanes, "a", false, 20);
	struct lane *b = lane_get(&lanes, "b", false, 20);
	int i;

	(void)state;
	lane_well(&lanes, a);
	lane_well(&lanes, b);
	for (i = 0; i < 4; i++) {
		rcpts[i].lane = i < 3 ? a : b;
		rcpt_ready(&lanes, &rcpts[i]);
	}
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), a);
	lane_start(&lanes, a, TAILQ_FIRST(&a->ready));
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), b);
	lane_start(&lanes, b, TAILQ_FIRST(&b->ready));
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), a);
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), a);
	assert_null(lane_next(&lanes, KIND_LOCAL));
	assert_null(lane_next(&lanes, KIND_TRIAL));
	lane_stop(&lanes, a, &rcpts[0]);
	lane_stop(&lanes, b, &rcpts[3]);
}

/* Who answered may have twice as many, and those turns are apart. */
static void
the_next_is_at_hand(void **state)
{
	static struct rcpt rcpts[4];
	struct lane *lane = lane_get(&lanes, "ahead", false, 1);
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		rcpts[i].lane = lane;
		rcpt_ready(&lanes, &rcpts[i]);
	}
	lanes.ahead = true;
	/* On trial there is one, and nothing behind it. */
	lane_start(&lanes, lane, &rcpts[0]);
	assert_null(lane_next(&lanes, KIND_AHEAD));
	lane_well(&lanes, lane);
	assert_true(lane_is_full(lane));
	assert_null(lane_next(&lanes, KIND_REMOTE));
	assert_ptr_equal(lane_next(&lanes, KIND_AHEAD), lane);
	lane_start(&lanes, lane, &rcpts[1]);
	assert_null(lane_next(&lanes, KIND_AHEAD));
	lane_stop(&lanes, lane, &rcpts[0]);
	assert_ptr_equal(lane_next(&lanes, KIND_AHEAD), lane);
	lane_stop(&lanes, lane, &rcpts[1]);
	assert_null(lane_next(&lanes, KIND_AHEAD));
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), lane);
	lanes.ahead = false;
	lane_start(&lanes, lane, &rcpts[2]);
	assert_null(lane_next(&lanes, KIND_AHEAD));
	lane_stop(&lanes, lane, &rcpts[2]);
	rcpt_take(&lanes, &rcpts[3]);
}

/* R46: a thousand messages for a host that is always too busy are one try. */
static void
an_ill_host_is_probed_by_one(void **state)
{
	static struct rcpt rcpts[3];
	struct lane *lane = lane_get(&lanes, "dead.example", false, 20);
	int64_t first;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		rcpts[i].lane = lane;
		rcpt_ready(&lanes, &rcpts[i]);
	}
	lane_well(&lanes, lane);
	assert_int_equal(lane->limit, 5);
	/* Its concurrency halves, and when that is one it rests. */
	lane_ill(&lanes, lane, "timed out", NOW, 0);
	assert_int_equal(lane->limit, 2);
	lane_ill(&lanes, lane, "timed out", NOW, 0);
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), lane);
	lane_ill(&lanes, lane, "timed out", NOW, 0);
	assert_null(lane_next(&lanes, KIND_REMOTE));
	assert_int_equal(lanes_next(&lanes), NOW + 60);
	first = lane->probe - NOW;
	lanes_wake(&lanes, lane->probe - 1);
	assert_null(lane_next(&lanes, KIND_TRIAL));
	lanes_wake(&lanes, lane->probe);
	lane_ill(&lanes, lane, "timed out", lane->probe, 0);
	assert_true(lane->probe - (NOW + first) == 2 * first);
	lanes_wake(&lanes, lane->probe);
	assert_ptr_equal(lane_next(&lanes, KIND_TRIAL), lane);
	lane_start(&lanes, lane, &rcpts[0]);
	assert_null(
	    lane_next(&lanes, KIND_TRIAL)); /* one is enough to find out */
	lane_stop(&lanes, lane, &rcpts[0]);
	lane_well(&lanes, lane);
	assert_int_equal(lane->failures, 0);
	assert_int_equal(lane->limit, 2);
}

static void
news_of_one_failure_counts_once(void **state)
{
	struct lane *lane = lane_get(&lanes, "dead.example", false, 1);
	int64_t probe;

	(void)state;
	lane_ill(&lanes, lane, "timed out", NOW, 0);
	probe = lane->probe;
	lane_ill(&lanes, lane, "refused", NOW + 1, 0);
	assert_int_equal(lane->probe, probe);
	assert_int_equal(lane->failures, 1);
	assert_string_equal(lane->reason, "refused");
}

static void
a_lane_goes_when_nothing_is_in_it(void **state)
{
	static struct rcpt r;
	struct lane *lane = lane_get(&lanes, "a", true, 20);

	(void)state;
	r.lane = lane;
	rcpt_wait(&lanes, &r, NOW);
	lane_drop(&lanes, lane);
	assert_ptr_equal(lane_find(&lanes, "a"), lane);
	rcpt_take(&lanes, &r);
	lane_drop(&lanes, lane);
	assert_null(lane_find(&lanes, "a"));
}

/* However many tarpits there are: the caller can keep deliveries for others. */
static void
a_host_is_on_trial_until_it_answers(void **state)
{
	static struct rcpt rcpts[4];
	struct lane *tarpit = lane_get(&lanes, "tarpit", false, 20);
	struct lane *good = lane_get(&lanes, "good", false, 20);
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		rcpts[i].lane = i < 2 ? tarpit : good;
		rcpt_ready(&lanes, &rcpts[i]);
	}
	assert_null(lane_next(&lanes, KIND_REMOTE));
	assert_ptr_equal(lane_next(&lanes, KIND_TRIAL), tarpit);
	lane_start(&lanes, tarpit, &rcpts[0]);
	lane_start(&lanes, good, &rcpts[2]);
	assert_null(lane_next(&lanes, KIND_TRIAL)); /* one at a time */
	lane_stop(&lanes, good, &rcpts[2]);
	lane_well(&lanes, good);
	assert_int_equal(good->limit, 5);
	assert_null(lane_next(&lanes, KIND_TRIAL));
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), good);
	lane_stop(&lanes, tarpit, &rcpts[0]);
	lane_ill(&lanes, tarpit, "says nothing", NOW, 0);
	assert_null(lane_next(&lanes, KIND_TRIAL));
	lanes_wake(&lanes, NOW + 3600);
	assert_ptr_equal(lane_next(&lanes, KIND_TRIAL), tarpit);
}

static void
who_answered_is_remembered(void **state)
{
	static struct rcpt r;
	char name[20];
	int i;

	(void)state;
	for (i = 0; i <= LANE_KNOWN; i++) {
		(void)snprintf(name, sizeof(name), "host%d", i);
		lane_well(&lanes, lane_get(&lanes, name, false, 20));
		lane_drop(&lanes, lane_find(&lanes, name));
	}
	assert_null(lane_find(&lanes, "host0"));
	r.lane = lane_get(&lanes, "host1", false, 20);
	rcpt_ready(&lanes, &r);
	assert_ptr_equal(lane_next(&lanes, KIND_REMOTE), r.lane);
	/* It is in use: another one goes. */
	for (i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "new%d", i);
		lane_well(&lanes, lane_get(&lanes, name, false, 20));
		lane_drop(&lanes, lane_find(&lanes, name));
	}
	assert_ptr_equal(lane_find(&lanes, "host1"), r.lane);
	assert_null(lane_find(&lanes, "host2"));
}

/* R50: a greylist of five minutes costs five or six. */
static void
a_retry_waits_as_long_as_the_message_is_old(void **state)
{
	static const struct {
		int64_t age;
		uint32_t least;
	} rows[] = {{-5, 300}, {0, 300}, {300, 300}, {1000, 1000}, {4000, 4000},
	    {400000, 4000}};
	size_t i;
	uint32_t chance;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (chance = 0; chance < 5000; chance += 7) {
			uint32_t delay = retry_delay(rows[i].age, chance);

			assert_in_range(delay, rows[i].least,
			    rows[i].least + rows[i].least / 5);
		}
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, emptied)
	const struct CMUnitTest tests[] = {
	    TEST(the_earliest_is_due_first),
	    TEST(lanes_take_turns),
	    TEST(the_next_is_at_hand),
	    TEST(an_ill_host_is_probed_by_one),
	    TEST(news_of_one_failure_counts_once),
	    TEST(a_lane_goes_when_nothing_is_in_it),
	    TEST(a_host_is_on_trial_until_it_answers),
	    TEST(who_answered_is_remembered),
	    TEST(a_retry_waits_as_long_as_the_message_is_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
