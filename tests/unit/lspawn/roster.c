/* roster: who is remembered, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "roster.h"

#define NOW 1000

static struct roster roster;

static int
emptied(void **state)
{
	(void)state;
	roster_empty(&roster);
	return 0;
}

static void
keep(const char *name, uid_t uid)
{
	char copy[32], home[64];
	struct passwd pw = {.pw_name = copy, .pw_dir = home};

	snprintf(copy, sizeof(copy), "%s", name);
	snprintf(home, sizeof(home), "/home/%s", name);
	pw.pw_uid = uid;
	pw.pw_gid = uid + 1;
	roster_keep(&roster, &pw, NOW);
}

static void
all_of_an_account_is_remembered(void **state)
{
	const struct passwd *pw;

	(void)state;
	assert_null(roster_find(&roster, "ann", NOW));
	keep("ann", 7);
	pw = roster_find(&roster, "ann", NOW);
	assert_non_null(pw);
	assert_string_equal(pw->pw_name, "ann");
	assert_string_equal(pw->pw_dir, "/home/ann");
	assert_int_equal(pw->pw_uid, 7);
	assert_int_equal(pw->pw_gid, 8);
	assert_null(roster_find(&roster, "an", NOW));
	assert_null(roster_find(&roster, "anna", NOW));
}

static void
not_for_long(void **state)
{
	(void)state;
	keep("ann", 7);
	assert_non_null(roster_find(&roster, "ann", NOW + ROSTER_LIFETIME - 1));
	assert_null(roster_find(&roster, "ann", NOW + ROSTER_LIFETIME));
}

static void
what_changed_replaces_what_was(void **state)
{
	(void)state;
	keep("ann", 7);
	keep("ann", 9);
	assert_int_equal(roster_find(&roster, "ann", NOW)->pw_uid, 9);
}

/* More than there are seats: each finds itself or nobody, never another. */
static void
nobody_is_taken_for_another(void **state)
{
	const struct passwd *pw;
	char name[32];
	uid_t i;
	int found = 0;

	(void)state;
	for (i = 0; i < 3 * ROSTER_SIZE; i++) {
		snprintf(name, sizeof(name), "%uuser", i);
		keep(name, i);
	}
	for (i = 0; i < 3 * ROSTER_SIZE; i++) {
		snprintf(name, sizeof(name), "%uuser", i);
		if ((pw = roster_find(&roster, name, NOW)) == NULL)
			continue;
		assert_int_equal(pw->pw_uid, i);
		found++;
	}
	assert_in_range(found, ROSTER_SIZE / 2, ROSTER_SIZE);
}

#define T(f) cmocka_unit_test_teardown(f, emptied)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(all_of_an_account_is_remembered),
	    T(not_for_long),
	    T(what_changed_replaces_what_was),
	    T(nobody_is_taken_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
