/* space: when little is too little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"

static const struct {
	uint64_t left, all;
	const char *verdict;
} rows[] = {
    {0, 0, NULL}, /* not counted */
    {0, 1000, "error"},
    {99, 1000, "error"},
    {100, 1000, "warning"},
    {499, 1000, "warning"},
    {500, 1000, NULL},
    {600, 20000, "warning"}, /* less than a twentieth */
    {1000, 20000, NULL},
};

static void
little_is_told(void **state)
{
	const char *got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		got = space_verdict(rows[i].left, rows[i].all, 500, 100);
		if (rows[i].verdict == NULL)
			assert_null(got);
		else
			assert_string_equal(got, rows[i].verdict);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(little_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
