#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "header.h"

/* A header, and its fields as "name=value|" with where it ends. */
static const struct {
	const char *text, *fields;
	size_t end;
} cases[] = {
    {"", "", 0},
    {"\nbody\n", "", 0},
    {"Subject: x\n\nbody\n", "Subject=x|", 11},
    {"Subject: x", "Subject=x|", 10},
    {"A:\n", "A=|", 3},
    {"A: b\n c\n\td\nB: e\n\n", "A=b c\td|B=e|", 16},
    {"Received : by x\n\n", "Received=by x|", 16},
    {"A: b\nno field\nC: d\n", "A=b|", 5},
    {" A: b\n\n", "", 0},
    {": b\n\n", "", 0},
    {"From kim Tue Nov 24\nA: b\n", "", 0},
    {"A: b\n\x80: c\n", "A=b|", 5},
    {"A:  b  \n \n\n", "A=b|", 10},
};

static void
test_fields(void **state)
{
	struct header_field field;
	char got[256], *value;
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got[0] = '\0';
		at = 0;
		while (header_next(
		    cases[i].text, strlen(cases[i].text), &at, &field)) {
			value = header_value(&field);
			snprintf(got + strlen(got), sizeof(got) - strlen(got),
			    "%.*s=%s|", (int)field.name_len, field.text, value);
			free(value);
		}
		assert_string_equal(got, cases[i].fields);
		assert_int_equal(at, cases[i].end);
	}
}

static void
test_received_is_counted_in_the_header_alone(void **state)
{
	const char text[] = "Received: a\nRECEIVED: b\nreceived : c\n"
			    "X-Received: d\nSubject: e\n Received: f\n\n"
			    "Received: g\n";

	(void)state;
	assert_int_equal(header_count(text, sizeof(text) - 1, "Received"), 3);
}

static void
test_the_text_need_not_end_in_nul(void **state)
{
	char text[] = {'A', ':'};
	struct header_field field;
	size_t at = 0;

	(void)state;
	assert_int_equal(header_next(text, sizeof(text), &at, &field), 1);
	assert_int_equal(field.value_len, 0);
	assert_true(header_is(&field, "a"));
	assert_false(header_is(&field, "ab"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_received_is_counted_in_the_header_alone),
	    cmocka_unit_test(test_the_text_need_not_end_in_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
