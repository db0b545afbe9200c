#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"

/* wait(2)'s status of an exit, and of a signal. */
#define EXITED(code) ((code) << 8)
#define KILLED(sig)  (sig)

static const struct {
	int status;
	const char *output;
	enum fate_class class;
	const char *status_code, *text;
} ends[] = {
    {EXITED(0), "", FATE_DONE, "2.0.0", "program exit 0"},
    {EXITED(0), "hello\n", FATE_DONE, "2.0.0", "program exit 0: hello"},
    {EXITED(99), "", FATE_DONE, "2.0.0", "program exit 99"},
    {EXITED(75), "later\n", FATE_DEFERRED, "4.3.0", "program exit 75: later"},
    {EXITED(111), "", FATE_DEFERRED, "4.3.0", "program exit 111"},
    {EXITED(71), "", FATE_DEFERRED, "4.3.0", "program exit 71"},
    {EXITED(74), "", FATE_DEFERRED, "4.3.0", "program exit 74"},
    {EXITED(1), "\n\n no \x1b[31m\nsecond\n", FATE_FAILED, "5.3.0",
	"program exit 1: no ?[31m"},
    {EXITED(100), "", FATE_FAILED, "5.3.0", "program exit 100"},
    {EXITED(64), "", FATE_FAILED, "5.3.0", "program exit 64"},
    {EXITED(67), "", FATE_FAILED, "5.1.1", "program exit 67"},
    {EXITED(77), "", FATE_FAILED, "5.7.0", "program exit 77"},
    {EXITED(127), "sh: 1: vacatoin: not found", FATE_FAILED, "5.3.0",
	"program exit 127: sh: 1: vacatoin: not found"},
    {KILLED(SIGKILL), "x", FATE_DEFERRED, "4.3.0",
	"program ended by signal 9: x"},
    {KILLED(SIGSEGV), "", FATE_DEFERRED, "4.3.0", "program ended by signal 11"},
};

static void
test_what_an_exit_means(void **state)
{
	struct fate f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		program_judge(ends[i].status, ends[i].output, &f);
		assert_int_equal(f.class, ends[i].class);
		assert_string_equal(f.status, ends[i].status_code);
		assert_string_equal(f.text, ends[i].text);
	}
}

