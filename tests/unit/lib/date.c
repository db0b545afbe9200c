#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "date.h"

static const struct {
	const char *zone;
	time_t when;
	const char *rfc5322, *mbox;
} cases[] = {
    {"UTC0", 1795509000, "Tue, 24 Nov 2026 08:30:00 +0000",
	"Tue Nov 24 08:30:00 2026"},
    {"KST-9", 1795509000, "Tue, 24 Nov 2026 17:30:00 +0900",
	"Tue Nov 24 17:30:00 2026"},
    {"NST3:30", 1795509000, "Tue, 24 Nov 2026 05:00:00 -0330",
	"Tue Nov 24 05:00:00 2026"},
    {"UTC0", 0, "Thu, 1 Jan 1970 00:00:00 +0000", "Thu Jan  1 00:00:00 1970"},
    {"UTC0", INT64_MAX, "Thu, 1 Jan 1970 00:00:00 +0000",
	"Thu Jan  1 00:00:00 1970"},
};

static void
test_dates(void **state)
{
	char out[DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		date_rfc5322(out, sizeof(out), cases[i].when);
		assert_string_equal(out, cases[i].rfc5322);
		date_mbox(out, sizeof(out), cases[i].when);
		assert_string_equal(out, cases[i].mbox);
	}
}

static void
test_a_small_buffer_cuts(void **state)
{
	char out[5];

	(void)state;
	date_mbox(out, sizeof(out), 0);
	assert_int_equal(out[4], '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_a_small_buffer_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
