#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "forward.h"
#include "paths.h"

/* --- the plan --------------------------------------------------------------
 */

static int
is_ours(const char *domain, void *arg)
{
	(void)arg;
	if (strcasecmp(domain, "unknowable.example") == 0)
		return -1;
	return strcasecmp(domain, "here.example") == 0;
}

/* A plan in words: P program, F file, K keep, S with the addresses. */
static void
describe(const char *text, char *out, size_t size)
{
	struct forward_self self = {.account = "kim",
	    .recipient = "kim.lee@virtual.example",
	    .is_ours = is_ours};
	struct alias_items items;
	const char *reason;
	struct plan p;
	unsigned line;
	size_t i, k;

	out[0] = '\0';
	assert_int_equal(
	    alias_parse(text, strlen(text), &items, &line, &reason), 0);
	if (forward_plan(&items, &self, &p) == -1) {
		(void)strlcpy(out, "-1", size);
		alias_free(&items);
		return;
	}
	for (i = 0; i < p.count; i++) {
		(void)strlcat(out,
		    (const char *[]){"P", "F", "K", "S"}[p.steps[i].kind],
		    size);
		if (p.steps[i].kind <= STEP_FILE)
			(void)strlcat(out, p.steps[i].text, size);
		for (k = 0; p.steps[i].kind == STEP_SEND && k < p.nplaces;
		     k++) {
			(void)strlcat(out, k > 0 ? "," : "", size);
			(void)strlcat(
			    out, p.places[k].direct ? "\\" : "", size);
			(void)strlcat(out, p.places[k].text, size);
		}
		(void)strlcat(out, ";", size);
	}
	plan_free(&p);
	alias_free(&items);
}

static const struct {
	const char *text, *want;
} plans[] = {
    {"", ""},
    {"\\kim", "K;"},
    {"kim", "K;"},
    {"KIM", "K;"},
    {"kim@here.example", "K;"},
    {"Kim@HERE.example", "K;"},
    {"Kim.Lee@virtual.example", "K;"},
    {"kim@elsewhere.example", "Skim@elsewhere.example;"},
    {"kim@unknowable.example", "-1"},
    {"lee@unknowable.example", "Slee@unknowable.example;"},
    {"\\lee", "S\\lee;"},
    {"\\lee, lee, \\LEE", "S\\lee,lee;"},
    {"kimberly, ki", "Skimberly,ki;"},
    {"a@b, \\kim, A@B, |prog, kim, /x, a@b, |prog", "Pprog;F/x;K;Sa@b;"},
    {"|one\n|two\n/x\n/y/", "Pone;Ptwo;F/x;F/y/;"},
};

static void
test_a_list_becomes_steps_in_order(void **state)
{
	char got[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(plans) / sizeof(*plans); i++) {
		describe(plans[i].text, got, sizeof(got));
		assert_string_equal(got, plans[i].want);
	}
}

static void
test_an_alias_that_names_itself_means_the_user(void **state)
{
	static const char text[] = "list, lee, List@here.example, |p, \\list";
	struct forward_self self = {.account = "list",
	    .recipient = "",
	    .alias = true,
	    .is_ours = is_ours};
	struct alias_items items;
	const char *reason;
	struct plan p;
	unsigned line;

	(void)state;
	assert_int_equal(
	    alias_parse(text, strlen(text), &items, &line, &reason), 0);
	assert_int_equal(forward_plan(&items, &self, &p), 0);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.steps[1].kind, STEP_SEND);
	assert_int_equal(p.nplaces, 2);
	assert_string_equal(p.places[0].text, "list");
	assert_true(p.places[0].direct);
	assert_string_equal(p.places[1].text, "lee");
	assert_false(p.places[1].direct);
	plan_free(&p);
	alias_free(&items);
}

