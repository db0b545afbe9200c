/* record: what may be sent, what is understood, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record.h"

static const struct {
	const char *what, *bytes;
	size_t len;
	ssize_t want; /* bytes taken, 0 for more, -1 */
	int error;
} parses[] = {
#define ROW(what, bytes, want, error)                                          \
	{                                                                      \
		what, bytes, sizeof(bytes) - 1, want, error                    \
	}
    ROW("nothing yet", "", 0, 0),
    ROW("half a name", "reci", 0, 0),
    ROW("a field, no end", "recipient=a@b\n", 0, 0),
    ROW("one field", "a=b\n\n", 5, 0),
    ROW("content is left alone", "a=b\nsize=3\n\nxyz", 12, 0),
    ROW("an empty record", "\nrest", 1, 0),
    ROW("an empty value", "a=\n\n", 4, 0),
    ROW("equals in a value", "a=b=c\n\n", 7, 0),
    ROW("8-bit in a value", "a=\xff\n\n", 5, 0),
    ROW("no equals", "abc\n\n", -1, EPROTO),
    ROW("no name", "=b\n\n", -1, EPROTO),
    ROW("a name in capitals", "Abc=b\n\n", -1, EPROTO),
    ROW("a name with a digit", "a1=b\n\n", -1, EPROTO),
    ROW("a NUL in a value", "a=b\0c\n\n", -1, EPROTO),
    ROW("a NUL in a name", "a\0=c\n\n", -1, EPROTO),
    ROW("too long", "a=0123456789012345678901234567890\n\n", -1, EMSGSIZE),
    ROW("too long already", "a=0123456789012345678901234567890", -1, EMSGSIZE),
};

static void
a_record_is_understood_or_refused(void **state)
{
	struct record r;
	size_t i;

	(void)state;
	record_init(&r, 32);
	for (i = 0; i < sizeof(parses) / sizeof(*parses); i++) {
		errno = 0;
		if (record_parse(&r, parses[i].bytes, parses[i].len) !=
			parses[i].want ||
		    (parses[i].want == -1 && errno != parses[i].error))
			fail_msg("%s", parses[i].what);
	}
	record_free(&r);
}

static void
a_value_may_not_hold_a_newline(void **state)
{
	struct record r;

	(void)state;
	record_init(&r, 100);
	assert_int_equal(record_add(&r, "recipient", "x\naction=ok"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(record_add(&r, "Recipient", "x"), -1);
	assert_int_equal(record_add(&r, "", "x"), -1);
	assert_int_equal(r.len, 0);
	record_free(&r);
}

static void
a_record_does_not_grow_beyond_its_limit(void **state)
{
	struct record r;

	(void)state;
	record_init(&r, 8);
	assert_int_equal(record_add(&r, "a", "12345"), 0);
	assert_int_equal(record_add(&r, "a", ""), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_string_equal(record_get(&r, "a"), "12345");
	record_free(&r);
}

static void
what_is_encoded_is_parsed_again(void **state)
{
	struct record a, b;
	size_t len, at = 0;
	char *text;

	(void)state;
	record_init(&a, 1000);
	record_init(&b, 1000);
	record_add(&a, "recipient", "x@y");
	record_add(&a, "recipient", "");
	record_addf(&a, "size", "%d", 42);
	text = record_encode(&a, &len);
	assert_int_equal(record_parse(&b, text, len), (ssize_t)len);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.text, b.text, a.len);
	assert_string_equal(record_each(&b, "recipient", &at), "x@y");
	assert_string_equal(record_each(&b, "recipient", &at), "");
	assert_null(record_each(&b, "recipient", &at));
	free(text);
	record_free(&a);
	record_free(&b);
}

static void
a_number_is_a_number_or_refused(void **state)
{
	static const struct {
		const char *value;
		int want;
	} rows[] = {{"0", 1}, {"100", 1}, {"101", -1}, {"", -1}, {"-1", -1},
	    {" 1", -1}, {"1x", -1}, {"99999999999999999999999", -1}};
	struct record r;
	uint64_t n;
	size_t i;

	(void)state;
	record_init(&r, 1000);
	assert_int_equal(record_number(&r, "size", 100, &n), 0);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		record_clear(&r);
		record_add(&r, "size", rows[i].value);
		if (record_number(&r, "size", 100, &n) != rows[i].want)
			fail_msg("%s", rows[i].value);
	}
	record_free(&r);
}

static void
a_size_announces_content_only_as_the_last_name(void **state)
{
	struct record r;
	uint64_t n = 0;

	(void)state;
	record_init(&r, 1000);
	assert_int_equal(record_content(&r, 100, &n), 0);
	record_add(&r, "size", "7");
	assert_int_equal(record_content(&r, 100, &n), 1);
	assert_int_equal(n, 7);
	assert_int_equal(record_content(&r, 6, &n), -1);
	record_add(&r, "stress", ""); /* so does Postfix */
	assert_int_equal(record_content(&r, 6, &n), 0);
	record_free(&r);
}

static void
a_stream_gives_records_and_leaves_content(void **state)
{
	char bytes[] = "a=b\nsize=2\n\nxyc=d\n\n";
	FILE *f = fmemopen(bytes, sizeof(bytes) - 1, "r");
	struct record r;

	(void)state;
	record_init(&r, 100);
	assert_int_equal(record_read(f, &r), 1);
	assert_string_equal(record_get(&r, "a"), "b");
	assert_int_equal(getc(f), 'x');
	assert_int_equal(getc(f), 'y');
	assert_int_equal(record_read(f, &r), 1);
	assert_string_equal(record_get(&r, "c"), "d");
	assert_int_equal(record_read(f, &r), 0);
	fclose(f);
	record_free(&r);
}

static void
half_a_record_in_a_stream_is_an_error(void **state)
{
	static char *const rows[] = {"a=b\n", "a=b", "a\n\n", "a=b\nx\n\n"};
	struct record r;
	size_t i;
	FILE *f;

	(void)state;
	record_init(&r, 100);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		f = fmemopen(rows[i], strlen(rows[i]), "r");
		assert_int_equal(record_read(f, &r), -1);
		assert_int_equal(errno, EPROTO);
		fclose(f);
	}
	record_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_is_understood_or_refused),
	    cmocka_unit_test(a_value_may_not_hold_a_newline),
	    cmocka_unit_test(a_record_does_not_grow_beyond_its_limit),
	    cmocka_unit_test(what_is_encoded_is_parsed_again),
	    cmocka_unit_test(a_number_is_a_number_or_refused),
	    cmocka_unit_test(a_size_announces_content_only_as_the_last_name),
	    cmocka_unit_test(a_stream_gives_records_and_leaves_content),
	    cmocka_unit_test(half_a_record_in_a_stream_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
