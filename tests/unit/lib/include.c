#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "include.h"
#include "paths.h"
#include "trail.h"

static char folder[32], one[PATH_SIZE], two[PATH_SIZE], way[PATH_SIZE];

static int
setup(void **state)
{
	(void)state;
	(void)strlcpy(folder, "/tmp/include.XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		return -1;
	path_join(one, folder, "one");
	path_join(two, folder, "two");
	path_join(way, folder, "way");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(one);
	unlink(two);
	if (unlink(way) == -1)
		(void)rmdir(way);
	return rmdir(folder);
}

__attribute__((format(printf, 2, 3))) static void
put(const char *name, const char *format, ...)
{
	FILE *f = fopen(name, "w");
	va_list ap;

	assert_non_null(f);
	va_start(ap, format);
	assert_true(vfprintf(f, format, ap) >= 0);
	va_end(ap);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, 0600), 0);
}

/* What comes of a list: each item, then the status and text of each fault. */
static void
gather(const char *list, size_t most, size_t bytes, char *out, size_t size)
{
	struct include_rules rules = {"top", most, bytes};
	struct alias_items items;
	struct included in;
	const char *why;
	unsigned line;
	size_t i;

	assert_int_equal(
	    alias_parse(list, strlen(list), &items, &line, &why), 0);
	include_all(&items, &rules, &in);
	out[0] = '\0';
	for (i = 0; i < in.items.count; i++)
		(void)snprintf(out + strlen(out), size - strlen(out), "%d%s;",
		    (int)in.items.list[i].kind, in.items.list[i].text);
	for (i = 0; i < in.nfaults; i++)
		(void)snprintf(out + strlen(out), size - strlen(out), "%s %s;",
		    in.faults[i].status, in.faults[i].text);
	included_free(&in);
	alias_free(&items);
}

/* Of the file one, with an item before and behind it. */
__attribute__((format(printf, 1, 2))) static void
assert_list(const char *want, ...)
{
	char list[PATH_SIZE + 32], got[8192], expected[4096];
	va_list ap;

	(void)snprintf(list, sizeof(list), "a@b, :include:%s, \\c", one);
	gather(list, 100, 100000, got, sizeof(got));
	va_start(ap, want);
	(void)vsnprintf(expected, sizeof(expected), want, ap);
	va_end(ap);
	assert_string_equal(got, expected);
}

static void
test_a_list_stands_in_the_place_of_its_name(void **state)
{
	(void)state;
	put(one, "# x\nd@e , \"f\"@g\n\n:include:%s\n/x\n", two);
	put(two, "|prog\nh");
	assert_list("0a@b;0d@e;0\"f\"@g;2prog;0h;3/x;1c;");
}

static void
test_a_wrong_line_spoils_no_other(void **state)
{
	(void)state;
	put(one, "d@e\n\"f\ng@h\n:include:relative\ni@j");
	assert_list("0a@b;0d@e;0g@h;0i@j;1c;5.1.3 %s:2: unbalanced quote;"
		    "5.2.4 Cannot open relative: a path must be absolute;",
	    one);
}

static void
test_a_circle_and_a_depth_have_an_end(void **state)
{
	char name[PATH_SIZE], next[PATH_SIZE], text[PATH_SIZE + 32];
	char got[4096];
	int i;

	(void)state;
	put(one, "d\n:include:%s\n", two);
	put(two, "e\n:include:%s\n:include:%s\nf\n", one, two);
	assert_list("0a@b;0d;0e;0f;1c;5.4.6 %s: includes itself;"
		    "5.4.6 %s: includes itself;",
	    one, two);
	for (i = 0; i <= INCLUDE_DEPTH; i++) {
		(void)snprintf(text, sizeof(text), "deep%d", i);
		path_join(name, folder, text);
		(void)snprintf(text, sizeof(text), "deep%d", i + 1);
		path_join(next, folder, text);
		put(name, "n%d\n:include:%s\n", i, next);
	}
	path_join(name, folder, "deep0");
	(void)snprintf(text, sizeof(text), ":include:%s", name);
	gather(text, 100, 100000, got, sizeof(got));
	assert_non_null(strstr(got, "0n9;5.4.6"));
	assert_non_null(strstr(got, "deep10: included too deep"));
	for (i = 0; i <= INCLUDE_DEPTH; i++) {
		(void)snprintf(text, sizeof(text), "deep%d", i);
		path_join(name, folder, text);
		unlink(name);
	}
}

static void
test_what_is_named_twice_is_read_once(void **state)
{
	(void)state;
	put(one, ":include:%s\n:include:%s\n", two, two);
	put(two, "d\n");
	assert_list("0a@b;0d;1c;");
}

static void
test_a_file_that_is_not_safe_is_refused_in_sendmails_words(void **state)
{
	(void)state;
	assert_list(
	    "0a@b;1c;5.2.4 Cannot open %s: No such file or directory;", one);
	put(one, "d\n");
	assert_int_equal(chmod(one, 0666), 0);
	assert_list("0a@b;1c;5.2.4 Cannot open %s: Group writable file;", one);
	assert_int_equal(chmod(one, 0602), 0);
	assert_list("0a@b;1c;5.2.4 Cannot open %s: World writable file;", one);
	assert_int_equal(chmod(one, 0600), 0);
	assert_int_equal(link(one, two), 0);
	assert_list(
	    "0a@b;1c;5.2.4 Cannot open %s: Hard links not allowed;", one);
	unlink(one);
	assert_int_equal(mkfifo(one, 0600), 0);
	assert_list("0a@b;1c;5.2.4 Cannot open %s: Regular files only;", one);
	unlink(one);
	assert_int_equal(mkdir(one, 0700), 0);
	assert_list("0a@b;1c;5.2.4 Cannot open %s: Regular files only;", one);
	assert_int_equal(rmdir(one), 0);
}

