/* accounts: asked of helpers, remembered, and survived when they die. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "accounts.h"

static struct event_base *base;
static char told[256];

static void
known(const char *name, void *arg)
{
	(void)arg;
	strlcat(told, name, sizeof(told));
	strlcat(told, " ", sizeof(told));
	event_base_loopbreak(base);
}

/* Ask until it is known. */
static enum account
wait_for(struct accounts *a, const char *name)
{
	enum account got;

	while ((got = accounts_ask(a, name)) == ACCOUNT_PENDING)
		event_base_dispatch(base);
	return got;
}

static void
a_filter_waits(void **state)
{
	struct accounts *a = accounts_new(NULL, known, NULL);

	(void)state;
	assert_int_equal(accounts_ask(a, "root"), ACCOUNT_YES);
	assert_int_equal(accounts_ask(a, "no-such-user"), ACCOUNT_NO);
	assert_int_equal(accounts_ask(a, ""), ACCOUNT_NO);
	accounts_free(a);
}

static void
a_server_is_told(void **state)
{
	struct accounts *a = accounts_new(base, known, NULL);

	(void)state;
	told[0] = '\0';
	assert_int_equal(accounts_ask(a, "root"), ACCOUNT_PENDING);
	assert_int_equal(accounts_ask(a, "root"), ACCOUNT_PENDING);
	assert_int_equal(wait_for(a, "root"), ACCOUNT_YES);
	assert_string_equal(told, "root ");
	assert_int_equal(wait_for(a, "no-such-user"), ACCOUNT_NO);
	assert_string_equal(told, "root no-such-user ");
	assert_int_equal(accounts_ask(a, "root"), ACCOUNT_YES);
	accounts_free(a);
}

static void
many_names_share_few_helpers(void **state)
{
	struct accounts *a = accounts_new(base, known, NULL);
	char name[32];
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "none%d", i);
		assert_int_equal(accounts_ask(a, name), ACCOUNT_PENDING);
	}
	for (i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "none%d", i);
		assert_int_equal(wait_for(a, name), ACCOUNT_NO);
	}
	accounts_free(a);
}

static void
more_than_may_wait_are_an_error(void **state)
{
	struct accounts *a = accounts_new(base, known, NULL);
	char name[32];
	int i, refused = 0;

	(void)state;
	for (i = 0; i < 1100; i++) {
		snprintf(name, sizeof(name), "many%d", i);
		refused += accounts_ask(a, name) == ACCOUNT_ERROR;
	}
	assert_int_equal(refused, 100);
	accounts_free(a);
}

/* The children of a process are called for, and that for theirs. */
static void
each_child(pid_t of, void (*call)(pid_t))
{
	char path[80];
	FILE *f;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)of);
	if (of != getpid())
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children",
		    (int)of, (int)of);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fscanf(f, "%d", &pid) == 1)
		call(pid);
	fclose(f);
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
}

static void
end_helpers(pid_t nursery)
{
	each_child(nursery, end);
}

static void
helpers_that_die_are_replaced(void **state)
{
	struct accounts *a = accounts_new(base, known, NULL);

	(void)state;
	each_child(getpid(), end_helpers);
	assert_int_not_equal(wait_for(a, "root"), ACCOUNT_NO);
	assert_int_equal(wait_for(a, "daemon"), ACCOUNT_YES);
	accounts_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_filter_waits),
	    cmocka_unit_test(a_server_is_told),
	    cmocka_unit_test(many_names_share_few_helpers),
	    cmocka_unit_test(more_than_may_wait_are_an_error),
	    cmocka_unit_test(helpers_that_die_are_replaced),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	base = event_base_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	event_base_free(base);
	return failed;
}
