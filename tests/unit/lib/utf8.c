#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static const struct {
	const char *text;
	uint32_t code; /* of the first character; 0: malformed */
} cases[] = {
    {"a", 'a'},
    {"\xc2\x80", 0x80},
    {"\xc3\xbc", 0xfc},
    {"\xe0\xa0\x80", 0x800},
    {"\xe3\x80\x82", 0x3002},
    {"\xef\xbf\xbf", 0xffff},
    {"\xf0\x90\x80\x80", 0x10000},
    {"\xf4\x8f\xbf\xbf", 0x10ffff},
    {"\xf4\x90\x80\x80", 0},
    {"\xc0\xaf", 0}, /* C33: overlong */
    {"\xc1\xbf", 0},
    {"\xe0\x9f\xbf", 0},
    {"\xf0\x8f\xbf\xbf", 0},
    {"\xed\xa0\x80", 0}, /* C33: a surrogate */
    {"\xed\xbf\xbf", 0},
    {"\x80", 0},
    {"\xbf", 0},
    {"\xc3", 0},
    {"\xc3z", 0},
    {"\xe3\x80", 0},
    {"\xf8\x88\x80\x80\x80", 0},
    {"\xff", 0},
};

static void
test_characters(void **state)
{
	uint32_t code;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = utf8_next(cases[i].text, &code);
		if (len != (cases[i].code == 0 ? 0 : strlen(cases[i].text)) ||
		    (len > 0 && code != cases[i].code) ||
		    utf8_is_valid(cases[i].text) != (cases[i].code != 0))
			fail_msg("case %zu: %zu %x", i, len, code);
	}
	assert_int_equal(utf8_next("", &code), 0);
	assert_true(utf8_is_valid(""));
	assert_true(utf8_is_valid("a\xc3\xbc.b"));
	assert_false(utf8_is_valid("ab\xc3"));
	assert_true(utf8_is_ascii("ab~"));
	assert_false(utf8_is_ascii("a\xc3\xbc"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_characters)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
