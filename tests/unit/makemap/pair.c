/* pair: a line of a table's source, as sendmail's makemap reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"

static const struct pair_rules normal = {'#', '\0', true, false};
static const struct pair_rules by_comma = {'#', ',', true, false};
static const struct pair_rules kept = {';', '\0', false, true};

static const struct {
	const struct pair_rules *rules;
	const char *text;
	int got;
	const char *key, *value; /* or the reason */
} rows[] = {
    {&normal, "co.ki RELAY", 1, "co.ki", "RELAY"},
    {&normal, "Co.KI\t \tRELAY", 1, "co.ki", "RELAY"},
    {&normal, "\xc9\x41 v", 1, "\xc9\x61", "v"},
    {&normal, "", 0, NULL, NULL},
    {&normal, "# x y", 0, NULL, NULL},
    {&normal, "a b #c", 1, "a", "b #c"},
    {&normal, "ok v with  spaces  ", 1, "ok", "v with  spaces  "},
    {&normal, "foo\tbar\tbaz", 1, "foo", "bar\tbaz"},
    {&normal, "foo\v\f\rbar", 1, "foo", "bar"},
    {&normal, "a RELAY\r", 1, "a", "RELAY\r"},
    {&normal, "a RELAY \r \r", 1, "a", "RELAY \r \r"},
    {&normal, ";c y", 1, ";c", "y"},
    {&normal, "\"a b\" c", 1, "\"a", "b\" c"},
    {&normal, " lead x", -1, NULL, "syntax error (leading space)"},
    {&normal, "\t", -1, NULL, "syntax error (leading space)"},
    {&normal, "norhs", -1, "norhs", "no RHS for LHS"},
    {&normal, "norhs2 \t", -1, "norhs2", "no RHS for LHS"},
    {&normal, "c\r", -1, "c", "no RHS for LHS"},
    {&normal, "a ERROR:550 x\r250 ok", -1, "a", "bare CR in the RHS of"},
    {&by_comma, "a b , c d", 1, "a b ", " c d"},
    {&by_comma, " lead,x", 1, " lead", "x"},
    {&by_comma, "a,,y", 1, "a", "y"},
    {&by_comma, ",empty", 1, "", "empty"},
    {&by_comma, "none", -1, "none", "no RHS for LHS"},
    {&kept, "KEY", 1, "KEY", ""},
    {&kept, ";KEY", 0, NULL, NULL},
    {&kept, "#KEY v", 1, "#KEY", "v"},
};

static void
lines_are_keys_and_values(void **state)
{
	char text[PAIR_SIZE];
	struct pair p;
	size_t i;
	int got;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strlcpy(text, rows[i].text, sizeof(text));
		got = pair_parse(text, strlen(text), rows[i].rules, &p);
		if (got != rows[i].got)
			fail_msg("%s: %d", rows[i].text, got);
		if (got == 0)
			continue;
		assert_string_equal(
		    got == 1 ? p.value : p.reason, rows[i].value);
		if (rows[i].key != NULL)
			assert_string_equal(p.key, rows[i].key);
		assert_int_equal(got == -1 && rows[i].key != NULL, p.with_key);
	}
}

static void
a_nul_is_refused(void **state)
{
	char text[] = "a\0b c";
	struct pair p;

	(void)state;
	assert_int_equal(pair_parse(text, 5, &normal, &p), -1);
	assert_string_equal(p.reason, "syntax error (NUL byte)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_are_keys_and_values),
	    cmocka_unit_test(a_nul_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
