#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "strain.h"

static const struct {
	const char *in;
	bool dots;
	const char *out;
	bool ended;
} cases[] = {
    {"", true, "", false},
    {"a\nb\n", true, "a\nb\n", false},
    {"a\r\nb\r\n", true, "a\nb\n", false},
    {"a\n.\nb\n", true, "a\n", true},
    {"a\r\n.\r\nb", true, "a\n", true},
    {".\nb\n", true, "", true},
    {"a\n.\nb\n", false, "a\n.\nb\n", false},
    {"a\n..\nb\n", true, "a\n..\nb\n", false},
    {"a\n.b\n", true, "a\n.b\n", false},
    {"a.\nb\n", true, "a.\nb\n", false},
    {"a\n. \nb\n", true, "a\n. \nb\n", false},
    {"a\rb\n", true, "a b\n", false},
    {"a\r\r\nb\n", true, "a \nb\n", false},
    {"a\r.\rb\n", true, "a . b\n", false},
    {"a\n.\rb\n", true, "a\n. b\n", false},
    {"a\r.\r\nb\n", true, "a .\nb\n", false},
    {"a\n\r.\n", true, "a\n .\n", false},
    {"a\n.", true, "a\n", false},
    {"a\r", true, "a", false},
};

/* Whole, and byte by byte: the cut must not matter. */
static void
test_lines(void **state)
{
	struct strain s;
	char out[64];
	size_t len, step;
	long n;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		len = strlen(cases[i].in);
		for (step = 1; step <= len + 1; step++) {
			strain_init(&s, cases[i].dots);
			n = 0;
			for (size_t at = 0; at < len; at += step)
				n += strain_bytes(&s, cases[i].in + at,
				    step < len - at ? step : len - at, out + n);
			out[n] = '\0';
			assert_string_equal(out, cases[i].out);
			assert_int_equal(s.ended, cases[i].ended);
		}
	}
}

static void
test_nul_is_refused(void **state)
{
	struct strain s;
	char out[16];

	(void)state;
	strain_init(&s, true);
	assert_int_equal(strain_bytes(&s, "a\0b", 3, out), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_nul_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