/* In pieces that inject takes, each place in one of them. */
static void
test_ten_thousand_places_are_ten_steps(void **state)
{
	struct forward_self self = {
	    .account = "x", .recipient = "", .is_ours = is_ours};
	struct alias_item list[10000];
	struct alias_items items = {10000, list};
	static char names[10000][16];
	struct plan p;
	size_t i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "u%zu", i % 9999);
		/* cppcheck-suppress unreadVariable ; items has it */
		list[i] = (struct alias_item){ALIAS_ADDRESS, 1, names[i]};
	}
	assert_int_equal(forward_plan(&items, &self, &p), 0);
	assert_int_equal(p.nplaces, 9999);
	assert_int_equal(p.count, 10);
	for (i = 0; i < 10; i++) {
		assert_int_equal(p.steps[i].from, i * FORWARD_SEND);
		assert_int_equal(p.steps[i].count, i < 9 ? FORWARD_SEND : 999);
	}
	plan_free(&p);
}

static void
test_the_letter_waits_if_a_part_waits_and_fails_if_one_fails(void **state)
{
	static const struct {
		const char *parts;
		enum fate_class want;
		size_t which;
	} rows[] = {
	    {"d", FATE_DONE, 0},
	    {"dd", FATE_DONE, 2},
	    {"df", FATE_FAILED, 1},
	    {"ffd", FATE_FAILED, 0},
	    {"dfw", FATE_DEFERRED, 2},
	    {"wf", FATE_DEFERRED, 0},
	    {"", FATE_DONE, 9},
	};
	struct fate parts[4], got;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (k = 0; rows[i].parts[k] != '\0'; k++)
			fate_set(&parts[k],
			    rows[i].parts[k] == 'd'   ? FATE_DONE
			    : rows[i].parts[k] == 'f' ? FATE_FAILED
						      : FATE_DEFERRED,
			    "x", "%zu", k);
		forward_judge(parts, k, &got);
		assert_int_equal(got.class, rows[i].want);
		if (k > 0)
			assert_int_equal(
			    strtol(got.text, NULL, 10), rows[i].which);
	}
}

static void
test_whom_a_forward_file_may_belong_to(void **state)
{
	(void)state;
	assert_null(forward_doubt(S_IFREG | 0644, 7, 7));
	assert_null(forward_doubt(S_IFREG | 0600, 0, 7));
	assert_non_null(forward_doubt(S_IFREG | 0600, 8, 7));
	assert_non_null(forward_doubt(S_IFREG | 0660, 7, 7));
	assert_non_null(forward_doubt(S_IFREG | 0602, 7, 7));
	assert_non_null(forward_doubt(S_IFIFO | 0600, 7, 7));
	assert_non_null(forward_doubt(S_IFDIR | 0700, 7, 7));
}

/* --- the file --------------------------------------------------------------
 */

static char home[32], file[PATH_SIZE], extra[PATH_SIZE], by_host[PATH_SIZE];

static int
setup(void **state)
{
	char name[300] = ".forward.", *host = name + strlen(name);

	(void)state;
	(void)strlcpy(home, "/tmp/forward.XXXXXX", sizeof(home));
	if (mkdtemp(home) == NULL || gethostname(host, 256) == -1)
		return -1;
	host[strcspn(host, ".")] = '\0';
	path_join(file, home, ".forward");
	path_join(by_host, home, name);
	path_join(extra, home, "list");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(file);
	unlink(extra);
	unlink(by_host);
	return rmdir(home);
}

static void
put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

/* Load; the result, and the first item's text or the reason. */
static int
load(char *out, size_t size)
{
	struct alias_items items;
	struct fate f;
	int r = forward_load(home, &items, &f);

	if (r == 1)
		(void)strlcpy(out, items.list[0].text, size);
	else if (r == -1)
		(void)strlcpy(out, f.text, size);
	if (r == -1)
		assert_int_equal(f.class, FATE_DEFERRED);
	alias_free(&items);
	return r;
}

static void
test_no_home_no_file_or_an_empty_one_mean_the_mailbox(void **state)
{
	struct alias_items items;
	struct fate f;
	char got[600];

	(void)state;
	assert_int_equal(forward_load("/nonexistent", &items, &f), 0);
	assert_int_equal(forward_load("/dev/null", &items, &f), 0);
	assert_int_equal(load(got, sizeof(got)), 0);
	put_file(file, "# nothing\n\n");
	assert_int_equal(load(got, sizeof(got)), 0);
}

