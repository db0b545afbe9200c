/* rewrite: what a broken table or setting does, and who made an address so.
 * The rules themselves are asked in tests/sendmail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../tables.h"
#include "rewrite.h"

static struct tables *tables;
static struct rewriter *rewriter;

static int
open_all(void **state)
{
	(void)state;
	folder_make();
	file_write("me", "mx.example.org\n");
	file_write("local-host-names", "local.example\n");
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	rewriter_close(rewriter);
	tables_close(tables);
	folder_remove();
	return 0;
}

static void
start(void)
{
	tables = tables_open(folder, NULL);
	rewriter = rewriter_open(tables);
}

/* "result rule", or "later". */
static const char *
ask(enum rewrite_kind kind, bool local, const char *address)
{
	static char text[ADDR_SIZE + RULE_SIZE + 2];
	char out[ADDR_SIZE], rule[RULE_SIZE];
	int got = rewriter_begin(rewriter);

	if (got == 0) {
		got = rewrite(rewriter, kind, local, address, out, rule);
		rewriter_end(rewriter);
	}
	if (got == -1)
		return "later";
	assert_int_equal(got, strcmp(out, address) != 0);
	snprintf(text, sizeof(text), "%s %s", out, rule);
	return text;
}

static void
nothing_is_on_where_there_is_no_table(void **state)
{
	(void)state;
	start();
	assert_false(rewriter_is_on(rewriter));
	assert_string_equal(
	    ask(REWRITE_HEADER_SENDER, false, "a@b.example"), "a@b.example ");
	assert_string_equal(ask(REWRITE_HEADER_SENDER, false, "a"),
	    "a@mx.example.org address:canonical");
	assert_string_equal(ask(REWRITE_ENVELOPE_SENDER, false, ""), " ");
}

static void
a_table_that_comes_counts_at_once(void **state)
{
	(void)state;
	start();
	table_write("genericstable", "kim Kim.Lee@pub.example\n");
	assert_true(rewriter_is_on(rewriter));
	assert_string_equal(ask(REWRITE_HEADER_SENDER, false, "kim"),
	    "Kim.Lee@pub.example genericstable:kim");
	assert_string_equal(ask(REWRITE_HEADER_SENDER, false, "kim@b.example"),
	    "kim@b.example ");
	file_write("generics-domains", "b.example\n");
	assert_string_equal(ask(REWRITE_HEADER_SENDER, false, "kim@B.example"),
	    "Kim.Lee@pub.example genericstable:kim");
}

static void
a_broken_table_is_later(void **state)
{
	(void)state;
	start();
	table_write("genericstable", "kim Kim.Lee@pub.example\n");
	file_write("genericstable.cdb", "no map");
	assert_true(rewriter_is_on(rewriter));
	assert_string_equal(ask(REWRITE_HEADER_SENDER, false, "kim"), "later");
	assert_non_null(strstr(tables->reason, "genericstable.cdb"));
	/* It is not asked for this one. */
	assert_string_equal(ask(REWRITE_HEADER_RECIPIENT, false, "x@b.example"),
	    "x@b.example ");
	file_write("domaintable.cdb", "no map");
	assert_string_equal(
	    ask(REWRITE_HEADER_RECIPIENT, false, "x@b.example"), "later");
}

static void
the_last_entry_is_the_rule(void **state)
{
	(void)state;
	file_write("masquerade-as", "example.org\n");
	file_write("exposed-users", "root\n");
	start();
	assert_true(rewriter_is_on(rewriter));
	table_write("domaintable", "old.example local.example\n"
				   "older.example new.example\n");
	assert_string_equal(
	    ask(REWRITE_HEADER_SENDER, false, "kim@Old.example"),
	    "kim@example.org masquerade-as:example.org");
	assert_string_equal(
	    ask(REWRITE_HEADER_SENDER, true, "root@old.example"),
	    "root@local.example domaintable:old.example");
	assert_string_equal(
	    ask(REWRITE_ENVELOPE_SENDER, false, "kim@older.example"),
	    "kim@new.example domaintable:older.example");
}

static void
what_is_no_address_stays(void **state)
{
	static const char *const odd[] = {
	    "a@b@c", "@b.example", "a@", "host!user", "<", "\"a", "a@b..c"};
	char want[64];
	size_t i;

	(void)state;
	file_write("masquerade-as", "example.org\n");
	start();
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(want, sizeof(want), "%s ", odd[i]);
		assert_string_equal(
		    ask(REWRITE_HEADER_SENDER, false, odd[i]), want);
	}
}

static void
a_long_address_stays(void **state)
{
	char text[ADDR_SIZE - 8], long_value[1100];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(long_value, "kim ", 4);
	memset(long_value + 4, 'x', 1060);
	strlcpy(long_value + 1064, "\n", 2);
	start();
	table_write("genericstable", long_value);
	assert_memory_equal(
	    ask(REWRITE_HEADER_SENDER, false, text), text, sizeof(text) - 1);
	assert_string_equal(ask(REWRITE_HEADER_SENDER, false, "kim"),
	    "kim@mx.example.org genericstable:kim");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_on_where_there_is_no_table),
	    TEST(a_table_that_comes_counts_at_once),
	    TEST(a_broken_table_is_later),
	    TEST(the_last_entry_is_the_rule),
	    TEST(what_is_no_address_stays),
	    TEST(a_long_address_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
