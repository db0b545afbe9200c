/* doors: who is open, and which one is closed for another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doors.h"

#define NOW 1000000

static struct doors doors;
static struct lanes lanes;
static struct conn *const somewhere = (struct conn *)&doors;
static void *const parcel = &doors;

static int
fresh(void **state)
{
	(void)state;
	doors_init(&doors);
	lanes_init(&lanes);
	return 0;
}

static int
emptied(void **state)
{
	struct door *d;

	(void)state;
	while ((d = TAILQ_FIRST(&doors.open)) != NULL ||
	       (d = TAILQ_FIRST(&doors.waiting)) != NULL)
		doors_free(&doors, d);
	return 0;
}

static struct door *
open_door(const char *owner)
{
	struct door *d = doors_get(&doors, owner, "");

	doors_begin(&doors, d);
	d->conn = somewhere;
	return d;
}

static void
an_owner_has_one_and_an_alias_its_own(void **state)
{
	struct door *ann = doors_get(&doors, "ann", "");

	(void)state;
	assert_ptr_equal(doors_get(&doors, "ann", ""), ann);
	assert_ptr_not_equal(doors_get(&doors, "ann", "list"), ann);
	assert_ptr_not_equal(doors_get(&doors, "bob", ""), ann);
	assert_ptr_equal(doors_get(&doors, "ann", ""), ann);
}

static void
those_that_wait_do_not_count(void **state)
{
	struct door *ann = doors_get(&doors, "ann", ""), *bob;

	(void)state;
	bob = doors_get(&doors, "bob", "");
	assert_int_equal(doors.count, 0);
	assert_ptr_equal(TAILQ_FIRST(&doors.waiting), ann);
	doors_begin(&doors, ann);
	assert_int_equal(doors.count, 1);
	assert_ptr_equal(TAILQ_FIRST(&doors.waiting), bob);
	doors_free(&doors, bob);
	assert_int_equal(doors.count, 1);
	doors_free(&doors, ann);
	assert_int_equal(doors.count, 0);
}

static void
the_least_used_one_is_spare(void **state)
{
	struct door *ann = open_door("ann"), *bob = open_door("bob");

	(void)state;
	assert_ptr_equal(doors_spare(&doors, NOW), ann);
	doors_use(&doors, ann, NOW);
	assert_ptr_equal(doors_spare(&doors, NOW), bob);
	doors_free(&doors, bob);
	assert_ptr_equal(doors_spare(&doors, NOW), ann);
	ann->conn = NULL;
	assert_null(doors_spare(&doors, NOW));
}

static void
one_that_is_busy_is_not(void **state)
{
	struct door *ann = open_door("ann"), *bob = open_door("bob");

	(void)state;
	ann->parcels.stqh_first = parcel;
	assert_ptr_equal(doors_spare(&doors, NOW), bob);
	bob->parcels.stqh_first = parcel;
	assert_null(doors_spare(&doors, NOW));
}

static void
half_a_letter_is_kept_if_there_is_another(void **state)
{
	struct door *ann = open_door("ann"), *bob = open_door("bob");

	(void)state;
	ann->partial = NOW + 1;
	assert_ptr_equal(doors_spare(&doors, NOW), bob);
	bob->partial = NOW + 1;
	assert_ptr_equal(doors_spare(&doors, NOW), ann);
	assert_ptr_equal(doors_spare(&doors, NOW + 1), ann);
}

static void
one_that_opened_for_mail_gets_it_first(void **state)
{
	struct lane *lane = lane_get(&lanes, "local:ann", true, 1);
	struct door *ann = open_door("ann");

	(void)state;
	door_serves(ann, lane);
	assert_null(doors_spare(&doors, NOW));
	doors_use(&doors, ann, NOW);
	assert_ptr_equal(doors_spare(&doors, NOW), ann);
	ann->fed = false;
	lane_drop(&lanes, lane);
	assert_ptr_equal(doors_spare(&doors, NOW), ann);
}

static void
a_lane_has_one_door(void **state)
{
	struct lane *lane = lane_get(&lanes, "local:ann", true, 1);
	struct door *ann = open_door("ann"), *bob = open_door("bob");

	(void)state;
	door_serves(ann, lane);
	door_serves(bob, lane);
	assert_true(LIST_EMPTY(&ann->lanes));
	assert_ptr_equal(LIST_FIRST(&bob->lanes), lane);
	door_serves(NULL, lane);
	assert_true(LIST_EMPTY(&bob->lanes));
	assert_null(lane->door);
	lane_drop(&lanes, lane);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fresh, emptied)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_owner_has_one_and_an_alias_its_own),
	    T(those_that_wait_do_not_count),
	    T(the_least_used_one_is_spare),
	    T(one_that_is_busy_is_not),
	    T(half_a_letter_is_kept_if_there_is_another),
	    T(one_that_opened_for_mail_gets_it_first),
	    T(a_lane_has_one_door),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