static void
test_a_strangers_address_has_no_odd_bytes(void **state)
{
	char out[16];

	(void)state;
	program_tame(out, sizeof(out), "() { :;}; x\n");
	assert_string_equal(out, "_____:____x_");
	program_tame(out, sizeof(out), "-rf@x");
	assert_string_equal(out, "_rf@x");
	program_tame(out, sizeof(out), "a+b@c-d.e_=%/");
	assert_string_equal(out, "a+b@c-d.e_=%/");
	program_tame(out, sizeof(out), "`$'\"\\|&;<>\xc3*?");
	assert_string_equal(out, "_____________");
	program_tame(out, sizeof(out), "aaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(strlen(out), sizeof(out) - 1);
}

static bool shell = true;

/* Run a command with a letter on its standard input. */
static void
run(const char *command, unsigned seconds, struct fate *f)
{
	struct program p = {.command = command,
	    .shell = shell,
	    .account = "kim",
	    .home = "/",
	    .seconds = seconds};
	struct letter l;

	letter_init(&l);
	assert_int_equal(record_add(&l.record, "sender", "s$x@y"), 0);
	assert_int_equal(record_add(&l.record, "recipient", "kim+e@z"), 0);
	assert_int_equal(record_add(&l.record, "extension", "e"), 0);
	if ((l.bytes = strdup("A: b\n\nFrom me\n")) == NULL)
		abort();
	l.length = strlen(l.bytes);
	program_run(&p, &l, f);
	letter_free(&l);
}

static void
assert_says(const char *command, enum fate_class class, const char *text)
{
	struct fate f;

	run(command, 60, &f);
	assert_string_equal(f.text, text);
	assert_int_equal(f.class, class);
}

static void
test_it_gets_the_letter_with_its_head(void **state)
{
	(void)state;
	assert_says("head -n 1 | cut -d ' ' -f 1,2", FATE_DONE,
	    "program exit 0: From s$x@y");
	assert_says("sed 1d | tr '\\n' ';'", FATE_DONE,
	    "program exit 0: Return-Path: <s$x@y>;Delivered-To: kim+e@z;"
	    "A: b;;From me;");
}

static void
test_its_environment_is_ours_alone(void **state)
{
	(void)state;
	setenv("LD_PRELOAD", "/nonexistent.so", 1);
	assert_says("echo $USER $HOME $SENDER $RECIPIENT $EXTENSION "
		    "${LD_PRELOAD-none}",
	    FATE_DONE, "program exit 0: kim / s_x@y kim+e@z e none");
	unsetenv("LD_PRELOAD");
}

static void
test_no_descriptor_but_three_is_left_to_it(void **state)
{
	(void)state;
	assert_says("for i in 3 4 5 6 7 8 9; do "
		    "[ -e /proc/$$/fd/$i ] && echo $i; done; echo none",
	    FATE_DONE, "program exit 0: none");
}

/* M10, to the test of what it leaves behind. */
static void
test_it_need_not_read(void **state)
{
	(void)state;
	assert_says("exec <&-; exit 3", FATE_FAILED, "program exit 3");
	assert_says("echo no >&2; exit 67", FATE_FAILED, "program exit 67: no");
}

static void
test_it_may_talk_as_much_as_it_likes(void **state)
{
	struct fate f;

	(void)state;
	run("yes xx | head -c 1000000000; exit 75", 60, &f);
	assert_string_equal(f.text, "program exit 75: xx");
	assert_int_equal(f.class, FATE_DEFERRED);
}

static void
test_it_is_killed_when_it_takes_too_long(void **state)
{
	struct fate f;

	(void)state;
	run("trap '' TERM; while :; do sleep 100; done", 1, &f);
	assert_int_equal(f.class, FATE_DEFERRED);
	assert_non_null(strstr(f.text, "takes longer than 1 seconds"));
}

/* A child that keeps our pipe open is not waited for, and does not stay. */
static void
test_what_it_leaves_behind_ends_with_it(void **state)
{
	time_t begun = time(NULL);
	struct fate f;
	long pid;
	int tries;

	(void)state;
	run("sleep 1000 & echo $!", 60, &f);
	assert_int_equal(f.class, FATE_DONE);
	assert_true(time(NULL) - begun < 50);
	assert_int_equal(sscanf(f.text, "program exit 0: %ld", &pid), 1);
	/* It was killed; init may take a moment to reap it. */
	for (tries = 0; tries < 1000 && kill((pid_t)pid, 0) == 0; tries++) {
		char name[64], line[256] = "";
		int fd;

		(void)snprintf(name, sizeof(name), "/proc/%ld/stat", pid);
		if ((fd = open(name, O_RDONLY)) != -1) {
			assert_true(read(fd, line, sizeof(line) - 1) >= 0);
			close(fd);
		}
		if (strstr(line, ") Z ") != NULL || line[0] == '\0')
			return;
		usleep(10000);
	}
	assert_true(tries < 1000);
}

static void
test_the_command_of_an_alias_meets_no_shell(void **state)
{
	(void)state;
	shell = false;
	assert_says("printf '%s.' 'a;b' \\$HOME *", FATE_DONE,
	    "program exit 0: a;b.$HOME.*.");
	assert_says("cat; id", FATE_DEFERRED,
	    "|cat; id: ; & | < > ( ) $ ` need a shell, and there is none");
	assert_says("/nonexistent/prog", FATE_DEFERRED,
	    "program exit 111: program.t: /nonexistent/prog: No such file or "
	    "directory");
	assert_says("/bin/sh -c 'ulimit -c; exit 67'", FATE_FAILED,
	    "program exit 67: 0");
	shell = true;
}

static void
test_what_it_may_use_has_limits(void **state)
{
	(void)state;
	assert_says("ulimit -c", FATE_DONE, "program exit 0: 0");
	assert_says("ulimit -t", FATE_DONE, "program exit 0: 60");
	assert_says("ulimit -d", FATE_DONE, "program exit 0: 1048576");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_an_exit_means),
	    cmocka_unit_test(test_a_strangers_address_has_no_odd_bytes),
	    cmocka_unit_test(test_it_gets_the_letter_with_its_head),
	    cmocka_unit_test(test_its_environment_is_ours_alone),
	    cmocka_unit_test(test_no_descriptor_but_three_is_left_to_it),
	    cmocka_unit_test(test_it_need_not_read),
	    cmocka_unit_test(test_it_may_talk_as_much_as_it_likes),
	    cmocka_unit_test(test_it_is_killed_when_it_takes_too_long),
	    cmocka_unit_test(test_what_it_leaves_behind_ends_with_it),
	    cmocka_unit_test(test_the_command_of_an_alias_meets_no_shell),
	    cmocka_unit_test(test_what_it_may_use_has_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