static void
test_the_file_of_this_host_comes_first(void **state)
{
	char got[600];

	(void)state;
	put_file(file, "a@b\n");
	assert_int_equal(load(got, sizeof(got)), 1);
	assert_string_equal(got, "a@b");
	put_file(by_host, "c@d\n");
	assert_int_equal(load(got, sizeof(got)), 1);
	assert_string_equal(got, "c@d");
}

static void
test_a_file_others_may_write_is_ignored(void **state)
{
	char got[600];

	(void)state;
	put_file(file, "a@b\n");
	assert_int_equal(chmod(file, 0620), 0);
	assert_int_equal(load(got, sizeof(got)), 0);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(load(got, sizeof(got)), 0);
}

/* M09 */
static void
test_a_home_that_others_may_write_or_that_is_sticky_defers(void **state)
{
	char got[600];

	(void)state;
	assert_int_equal(chmod(home, 0770), 0);
	assert_int_equal(load(got, sizeof(got)), 0);
	put_file(file, "a@b\n");
	assert_int_equal(load(got, sizeof(got)), -1);
	assert_non_null(strstr(got, home));
	assert_int_equal(chmod(home, 01700), 0);
	assert_int_equal(load(got, sizeof(got)), -1);
	assert_non_null(strstr(got, "sticky"));
}

static void
test_a_wrong_line_defers_and_is_named(void **state)
{
	char got[600], want[PATH_SIZE + 4];

	(void)state;
	put_file(file, "a@b\n\"c\n");
	assert_int_equal(load(got, sizeof(got)), -1);
	(void)snprintf(want, sizeof(want), "%s:2: ", file);
	assert_memory_equal(got, want, strlen(want));
}

static void
test_included_lists_are_followed_but_not_in_circles(void **state)
{
	char text[PATH_SIZE + 32], got[600];

	(void)state;
	(void)snprintf(text, sizeof(text), ":include:%s\n", extra);
	put_file(file, text);
	assert_int_equal(load(got, sizeof(got)), -1); /* not there */
	put_file(extra, "e@f\n");
	assert_int_equal(load(got, sizeof(got)), 1);
	assert_string_equal(got, "e@f");
	assert_int_equal(chmod(extra, 0666), 0);
	assert_int_equal(load(got, sizeof(got)), -1);
	assert_int_equal(chmod(extra, 0600), 0);
	put_file(extra, text);
	assert_int_equal(load(got, sizeof(got)), -1);
	assert_non_null(strstr(got, "includes itself"));
}

static void
test_a_file_that_is_too_long_defers(void **state)
{
	char *big = malloc(200001), got[600];

	(void)state;
	memset(big, 'a', 200000);
	big[200000] = '\0';
	put_file(file, big);
	free(big);
	assert_int_equal(load(got, sizeof(got)), -1);
	assert_non_null(strstr(got, "too long"));
}

static void
test_a_file_with_too_many_places_defers(void **state)
{
	char text[4000] = "", got[600];
	int i;

	(void)state;
	for (i = 0; i < 101; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "u%d@x\n", i);
	put_file(file, text);
	assert_int_equal(load(got, sizeof(got)), -1);
	assert_non_null(strstr(got, "too many places"));
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_list_becomes_steps_in_order),
	    cmocka_unit_test(test_an_alias_that_names_itself_means_the_user),
	    cmocka_unit_test(test_ten_thousand_places_are_ten_steps),
	    cmocka_unit_test(
		test_the_letter_waits_if_a_part_waits_and_fails_if_one_fails),
	    cmocka_unit_test(test_whom_a_forward_file_may_belong_to),
	    CASE(test_no_home_no_file_or_an_empty_one_mean_the_mailbox),
	    CASE(test_the_file_of_this_host_comes_first),
	    CASE(test_a_file_others_may_write_is_ignored),
	    CASE(test_a_home_that_others_may_write_or_that_is_sticky_defers),
	    CASE(test_a_wrong_line_defers_and_is_named),
	    CASE(test_included_lists_are_followed_but_not_in_circles),
	    CASE(test_a_file_that_is_too_long_defers),
	    CASE(test_a_file_with_too_many_places_defers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
