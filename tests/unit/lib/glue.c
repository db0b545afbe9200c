/* glue: texts behind each other, and what does not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "glue.h"

static void
texts_stand_behind_each_other(void **state)
{
	char text[8];

	(void)state;
	assert_true(glue(text, sizeof(text), NULL));
	assert_string_equal(text, "");
	assert_true(glue(text, sizeof(text), "a", "", "@", "bcd", NULL));
	assert_string_equal(text, "a@bcd");
	assert_true(glue(text, sizeof(text), "1234", "567", NULL));
	assert_string_equal(text, "1234567");
}

static void
what_does_not_fit_is_cut(void **state)
{
	char text[9];

	(void)state;
	memset(text, '#', sizeof(text));
	assert_false(glue(text, 8, "1234", "5678", "9", NULL));
	assert_string_equal(text, "1234567");
	assert_int_equal(text[8], '#');
	assert_false(glue(text, 1, "a", NULL));
	assert_string_equal(text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_stand_behind_each_other),
	    cmocka_unit_test(what_does_not_fit_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
