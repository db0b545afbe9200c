/* watch: what changes in a folder is told at once. */
#include <sys/stat.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../tables.h"
#include "watch.h"

static struct watch *w;

static int
setup(void **state)
{
	(void)state;
	folder_make();
	return chdir(folder) == -1 || mkdir("conf", 0755) == -1 ||
	       (w = watch_open("conf")) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	watch_close(w);
	folder_remove();
	return chdir("/");
}

static void
made(void)
{
	file_write("conf/new", "");
}

static void
written(void)
{
	file_write("conf/old", "y");
}

static void
renamed_into(void)
{
	file_write("beside", "z");
	assert_int_equal(rename("beside", "conf/old"), 0);
}

static void
removed(void)
{
	assert_int_equal(unlink("conf/old"), 0);
}

static void
shut(void)
{
	assert_int_equal(chmod("conf/old", 0), 0);
}

static void
folder_replaced(void)
{
	assert_int_equal(rename("conf", "conf.old"), 0);
	assert_int_equal(mkdir("conf", 0755), 0);
}

static time_t
second(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec;
}

/* A quiet answer first; the clock may say yes for a new second in between. */
static bool
told_of(void (*change)(void))
{
	time_t from;
	bool quiet, told;

	do {
		file_write("conf/old", "x");
		(void)watch_changed(w);
		from = second();
		quiet = !watch_changed(w);
		if (change != NULL)
			change();
		told = watch_changed(w);
	} while (second() != from || !quiet);
	return told;
}

static void
each_change_is_told(void **state)
{
	static void (*const changes[])(void) = {
	    made, written, renamed_into, removed, shut, folder_replaced};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(*changes); i++)
		assert_true(told_of(changes[i]));
}

static void
nothing_is_told_of_nothing(void **state)
{
	(void)state;
	assert_false(told_of(NULL));
}

static void
a_folder_that_is_not_there_is_never_quiet(void **state)
{
	struct watch *none = watch_open("none");
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		assert_true(watch_changed(none));
	watch_close(none);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(each_change_is_told),
	    TEST(nothing_is_told_of_nothing),
	    TEST(a_folder_that_is_not_there_is_never_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
