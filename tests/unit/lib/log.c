/* log: nothing a stranger sent can start a line or a field. */
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
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

static unsigned soon_calls;

static void
soon(void)
{
	soon_calls++;
}

/* Must be last: there is no way back. */
static void
held_lines_go_out_in_one(void **state)
{
	static char much[PIPE_BUF], got[3 * PIPE_BUF];
	int saved = dup(STDERR_FILENO), pipes[2], status;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(fcntl(pipes[0], F_SETFL, O_NONBLOCK), 0);
	dup2(pipes[1], STDERR_FILENO);
	log_hold(soon);
	log_event("one", NULL);
	log_event("two", NULL);
	if (fork() == 0) {
		log_event("child", NULL);
		_exit(0);
	}
	wait(&status);
	assert_int_equal(read(pipes[0], got, sizeof(got)), 6);
	assert_memory_equal(got, "child\n", 6);
	log_flush();
	assert_int_equal(read(pipes[0], got, sizeof(got)), 8);
	assert_memory_equal(got, "one\ntwo\n", 8);
	assert_int_equal(soon_calls, 1);
	/* What does not fit goes out in order. */
	memset(much, 'x', PIPE_BUF - 10);
	log_event("three", NULL);
	log_event("much", "a", much, NULL);
	assert_int_equal(read(pipes[0], got, sizeof(got)), 6);
	memset(much, 'y', PIPE_BUF - 1);
	log_event("more", "a", much, NULL);
	log_flush();
	dup2(saved, STDERR_FILENO);
	assert_int_equal(read(pipes[0], got, sizeof(got)),
	    (PIPE_BUF - 10 + 8) + (PIPE_BUF - 1 + 8));
	assert_memory_equal(got, "much a=x", 8);
	assert_int_equal(soon_calls, 3);
	close(pipes[0]);
	close(pipes[1]);
	close(saved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_stays_in_its_field),
	    cmocka_unit_test(held_lines_go_out_in_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
