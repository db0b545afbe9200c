/*
 * How old a message is, when the clock has jumped to and fro.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"

#define NOW   1764000000
#define YEARS (10 * 365 * 86400LL)
#define DAY   86400

/* M18, to the end of this file. */
static void
test_small_steps_are_no_jumps(void **state)
{
	struct clock c = {0};

	(void)state;
	clock_look(&c, NOW, 100);
	assert_int_equal(clock_look(&c, NOW + 60, 160), 0);
	assert_int_equal(clock_look(&c, NOW + 60 + 1800, 161), 0);
	assert_int_equal(
	    clock_look(&c, NOW + YEARS, 162), YEARS - 61 - 1800 + 0);
	assert_int_equal(clock_look(&c, NOW, 163), -YEARS - 1);
}

/* A clock ten years ahead, and set right again a day later. */
static void
test_jumps_do_not_count_for_the_messages_of_before(void **state)
{
	struct clock c = {0};
	struct jump there = {3, 7, NOW + YEARS, 60, YEARS};
	struct jump back = {3, 9, NOW + DAY, 60, -YEARS};
	static const struct {
		uint32_t segment, sequence;
		int64_t arrival, there, back;
	} rows[] = {
	    {2, 9, NOW - 5 * DAY, 5 * DAY, 6 * DAY},
	    {3, 7, NOW - 100, 100, 100 + DAY},
	    /* it came by the new clock, before the jump was seen */
	    {3, 7, NOW + YEARS - 30, 30, 30 + DAY},
	    /* and this one after it */
	    {3, 9, NOW + YEARS + 10, -10, DAY - 10},
	};
	size_t i;

	(void)state;
	clock_add(&c, &there);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    clock_age(&c, rows[i].segment, rows[i].sequence,
			rows[i].arrival, NOW + YEARS),
		    rows[i].there);
	clock_add(&c, &back);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(
		    clock_age(&c, rows[i].segment, rows[i].sequence,
			rows[i].arrival, NOW + DAY),
		    rows[i].back);
	assert_int_equal(clock_age(&c, 3, 9, NOW + DAY - 5, NOW + DAY), 5);
	assert_int_equal(clock_age(&c, 4, 1, NOW + DAY, NOW + DAY + 9), 9);
}

static void
test_jumps_are_written_and_read_again(void **state)
{
	struct clock c = {0}, d = {0};
	struct jump j = {0x1a, 7, NOW, 60, -YEARS};
	char text[4096] = "";
	FILE *f = fmemopen(text, sizeof(text), "w");
	int i;

	(void)state;
	for (i = 0; i < CLOCK_JUMPS + 3; i++, j.sequence++)
		clock_add(&c, &j);
	assert_int_equal(clock_write(&c, f), 0);
	fclose(f);
	f = fmemopen(text, strlen(text), "r");
	clock_read(&d, f);
	fclose(f);
	assert_int_equal(d.count, CLOCK_JUMPS);
	assert_memory_equal(c.jumps, d.jumps, sizeof(c.jumps));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_small_steps_are_no_jumps),
	    cmocka_unit_test(
		test_jumps_do_not_count_for_the_messages_of_before),
	    cmocka_unit_test(test_jumps_are_written_and_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
