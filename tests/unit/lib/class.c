/* class: which words a file holds, and what they match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../tables.h"
#include "class.h"

static const struct {
	const char *file, *word;
	const char *has, *suffix, *prefix; /* what is found, or NULL */
} rows[] = {
    {"rel.example\n", "rel.example", "rel.example", "rel.example",
	"rel.example"},
    {"rel.example\n", "REL.Example", "rel.example", "rel.example",
	"rel.example"},
    {"REL.EXAMPLE\n", "rel.example", "rel.example", "rel.example",
	"rel.example"},
    {"rel.example\n", "sub.rel.example", NULL, "rel.example", NULL},
    {"rel.example\n", "badrel.example", NULL, NULL, NULL},
    {"rel.example\n", "bad-rel.example", NULL, NULL, NULL},
    {"rel.example\n", "foo+rel.example", NULL, "rel.example", NULL},
    {"rel.example\n", "rel.example.com", NULL, NULL, "rel.example"},
    {".rel.example\n", "rel.example", NULL, NULL, NULL},
    {".rel.example\n", "sub.rel.example", NULL, ".rel.example", NULL},
    {"example\n", "a.b.example", NULL, "example", NULL},
    {"*.rel.example\n", "sub.rel.example", NULL, NULL, NULL},
    {"rel.example.\n", "rel.example", NULL, NULL, NULL},
    {"10.1\n", "10.1.2.3", NULL, NULL, "10.1"},
    {"10.1\n", "10.12.2.3", NULL, NULL, NULL},
    {"10.1\n", "110.1.2.3", NULL, NULL, NULL},
    {"10.1.\n", "10.1.2.3", NULL, NULL, "10.1."},
    {"IPv6:2001:db8\n", "IPv6:2001:db8:1:2:0:0:0:25", NULL, NULL,
	"ipv6:2001:db8"},
    {"192.168.0.0/24\n", "192.168.0.7", NULL, NULL, NULL},
    {"[10.1.2.3]\n", "[10.1.2.3]", "[10.1.2.3]", "[10.1.2.3]", "[10.1.2.3]"},
    {"[10.1.2.3]\n", "10.1.2.3", NULL, NULL, NULL},
    {"# a.example\n  \n\n  b.example c.example # d\n", "b.example", "b.example",
	"b.example", "b.example"},
    {"# a.example\n  b.example c.example\n", "c.example", NULL, NULL, NULL},
    {"#a.example\n", "a.example", NULL, NULL, NULL},
    {"a.example\r\nb.example", "a.example", "a.example", "a.example",
	"a.example"},
    {"a.example\r\nb.example", "b.example", "b.example", "b.example",
	"b.example"},
    {"", "a", NULL, NULL, NULL},
    {"a\n", "", NULL, NULL, NULL},
};

static void
same(const char *what, const char *word, const char *got, const char *want)
{
	if ((got == NULL) != (want == NULL) ||
	    (got != NULL && strcmp(got, want) != 0))
		fail_msg("%s %s: %s", what, word, got != NULL ? got : "-");
}

static void
words_match_at_borders(void **state)
{
	struct class *c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		file_write("words", rows[i].file);
		c = class_open(folder, "words");
		assert_int_equal(class_check(c), 0);
		same("has", rows[i].word, class_has(c, rows[i].word),
		    rows[i].has);
		same("suffix", rows[i].word, class_suffix(c, rows[i].word),
		    rows[i].suffix);
		same("prefix", rows[i].word, class_prefix(c, rows[i].word),
		    rows[i].prefix);
		class_close(c);
	}
}

static void
a_changed_file_is_read_anew(void **state)
{
	struct class *c = class_open(folder, "changing");

	(void)state;
	assert_int_equal(class_check(c), 0);
	assert_null(class_has(c, "a"));
	file_write("changing", "a\n");
	assert_int_equal(class_check(c), 0);
	assert_non_null(class_has(c, "a"));
	file_write("changing", "b\n# longer now\n");
	assert_int_equal(class_check(c), 0);
	assert_null(class_has(c, "a"));
	assert_non_null(class_has(c, "b"));
	table_remove("changing");
	assert_int_equal(class_check(c), 0);
	assert_null(class_has(c, "b"));
	class_close(c);
}

static void
what_is_always_ours(void **state)
{
	struct class *c = class_local(folder, "Mail.Kjy.CO.KI");

	(void)state;
	assert_int_equal(class_check(c), 0);
	assert_non_null(class_has(c, "mail.kjy.co.ki"));
	assert_non_null(class_has(c, "LOCALHOST"));
	assert_non_null(class_has(c, "localhost.localdomain"));
	assert_null(class_has(c, "[127.0.0.1]"));
	assert_null(class_has(c, "kjy.co.ki"));
	file_write("local-host-names", "kjy.co.ki\n");
	assert_int_equal(class_check(c), 0);
	assert_non_null(class_has(c, "kjy.co.ki"));
	assert_non_null(class_has(c, "localhost"));
	class_close(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_match_at_borders),
	    cmocka_unit_test(a_changed_file_is_read_anew),
	    cmocka_unit_test(what_is_always_ours),
	};
	int failed;

	folder_make();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	folder_remove();
	return failed;
}