/* Without a descriptor left it may come right again. */
static void
test_a_passing_trouble_is_told_as_one(void **state)
{
	struct rlimit was, few;

	(void)state;
	put(one, "d\n");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	few = was;
	few.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_list("0a@b;1c;4.2.4 Cannot open %s: Too many open files;", one);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
}

static void
test_of_a_strangers_list_only_addresses_count(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	put(one, "d\n|prog\n/x\n\\e\n");
	assert_int_equal(chown(one, 1, 1), 0);
	assert_list("0a@b;0d;1e;1c;"
		    "5.7.1 %s:2: only addresses are taken from a file of "
		    "another user; give the list an alias of its own;"
		    "5.7.1 %s:3: only addresses are taken from a file of "
		    "another user; give the list an alias of its own;",
	    one, one);
}

static void
test_there_are_limits(void **state)
{
	char list[PATH_SIZE + 32], got[4096], want[2 * PATH_SIZE];

	(void)state;
	put(one, "d\ne\nf\n%01001d\n", 0);
	(void)snprintf(list, sizeof(list), ":include:%s", one);
	gather(list, 2, 100000, got, sizeof(got));
	(void)snprintf(
	    want, sizeof(want), "0d;0e;5.3.5 %s: names too many places;", one);
	assert_string_equal(got, want);
	gather(list, 9, 100, got, sizeof(got));
	(void)snprintf(want, sizeof(want), "5.3.5 %s: too long;", one);
	assert_string_equal(got, want);
	gather(list, 9, 100000, got, sizeof(got));
	(void)snprintf(
	    want, sizeof(want), "0d;0e;0f;5.1.3 %s:4: address too long;", one);
	assert_string_equal(got, want);
}

/* --- the way there ---------------------------------------------------------
 */

static void
test_a_folder_others_may_write_is_no_way(void **state)
{
	char file[PATH_SIZE];

	(void)state;
	path_join(file, way, ".");
	assert_int_equal(mkdir(way, 0700), 0);
	assert_null(trail_doubt(file, geteuid()));
	assert_int_equal(chmod(way, 0770), 0);
	assert_string_equal(
	    trail_doubt(file, geteuid()), "Group writable directory");
	assert_int_equal(chmod(way, 0707), 0);
	assert_string_equal(
	    trail_doubt(file, geteuid()), "World writable directory");
	assert_int_equal(chmod(way, 01777), 0);
	assert_null(trail_doubt(file, geteuid()));
}

static void
test_nor_is_one_of_another(void **state)
{
	char file[PATH_SIZE];

	(void)state;
	path_join(file, way, "../way/./");
	assert_int_equal(mkdir(way, 0700), 0);
	assert_null(trail_doubt(file, geteuid()));
	if (geteuid() != 0) {
		assert_non_null(trail_doubt(file, 0));
	} else {
		assert_null(trail_doubt(file, 1));
		assert_int_equal(chown(way, 1, 1), 0);
		assert_null(trail_doubt(file, 1));
		assert_string_equal(
		    trail_doubt(file, 0), "Directory of another user");
	}
}

static void
test_a_link_counts_as_a_folder_and_so_does_where_it_leads(void **state)
{
	char file[PATH_SIZE], to[PATH_SIZE];

	(void)state;
	assert_int_equal(symlink("one", way), 0);
	assert_int_equal(mkdir(one, 0700), 0);
	path_join(file, way, ".");
	assert_null(trail_doubt(file, geteuid()));
	assert_int_equal(chmod(one, 0777), 0);
	assert_non_null(trail_doubt(file, geteuid()));
	assert_int_equal(rmdir(one), 0);
	unlink(way);
	assert_int_equal(symlink("way", way), 0);
	assert_string_equal(
	    trail_doubt(file, geteuid()), "Symbolic links not allowed");
	unlink(way);
	/* the last name may be one too */
	path_join(to, folder, "one");
	put(one, "x");
	assert_int_equal(symlink(to, way), 0);
	assert_null(trail_doubt(way, geteuid()));
	if (geteuid() == 0) {
		assert_int_equal(lchown(way, 1, 1), 0);
		assert_non_null(trail_doubt(way, 0));
	}
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_a_list_stands_in_the_place_of_its_name),
	    CASE(test_a_wrong_line_spoils_no_other),
	    CASE(test_a_circle_and_a_depth_have_an_end),
	    CASE(test_what_is_named_twice_is_read_once),
	    CASE(test_a_file_that_is_not_safe_is_refused_in_sendmails_words),
	    CASE(test_a_passing_trouble_is_told_as_one),
	    CASE(test_of_a_strangers_list_only_addresses_count),
	    CASE(test_there_are_limits),
	    CASE(test_a_folder_others_may_write_is_no_way),
	    CASE(test_nor_is_one_of_another),
	    CASE(test_a_link_counts_as_a_folder_and_so_does_where_it_leads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
