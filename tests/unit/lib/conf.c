/* conf: a setting is understood, or the program ends and says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"
#include "exits.h"

static char dir[] = "/tmp/conf.XXXXXX";

static void
put(const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/x", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The exit status of a child that reads the setting. */
static int
status_of(const char *text, void (*reading)(void))
{
	int status;
	pid_t pid;

	put(text);
	if ((pid = fork()) == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		reading();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void
reading_number(void)
{
	(void)conf_number(dir, "x", 1, 2048, 5);
}

static void
reading_line(void)
{
	char line[8];

	(void)conf_line(dir, "x", NULL, line, sizeof(line));
}

static void
reading_me(void)
{
	char line[64];

	conf_me(dir, line, sizeof(line));
}

static void
a_number_may_have_a_unit(void **state)
{
	(void)state;
	put("# so many\n\n  2K  \n");
	assert_int_equal(conf_number(dir, "x", 1, 4096, 5), 2048);
	put("5d\n");
	assert_int_equal(conf_seconds(dir, "x", 1, 1000000, 5), 432000);
	put("");
	assert_int_equal(conf_number(dir, "x", 1, 4096, 5), 5);
	assert_int_equal(conf_number(dir, "absent", 1, 4096, 7), 7);
}

static void
nonsense_ends_the_program_for_good(void **state)
{
	static const char *const numbers[] = {"x\n", "-1\n", "0\n", "4096\n",
	    "1KK\n", "1\n2\n", "99999999999999999999\n", "1 2\n"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (status_of(numbers[i], reading_number) != EXIT_PERM)
			fail_msg("%s", numbers[i]);
	assert_int_equal(status_of("5\n", reading_number), 0);
	assert_int_equal(status_of("12345678\n", reading_line), EXIT_PERM);
	assert_int_equal(status_of("1234567\n", reading_line), 0);
}

static void
a_unit_belongs_to_its_kind(void **state)
{
	static const struct {
		const char *text;
		bool seconds;
		uint64_t want; /* 0: none */
	} rows[] = {{"5", false, 5}, {"5K", false, 5120},
	    {"1G", false, 1 << 30}, {"5d", false, 0}, {"5d", true, 432000},
	    {"2w", true, 1209600}, {"5K", true, 0}, {"", true, 0},
	    {"d", true, 0}, {"5 d", true, 0}, {"+5", true, 0},
	    {"0x5", false, 0}, {"5dd", true, 0},
	    {"18446744073709551615K", false, 0}};
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		n = 0;
		if (conf_parse(rows[i].text, rows[i].seconds, &n) !=
			(rows[i].want != 0) ||
		    (rows[i].want != 0 && n != rows[i].want))
			fail_msg("%s", rows[i].text);
	}
}

static void
a_host_name_is_checked(void **state)
{
	char path[64], to[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/x", dir);
	snprintf(to, sizeof(to), "%s/me", dir);
	put("mail example\n");
	assert_int_equal(rename(path, to), 0);
	assert_int_equal(status_of("", reading_me), EXIT_PERM);
	put("mail.example.org\n");
	assert_int_equal(rename(path, to), 0);
	assert_int_equal(status_of("", reading_me), 0);
}

static void
reading_switch(void)
{
	(void)conf_switch(dir, "x", false);
}

static void
a_switch_is_a_file(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/x", dir);
	unlink(path);
	assert_true(conf_switch(dir, "x", true));
	assert_false(conf_switch(dir, "x", false));
	put("");
	assert_true(conf_switch(dir, "x", false));
	put("# why\nYes\n");
	assert_true(conf_switch(dir, "x", false));
	put("no\n");
	assert_false(conf_switch(dir, "x", true));
	assert_int_equal(status_of("maybe\n", reading_switch), EXIT_PERM);
	assert_int_equal(status_of("no\n", reading_switch), 0);
}

static int
tidy(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "%s/x", dir);
	unlink(command);
	snprintf(command, sizeof(command), "%s/me", dir);
	unlink(command);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_may_have_a_unit),
	    cmocka_unit_test(nonsense_ends_the_program_for_good),
	    cmocka_unit_test(a_unit_belongs_to_its_kind),
	    cmocka_unit_test(a_host_name_is_checked),
	    cmocka_unit_test(a_switch_is_a_file),
	};

	if (mkdtemp(dir) == NULL)
		return EXIT_TEMP;
	return cmocka_run_group_tests(tests, NULL, tidy);
}
