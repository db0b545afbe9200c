#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "account.h"

/* M11 */
static void
test_names_that_may_be_a_path_and_an_argument(void **state)
{
	static const char *const good[] = {"kim", "k", "info-list", "a.b",
	    "\xea\xb9\x80", "machine$", "lock", "x+y"};
	static const char *const bad[] = {"", "-rf", ".", "..", ".kim", "a/b",
	    "/", "a:b", "a b", "a\tb", "a\nb", "a\177", "kim.lock"};
	char name[400];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(account_name(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(account_name(bad[i]));
	memset(name, 'a', sizeof(name));
	name[300] = '\0';
	assert_false(account_name(name));
	name[ACCOUNT_SIZE - 1] = '\0';
	assert_true(account_name(name));
}

static void
test_lines_of_mailboxes(void **state)
{
	static const struct {
		const char *value, *path, *owner;
	} lines[] = {
	    {"/home/kim/Maildir/ kim", "/home/kim/Maildir/", "kim"},
	    {"  /var/mail/a\t kim  ", "/var/mail/a", "kim"},
	    {"/srv/my mail/info kim", "/srv/my mail/info", "kim"},
	    {"/x", NULL, NULL},
	    {"/ kim", NULL, NULL},
	    {"kim", NULL, NULL},
	    {"", NULL, NULL},
	    {" ", NULL, NULL},
	    {"relative/path kim", NULL, NULL},
	    {"/x -rf", NULL, NULL},
	    {"/x a/b", NULL, NULL},
	    {"/x\001y kim", NULL, NULL},
	};
	struct account_mailbox m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (lines[i].path == NULL) {
			assert_int_equal(account_parse(lines[i].value, &m), -1);
			continue;
		}
		assert_int_equal(account_parse(lines[i].value, &m), 0);
		assert_string_equal(m.path, lines[i].path);
		assert_string_equal(m.owner, lines[i].owner);
	}
}

static void
test_an_overlong_path_or_owner_is_refused(void **state)
{
	char value[MAP_VALUE];
	struct account_mailbox m;

	(void)state;
	memset(value, 'a', sizeof(value));
	value[0] = '/';
	(void)strlcpy(value + PATH_SIZE, " kim", 5);
	assert_int_equal(account_parse(value, &m), -1);
	(void)strlcpy(value + PATH_SIZE - 1, " kim", 5);
	assert_int_equal(account_parse(value, &m), 0);
	memset(value, 'a', sizeof(value));
	value[0] = '/';
	value[2] = ' ';
	value[300] = '\0';
	assert_int_equal(account_parse(value, &m), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_that_may_be_a_path_and_an_argument),
	    cmocka_unit_test(test_lines_of_mailboxes),
	    cmocka_unit_test(test_an_overlong_path_or_owner_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
