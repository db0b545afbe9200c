#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "words.h"

static const struct {
	const char *command, *want; /* each word in <>, or the reason */
} rows[] = {
    {"/bin/prog", "</bin/prog>"},
    {"  prog \t a  b ", "<prog><a><b>"},
    {"prog 'a b' \"c d\"", "<prog><a b><c d>"},
    {"prog a' 'b\" \"c", "<prog><a b c>"},
    {"prog '' \"\"", "<prog><><>"},
    {"prog a\\ b \\' \\\"", "<prog><a b><'><\">"},
    {"prog \"a\\\"b\" 'c\\d'", "<prog><a\"b><c\\d>"},
    {"prog 'a;b|c&d<e>f(g)$h`i'", "<prog><a;b|c&d<e>f(g)$h`i>"},
    {"prog \"a;b|c&d<e>f(g)\"", "<prog><a;b|c&d<e>f(g)>"},
    {"prog \\; \\$ \"\\$\" \"\\`\"", "<prog><;><$><$><`>"},
    {"prog * ? ~ # = ! { } [ ]", "<prog><*><?><~><#><=><!><{><}><[><]>"},
    {"exec prog a", "<prog><a>"},
    {"prog exec", "<prog><exec>"},
    {"prog a\\", "<prog><a\\>"},
    {"", "no command"},
    {" \t", "no command"},
    {"exec", "no command"},
    {"''", "no command"},
    {"'a", "unbalanced quote"},
    {"\"a", "unbalanced quote"},
    {"\"a\\", "unbalanced quote"},
    {"\"a\\\"", "unbalanced quote"},
    {"a; b", "; & | < > ( ) $ ` need a shell, and there is none"},
    {"a > b", "; & | < > ( ) $ ` need a shell, and there is none"},
    {"a $HOME", "; & | < > ( ) $ ` need a shell, and there is none"},
    {"a\nb", "; & | < > ( ) $ ` need a shell, and there is none"},
    {"a \"$HOME\"", "$ and ` need a shell, and there is none"},
    {"a \"`b`\"", "$ and ` need a shell, and there is none"},
};

static void
test_a_command_is_parted_as_a_shell_would_and_no_more(void **state)
{
	char got[256];
	struct words w;
	const char *why;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		got[0] = '\0';
		why = words_split(rows[i].command, &w);
		for (k = 0; why == NULL && k < w.count; k++)
			(void)snprintf(got + strlen(got),
			    sizeof(got) - strlen(got), "<%s>", w.list[k]);
		assert_string_equal(why != NULL ? why : got, rows[i].want);
		if (why == NULL)
			assert_null(w.list[w.count]);
		words_free(&w);
	}
}

static void
test_the_words_have_a_limit(void **state)
{
	char command[2 * WORDS_MAX + 3];
	struct words w;
	size_t i;

	(void)state;
	for (i = 0; i <= WORDS_MAX; i++)
		memcpy(command + 2 * i, "a ", 3);
	assert_string_equal(words_split(command, &w), "too many words");
	command[2 * WORDS_MAX] = '\0';
	assert_null(words_split(command, &w));
	assert_int_equal(w.count, WORDS_MAX);
	words_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_a_command_is_parted_as_a_shell_would_and_no_more),
	    cmocka_unit_test(test_the_words_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
