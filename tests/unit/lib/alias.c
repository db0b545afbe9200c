/* alias: lists of addresses and what else may stand in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alias.h"

static const char letters[] = {[ALIAS_ADDRESS] = 'a',
    [ALIAS_USER] = 'u',
    [ALIAS_PROGRAM] = 'p',
    [ALIAS_FILE] = 'f',
    [ALIAS_INCLUDE] = 'i'};

/* want: items as "kind:text", parted by " ; ". */
static const struct {
	const char *text, *want;
} lists[] = {
    {"", ""},
    {"kjy", "a:kjy"},
    {"kjy, lee@example.org", "a:kjy ; a:lee@example.org"},
    {" kjy ,\tlee ,, ", "a:kjy ; a:lee"},
    {"kjy\nlee\n", "a:kjy ; a:lee"},
    {"kjy,\n\tlee,\r\n", "a:kjy ; a:lee"},
    {"# nobody\nkjy\n#lee\n", "a:kjy"},
    {"kjy#x", "a:kjy#x"},
    {"\\kjy, x@y", "u:kjy ; a:x@y"},
    {"\\kjy@local.example", "a:kjy@local.example"},
    {"Kim J <kjy@kjy.co.ki>", "a:kjy@kjy.co.ki"},
    {"\"Kim, J\" <kjy@kjy.co.ki>, b", "a:kjy@kjy.co.ki ; a:b"},
    {"<dave>", "a:dave"},
    {"<@a,@b:c@d>", "a:@a,@b:c@d"},
    {"x@y (home, sweet), z", "a:x@y ; a:z"},
    {"(nobody)", ""},
    {"\"a b\"@c", "a:\"a b\"@c"},
    {"\"carol\"", "a:\"carol\""},
    {"|/bin/cat", "p:/bin/cat"},
    {"|/bin/prog a b, c", "p:/bin/prog a b ; a:c"},
    {"\"|/bin/prog arg, arg2\", x", "p:/bin/prog arg, arg2 ; a:x"},
    {"|\"/bin/prog a, b\"", "p:/bin/prog a, b"},
    {"|/bin/prog \"a, b\"", "p:/bin/prog \"a, b\""},
    {"\"| /bin/x\"", "p:/bin/x"},
    {"\"|IFS=' ' && exec /p -f- || exit 75 #eve\"",
	"p:IFS=' ' && exec /p -f- || exit 75 #eve"},
    {"\"|exec \\\"/p\\\"\"", "p:exec \"/p\""},
    {"/dev/null", "f:/dev/null"},
    {"/var/mail/archive/", "f:/var/mail/archive/"},
    {"\"/tmp/with space\"", "f:/tmp/with space"},
    {":include:/etc/l1", "i:/etc/l1"},
    {":INCLUDE: /etc/l1", "i:/etc/l1"},
    {"\":include:/etc/l2\", bob", "i:/etc/l2 ; a:bob"},
    {":include:relative", "i:relative"}, /* for its reader to refuse */
    {"a b", "a:a b"},
    {"error:5.7.1:550 no", "a:error:5.7.1:550 no"},
    /* wrong */
    {":include:", NULL},
    {"|", NULL},
    {"|/p \"open", NULL},
    {"\"open", NULL},
    {"a\n\"open\nb", NULL},
    {"<a@b", NULL},
    {"(open", NULL},
    {"<>", NULL},
    {"a\x01@b", NULL},
};

static void
a_list_is_its_items(void **state)
{
	struct alias_items items;
	char got[1024];
	const char *reason;
	unsigned line;
	size_t i, n, k;
	int parsed;

	(void)state;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		parsed = alias_parse(lists[i].text, strlen(lists[i].text),
		    &items, &line, &reason);
		if ((parsed == 0) != (lists[i].want != NULL))
			fail_msg("%s: %s", lists[i].text,
			    reason != NULL ? reason : "taken");
		got[0] = '\0';
		for (k = n = 0; k < items.count; k++)
			n += (size_t)snprintf(got + n, sizeof(got) - n,
			    "%s%c:%s", k > 0 ? " ; " : "",
			    letters[items.list[k].kind], items.list[k].text);
		if (lists[i].want != NULL && strcmp(got, lists[i].want) != 0)
			fail_msg("%s: got %s", lists[i].text, got);
		if (lists[i].want == NULL)
			assert_non_null(reason);
		alias_free(&items);
	}
}

