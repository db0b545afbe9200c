#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dsn.h"

static const struct {
	const char *text;
	int bits; /* -1: none */
} notifies[] = {
    {"NEVER", 0},
    {"never", 0},
    {"SUCCESS", DSN_SUCCESS},
    {"failure,Delay", DSN_FAILURE | DSN_DELAY},
    {"DELAY,SUCCESS,FAILURE", 7},
    {"", -1},
    {",", -1},
    {"SUCCESS,", -1},
    {",SUCCESS", -1},
    {"NEVER,FAILURE", -1}, /* C29 */
    {"SUCCESS,SUCCESS", -1},
    {"SUCCESSES", -1},
    {"SUCCESS DELAY", -1},
};

static void
test_notify(void **state)
{
	unsigned bits;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof(notifies) / sizeof(notifies[0]); i++) {
		got = dsn_notify(notifies[i].text, &bits);
		if ((got == -1 ? -1 : (int)bits) != notifies[i].bits)
			fail_msg("%s: %d %u", notifies[i].text, got, bits);
	}
	assert_int_equal(dsn_wants(NULL), DSN_DEFAULT);
	assert_int_equal(dsn_wants("NEVER"), 0);
}

static const struct {
	const char *text, *plain; /* NULL: no xtext */
} xtexts[] = {
    {"abc", "abc"},
    {"a+2Bb", "a+b"},
    {"+3D", "="},
    {"a+20b", "a b"},
    {"a+0D+0Ab", "a\r\nb"},
    {"a+0d", NULL},
    {"a+", NULL},
    {"a+2", NULL},
    {"a+2+2B", NULL},
    {"a=b", NULL},
    {"a b", NULL},
    {"a\xc3\xa9", NULL},
    {"a+00b", NULL}, /* decodes to what ends strings */
    {"", ""},
};

static void
test_xtext(void **state)
{
	char out[32], again[32];
	size_t i;
	bool ok;

	(void)state;
	for (i = 0; i < sizeof(xtexts) / sizeof(xtexts[0]); i++) {
		ok = xtext_decode(xtexts[i].text, out, sizeof(out));
		if (ok != (xtexts[i].plain != NULL) ||
		    (ok && strcmp(out, xtexts[i].plain) != 0))
			fail_msg("%s: %d", xtexts[i].text, ok);
		if (!ok)
			continue;
		assert_true(xtext_encode(out, again, sizeof(again)));
		assert_string_equal(again, xtexts[i].text);
	}
	assert_false(xtext_decode("abcd", out, 4));
	assert_true(xtext_decode("abc", out, 4));
	assert_false(xtext_encode("a b", out, 4));
}

static void
test_envid_and_orcpt(void **state)
{
	char text[600];

	(void)state;
	assert_true(dsn_is_envid("QQ314159"));
	assert_false(dsn_is_envid(""));
	assert_false(dsn_is_envid("a+0d"));
	memset(text, 'x', sizeof(text));
	text[101] = '\0';
	assert_false(dsn_is_envid(text));
	text[100] = '\0';
	assert_true(dsn_is_envid(text));
	assert_true(dsn_is_orcpt("rfc822;kim+2Blist@example.org"));
	assert_false(dsn_is_orcpt("rfc822;a+0d+0aX:+20y")); /* C28 */
	assert_false(dsn_is_orcpt("rfc822;"));
	assert_false(dsn_is_orcpt(";kim@example.org"));
	assert_false(dsn_is_orcpt("kim@example.org"));
	assert_true(dsn_is_ret("hdrs") && dsn_is_ret("FULL"));
	assert_false(dsn_is_ret("HALF"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_notify),
	    cmocka_unit_test(test_xtext),
	    cmocka_unit_test(test_envid_and_orcpt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
