#include <errno.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "door.h"
#include "mapmake.h"

static char folder[32], table[PATH_SIZE];
static struct door door;

/* An account whose local may run: our own, or one that is not root. */
static const char *
somebody(void)
{
	static char name[ACCOUNT_SIZE] = "nobody";
	const struct passwd *pw;

	if (geteuid() != 0 && (pw = getpwuid(geteuid())) != NULL)
		(void)strlcpy(name, pw->pw_name, sizeof(name));
	return name;
}

static void
put(struct mapmake *m, const char *key, const char *value)
{
	assert_int_equal(mapmake_put(m, key, strlen(key), value, strlen(value),
			     MAPMAKE_KEEP),
	    0);
}

static int
setup(void **state)
{
	char value[256];
	struct mapmake *m;

	(void)state;
	(void)strlcpy(folder, "/tmp/door.XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		return -1;
	path_join(table, folder, "mailboxes.cdb");
	assert_non_null(m = mapmake_begin(table, false));
	(void)snprintf(value, sizeof(value), "/x/info/ %s", somebody());
	put(m, "info", value);
	put(m, "boss", "/x/boss root");
	put(m, "gone", "/x/gone no-such-user-here");
	put(m, "odd", "nonsense");
	assert_int_equal(mapmake_commit(m), 0);
	door_open(&door, folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	map_close(door.mailboxes);
	map_close(door.aliases);
	roster_empty(&door.roster);
	unlink(table);
	return rmdir(folder);
}

static void
test_who_owns_a_mailbox(void **state)
{
	static const struct {
		const char *user;
		enum fate_class class;
		const char *status;
	} rows[] = {
	    {"info", FATE_DONE, "2.0.0"},
	    {"root", FATE_FAILED, "5.7.1"},
	    {"boss", FATE_DEFERRED, "4.3.5"},
	    {"gone", FATE_DEFERRED, "4.3.5"},
	    {"odd", FATE_DEFERRED, "4.3.5"},
	    {"no-such-user-here", FATE_FAILED, "5.1.1"},
	    {"", FATE_FAILED, "5.1.1"},
	    {"-rf", FATE_FAILED, "5.1.1"},
	    {"../root", FATE_FAILED, "5.1.1"},
	    {"a b", FATE_FAILED, "5.1.1"},
	    {"root\n", FATE_FAILED, "5.1.1"},
	};
	char owner[ACCOUNT_SIZE], name[400];
	struct fate f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		door_owner(&door, rows[i].user, owner, &f);
		assert_string_equal(f.status, rows[i].status);
		assert_int_equal(f.class, rows[i].class);
		if (f.class == FATE_DONE)
			assert_string_equal(owner, somebody());
	}
	memset(name, 'a', 300);
	name[300] = '\0';
	door_owner(&door, name, owner, &f);
	assert_int_equal(f.class, FATE_FAILED);
}

static void
test_an_account_owns_its_own(void **state)
{
	char owner[ACCOUNT_SIZE];
	struct fate f;

	(void)state;
	door_owner(&door, somebody(), owner, &f);
	assert_int_equal(f.class, FATE_DONE);
	assert_string_equal(owner, somebody());
}

static void
test_a_broken_table_defers_everyone(void **state)
{
	char owner[ACCOUNT_SIZE];
	struct fate f;

	(void)state;
	assert_int_equal(truncate(table, 100), 0);
	door_owner(&door, somebody(), owner, &f);
	assert_int_equal(f.class, FATE_DEFERRED);
	assert_non_null(strstr(f.text, table));
}

static void
test_whose_local_may_run(void **state)
{
	struct fate f;

	(void)state;
	assert_non_null(door_account(&door, somebody(), &f));
	assert_null(door_account(&door, "root", &f));
	assert_string_equal(f.status, "5.7.1");
	assert_null(door_account(&door, "info", &f)); /* is no account */
	assert_null(door_account(&door, "-u", &f));
	if (geteuid() != 0) {
		assert_null(door_account(&door, "nobody", &f));
		assert_string_equal(f.status, "5.7.1");
	}
}

static void
test_the_services_get_no_mail(void **state)
{
	const struct passwd *pw = getpwnam(somebody());
	struct fate f;

	(void)state;
	assert_non_null(pw);
	peer_allow_uid(&door.barred, pw->pw_uid);
	assert_null(door_account(&door, somebody(), &f));
	assert_string_equal(f.status, "5.7.1");
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_who_owns_a_mailbox),
	    CASE(test_an_account_owns_its_own),
	    CASE(test_a_broken_table_defers_everyone),
	    CASE(test_whose_local_may_run),
	    CASE(test_the_services_get_no_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
