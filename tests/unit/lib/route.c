/* route: expansion, duplicates, loops, and what a broken table does to it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../tables.h"
#include "route.h"

#define LINES_SIZE (1 << 20)

static struct router *router;
static char reason[1024];

/* Targets as one text: "local user+ext; remote address via host; ..." */
static void
spell(const struct targets *targets, char *out, size_t size)
{
	const struct target *t;
	size_t i, n = 0;

	out[0] = '\0';
	for (i = 0; i < targets->count && n < size; i++) {
		t = &targets->list[i];
		if (i > 0)
			n += (size_t)snprintf(out + n, size - n, "; ");
		if (t->kind == TARGET_LOCAL)
			n += (size_t)snprintf(out + n, size - n, "%s%s%s%s",
			    t->direct ? "\\" : "", t->user,
			    t->extension != NULL ? "+" : "",
			    t->extension != NULL ? t->extension : "");
		else if (t->kind == TARGET_REMOTE)
			n += (size_t)snprintf(
			    out + n, size - n, "%s>%s", t->recipient, t->host);
		else if (t->kind == TARGET_DISCARD)
			n += (size_t)snprintf(out + n, size - n, "discard");
		else
			n += (size_t)snprintf(
			    out + n, size - n, "%s %s", t->code, t->status);
	}
}

static const struct {
	const char *address, *want;
} rows[] = {
    {"alice", "alice"},
    {"Alice@Local.Example", "alice"},
    {"alice+@local.example", "alice+"},
    {"alice+X@local.example", "alice+X"},
    {"\"alice\"@local.example", "alice"},
    {"\"a b\"@local.example", "a b"},
    {"\\list@local.example", "\\list"},
    {"\"\\\\alice\"", "\\\\alice"},
    {"al\\ice", "\\alice"},
    {"+x@local.example", "+x"},
    {"x@remote.com", "x@remote.com>remote.com"},
    {"x@[IPv6:2001:db8::1]", "x@[IPv6:2001:db8::1]>[ipv6:2001:db8::1]"},
    {"x@re mote.com", "x@re.mote.com>re.mote.com"},
    {"x@remote.com/evil", "553 5.1.2"},
    {"x@remote.com;id", "553 5.1.2"},
    {"", "553 5.0.0"},
    {"list", "\\list; bob; x@remote.com>remote.com"},
    {"twice", "bob; x@remote.com>remote.com; \\list"},
    {"wide", "bob; carol"},
    {"all", "alice; bob; carol"},
    {"self", "self@remote.com>remote.com"},
    {"a@virt.example", "\\list; bob; x@remote.com>remote.com"},
    {"gone@virt.example", "550 5.1.1"},
    {"other@virt.example", "other@remote.com>remote.com"},
    {"thrown@away.com", "discard"},
};

static void
addresses_become_targets(void **state)
{
	struct targets targets;
	char got[512];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (router_expand(router, rows[i].address, &targets, reason,
			sizeof(reason)) == -1)
			fail_msg("%s: %s", rows[i].address, reason);
		spell(&targets, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].address, got);
		targets_free(&targets);
	}
}

/* What was expanded is not expanded again. */
static void
a_hop_knows_no_aliases(void **state)
{
	struct target t;

	(void)state;
	assert_int_equal(router_hop(router, "list@local.example", &t, reason,
			     sizeof(reason)),
	    0);
	assert_int_equal(t.kind, TARGET_LOCAL);
	assert_string_equal(t.user, "list");
	assert_string_equal(t.recipient, "list@local.example");
	target_free(&t);
	assert_int_equal(
	    router_hop(router, "a@virt.example", &t, reason, sizeof(reason)),
	    0);
	assert_string_equal(t.user, "a");
	target_free(&t);
	assert_int_equal(
	    router_hop(router, "x@r.com", &t, reason, sizeof(reason)), 0);
	assert_string_equal(t.host, "r.com");
	assert_string_equal(t.rule, "mx:r.com");
	target_free(&t);
}

static void
names_of_ours(void **state)
{
	(void)state;
	assert_int_equal(router_is_local(router, "LOCAL.example"), 1);
	assert_int_equal(router_is_local(router, "me.example"), 1);
	assert_int_equal(router_is_local(router, "sub.local.example"), 0);
	assert_int_equal(router_is_local(router, ""), 0);
}

