/* log: nothing a stranger sent can start a line or a field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

static const struct {
	const char *value, *line;
} rows[] = {
    {"plain", "event a=plain z=1\n"},
    {"two words", "event a=\"two words\" z=1\n"},
    {"x\nevil a=b", "event a=\"x\\x0aevil a=b\" z=1\n"},
    {"\r", "event a=\\x0d z=1\n"},
    {"\" b=\"", "event a=\"\\x22 b=\\x22\" z=1\n"},
    {"\x1b[31m", "event a=\\x1b[31m z=1\n"},
    {"\xff", "event a=\\xff z=1\n"},
    {"back\\slash", "event a=\"back\\x5cslash\" z=1\n"},
    {"a=b", "event a=\"a=b\" z=1\n"},
    {"", "event z=1\n"},
    {NULL, "event z=1\n"},
};

static void
a_value_stays_in_its_field(void **state)
{
	char got[256];
	ssize_t len;
	size_t i;
	int saved = dup(STDERR_FILENO), pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		dup2(pipes[1], STDERR_FILENO);
		log_event(
		    "event", "a", rows[i].value, "z", log_number(1), NULL);
		dup2(saved, STDERR_FILENO);
		len = read(pipes[0], got, sizeof(got) - 1);
		got[len] = '\0';
		assert_string_equal(got, rows[i].line);
	}
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_stays_in_its_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