static void
a_wrong_list_names_its_line(void **state)
{
	static const char text[] = "kjy\n# x\nlee,\n<a\n";
	struct alias_items items;
	const char *reason;
	unsigned line;

	(void)state;
	assert_int_equal(
	    alias_parse(text, sizeof(text) - 1, &items, &line, &reason), -1);
	assert_int_equal(line, 4);
	assert_string_equal(reason, "unbalanced bracket");
	assert_int_equal(items.count, 0);
	assert_int_equal(alias_parse("a\0b", 3, &items, &line, &reason), -1);
}

static void
plain_means_nothing_to_run_or_open(void **state)
{
	struct alias_items items;
	const char *reason;
	unsigned line;

	(void)state;
	alias_parse("a, \\b", 5, &items, &line, &reason);
	assert_true(alias_is_plain(&items));
	alias_free(&items);
	alias_parse("a, |b", 5, &items, &line, &reason);
	assert_false(alias_is_plain(&items));
	alias_free(&items);
}

static const char file[] = "# comment\n"
			   "postmaster: root\n"
			   "\n"
			   "list: alice,\n"
			   "\tbob,\n"
			   "   carol\n"
			   "inc: alice,\\\n"
			   "bob\n"
			   "   \n"
			   "\n"
			   "  bad leading\n"
			   "dave : eve\n"
			   "plus:carol\n"
			   "nocolon\n"
			   "empty:\n"
			   "\"a:b c\": x\r\n"
			   "last: \"|x: y\"";

static const struct {
	unsigned line;
	const char *name, *value; /* value NULL: the reason */
} entries[] = {
    {2, "postmaster", "root"},
    {4, "list", "alice,\tbob,   carol"},
    {7, "inc", "alice,bob"},
    {11, "", "Non-continuation line starts with space"},
    {12, "dave", "eve"},
    {13, "plus", "carol"},
    {14, "", "missing colon"},
    {15, "empty", "missing value for alias"},
    {16, "a:b c", "x"},
    {17, "last", "\"|x: y\""},
};

static void
a_file_is_its_entries(void **state)
{
	struct alias_entry e;
	unsigned line = 0;
	size_t at = 0, i;

	(void)state;
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		assert_int_equal(
		    alias_next(file, sizeof(file) - 1, &at, &line, &e), 1);
		assert_int_equal(e.line, entries[i].line);
		assert_string_equal(e.name, entries[i].name);
		assert_string_equal(
		    e.reason != NULL ? e.reason : e.value, entries[i].value);
		free(e.value);
	}
	assert_int_equal(alias_next(file, sizeof(file) - 1, &at, &line, &e), 0);
}

static void
what_is_too_long_is_refused(void **state)
{
	char *text = malloc(ALIAS_LINE * 2);
	struct alias_entry e;
	struct alias_items items;
	const char *reason;
	unsigned line = 0;
	size_t at = 0;

	(void)state;
	assert_non_null(text);
	memset(text, 'a', ALIAS_LINE * 2);
	text[300] = ':';
	assert_int_equal(alias_next(text, 1000, &at, &line, &e), 1);
	assert_string_equal(e.reason, "name missing or too long");
	at = line = 0;
	text[1] = ':';
	assert_int_equal(alias_next(text, ALIAS_LINE * 2, &at, &line, &e), 1);
	assert_string_equal(e.reason, "entry too long");
	for (at = 0; at < ALIAS_LINE; at += 2)
		memcpy(text + at, "a,", 2);
	assert_int_equal(
	    alias_parse(text, ALIAS_LINE, &items, &line, &reason), -1);
	assert_string_equal(reason, "too many items");
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_list_is_its_items),
	    cmocka_unit_test(a_wrong_list_names_its_line),
	    cmocka_unit_test(plain_means_nothing_to_run_or_open),
	    cmocka_unit_test(a_file_is_its_entries),
	    cmocka_unit_test(what_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