/* Ten levels of a hundred names each would be 10^20 without a memory. */
static void
wide_and_deep_lists_end(void **state)
{
	struct targets targets;
	char *lines = calloc(1, LINES_SIZE), name[32];
	size_t n = 0;
	int level, i;

	(void)state;
	for (level = 0; level < 10; level++) {
		n += (size_t)snprintf(lines + n, LINES_SIZE - n, "w%d ", level);
		for (i = 0; i < 100; i++)
			n += (size_t)snprintf(lines + n, LINES_SIZE - n,
			    "w%d,u%d_%d,", level + 1, level, i);
		n += (size_t)snprintf(lines + n, LINES_SIZE - n, "end\n");
	}
	table_write("aliases", lines);
	assert_int_equal(
	    router_expand(router, "w0", &targets, reason, sizeof(reason)), 0);
	/* 10 levels of users, end, and w10 that is no alias. */
	assert_int_equal(targets.count, 10 * 100 + 2);
	targets_free(&targets);
	/* A list that holds itself at both ends of a ring. */
	n = 0;
	for (i = 0; i < 9; i++)
		n += (size_t)snprintf(lines + n, LINES_SIZE - n,
		    "r%d r%d, v%d\n", i, (i + 1) % 9, i);
	table_write("aliases", lines);
	for (i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		assert_int_equal(router_expand(router, name, &targets, reason,
				     sizeof(reason)),
		    0);
		assert_int_equal(targets.count, 9);
		targets_free(&targets);
	}
	free(lines);
}

/* kim and lee have accounts; whether pat has one is not known yet. */
static int
is_user(const char *name, void *arg)
{
	(void)arg;
	if (strcmp(name, "pat") == 0)
		return -1;
	return strcmp(name, "kim") == 0 || strcmp(name, "lee") == 0;
}

static const struct {
	const char *address, *want;
} circles[] = {
    {"kim", "\\kim; \\lee"}, /* each names the other */
    {"around", "\\around; \\kim; \\lee; x@r.com>r.com"},
    {"ring", "554 5.4.6"},      /* nobody in it is a user */
    {"rings", "x@r.com>r.com"}, /* and one outside */
    {"own", "\\own"},           /* a user or not, it says so itself */
    {"pat", NULL},
};

static void
circles_end_at_users(void **state)
{
	const struct house house = {.user = is_user};
	struct targets targets;
	char got[512];
	size_t i;
	int known;

	(void)state;
	table_write("aliases",
	    "kim lee\nlee kim\naround kim, x@r.com, around\n"
	    "ring gnir\ngnir ring\nrings sgnir, x@r.com\nsgnir rings\n"
	    "own own\npat tap\ntap pat\n");
	for (i = 0; i < sizeof(circles) / sizeof(circles[0]); i++) {
		known = router_follow(router, circles[i].address, &house,
		    &targets, reason, sizeof(reason));
		assert_int_equal(known, circles[i].want == NULL ? -1 : 0);
		if (known == -1)
			continue;
		spell(&targets, got, sizeof(got));
		if (strcmp(got, circles[i].want) != 0)
			fail_msg("%s: %s", circles[i].address, got);
		targets_free(&targets);
	}
}

static void
a_broken_table_is_for_later(void **state)
{
	static const char *const names[] = {
	    "virtusertable", "mailertable", "domaintable"};
	struct targets targets;
	char path[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s.cdb", names[i]);
		file_write(path, "rubbish");
		assert_int_equal(router_expand(router,
				     i == 0 ? "x@local.example" : "x@r.com",
				     &targets, reason, sizeof(reason)),
		    -1);
		assert_int_equal(targets.count, 0);
		assert_non_null(strstr(reason, path));
		table_remove(names[i]);
	}
	assert_int_equal(
	    router_expand(router, "x@r.com", &targets, reason, sizeof(reason)),
	    0);
	targets_free(&targets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_become_targets),
	    cmocka_unit_test(a_hop_knows_no_aliases),
	    cmocka_unit_test(names_of_ours),
	    cmocka_unit_test(wide_and_deep_lists_end),
	    cmocka_unit_test(circles_end_at_users),
	    cmocka_unit_test(a_broken_table_is_for_later),
	};
	int failed;

	folder_make();
	file_write("me", "me.example\n");
	file_write("local-host-names", "local.example\nvirt.example\n");
	table_write("aliases",
	    "list list, bob, x@remote.com, BOB@local.example\n"
	    "twice bob, x@remote.com, \\bob, list\n"
	    "wide bob, carol, bob, Bob, carol\n"
	    "all alice, bob,carol\n"
	    "self self@remote.com\n");
	table_write("virtusertable", "a@virt.example list\n"
				     "gone@virt.example error:5.1.1:550 gone\n"
				     "@virt.example %1@remote.com\n");
	table_write("mailertable", "away.com discard:\n");
	router = router_open(folder, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	router_close(router);
	folder_remove();
	return failed;
}
