#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "line.h"

#define MAX 20

static const struct {
	const char *bytes;
	int want; /* -1: fault */
	enum line_fault fault;
} commands[] = {
    {"", 0, 0},
    {"QUIT", 0, 0},
    {"QUIT\r", 0, 0},
    {"QUIT\r\n", 6, 0},
    {"\r\n", 2, 0},
    {"A\r\nB\r\n", 3, 0},
    {"A\nB\r\n", -1, LINE_BARE_LF},
    {"\n", -1, LINE_BARE_LF},
    {"A\rB\r\n", -1, LINE_BARE_CR},
    {"A\r\r\n", -1, LINE_BARE_CR},
    {"345678901234567890\r\n", 20, 0},
    {"345678901234567890\r", 0, 0},
    {"3456789012345678901\r\n", -1, LINE_LONG},
    {"3456789012345678901\n", -1, LINE_LONG},
    {"34567890123456789012", -1, LINE_LONG},
    {"3456789012345678901", 0, 0},
};

static void
test_a_command_ends_in_cr_lf(void **state)
{
	enum line_fault fault;
	ssize_t got;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		fault = 0;
		got = line_command(
		    commands[i].bytes, strlen(commands[i].bytes), MAX, &fault);
		if (got != commands[i].want || fault != commands[i].fault)
			fail_msg("%zu: %zd, fault %d", i, got, (int)fault);
	}
}

/*
 * Data, what is made of it, the flags (r bare CR, n bare LF, 0 NUL) and what
 * is left behind the end, or NULL where there is no end.  "@" stands for NUL.
 */
static const struct {
	const char *id, *bytes, *content, *flags, *rest;
} data[] = {
    {"plain", "a\r\nb\r\n.\r\n", "a\nb\n", "", ""},
    {"E01", "x\r\n\r\na\n.\nM\r\n.\r\n", "x\n\na.M\n", "n", ""},
    {"E02", "a\n.\r\nM\r\n.\r\n", "a.\nM\n", "n", ""},
    {"E03", "a\r\n.\nM\r\n.\r\n", "a\nM\n", "n", ""},
    {"E04", "a\r.\rM\r\n.\r\n", "a.M\n", "r", ""},
    {"E05", "a\r.\r\nM\r\n.\r\n", "a.\nM\n", "r", ""},
    {"E06", "a\r\n.\rM\r\n.\r\n", "a\nM\n", "r", ""},
    {"E07", "a\n.\rM\r\n.\r\n", "a.M\n", "rn", ""},
    {"E08", "a\r\n.\r\r\nM\r\n.\r\n", "a\n\nM\n", "r", ""},
    {"E09", "a\r\r\n.\r\n", "a\n", "r", ""},
    {"E10", "a\r\n@.\r\nb\r\n.\r\n", "a\n.\nb\n", "0", ""},
    {"E11", "a\r\n.@\r\nb\r\n.\r\n", "a\n\nb\n", "0", ""},
    {"E12", "a\r\n.@junk\r\nM\r\n.\r\n", "a\njunk\nM\n", "0", ""},
    {"E13", "a\r\n. \r\n.\t\r\n.\r\n", "a\n \n\t\n", "", ""},
    {"E14", "a\r\n\xe3\x80\x82\r\n.\r\n", "a\n\xe3\x80\x82\n", "", ""},
    {"E16", ".\r\n", "", "", ""},
    {"E17", ".\n\r\n.\r\n", "\n", "n", ""},
    {"E18", "..\r\n...\r\n.a\r\n.\r\n", ".\n..\na\n", "", ""},
    {"E20", "a\r\n", "a\n", "", NULL},
    {"E21", "a\r\n.\r\nQUIT\r\n", "a\n", "", "QUIT\r\n"},
    {"cut", "a\r\n.\r", "a\n", "", NULL},
    {"lf first", "\n.\r\nx\r\n.\r\n", ".\nx\n", "n", ""},
    {"cr first", "\r.\r\nx\r\n.\r\n", ".\nx\n", "r", ""},
    {"dot cr dot", ".\r.\r\n.\r\n", ".\n", "r", ""},
};

struct result {
	char content[256];
	char flags[8];
	size_t taken;
	bool end;
};

/* Feed it in pieces of step bytes, each in memory of its own size. */
static void
feed(const char *bytes, size_t len, size_t step, struct result *r)
{
	size_t at = 0, n, used, put = 0;
	struct line_data d;
	char *in, *out;

	memset(r, 0, sizeof(*r));
	line_data_start(&d);
	while (at < len && !r->end) {
		n = len - at < step ? len - at : step;
		in = malloc(n);
		out = malloc(n);
		memcpy(in, bytes + at, n);
		used = line_data(&d, in, n, out, &n, &r->end);
		memcpy(r->content + put, out, n);
		put += n;
		at += used;
		free(in);
		free(out);
	}
	r->taken = at;
	snprintf(r->flags, sizeof(r->flags), "%s%s%s", d.bare_cr ? "r" : "",
	    d.bare_lf ? "n" : "", d.nul ? "0" : "");
}

static void
check(size_t i, size_t step)
{
	char bytes[128];
	struct result r;
	size_t len = strlen(data[i].bytes), j;

	for (j = 0; j < len; j++)
		bytes[j] = data[i].bytes[j] == '@' ? '\0' : data[i].bytes[j];
	feed(bytes, len, step, &r);
	if (strcmp(r.content, data[i].content) != 0 ||
	    strcmp(r.flags, data[i].flags) != 0 ||
	    r.end != (data[i].rest != NULL) ||
	    (r.end && len - r.taken != strlen(data[i].rest)))
		fail_msg("%s by %zu: \"%s\" flags %s end %d taken %zu",
		    data[i].id, step, r.content, r.flags, r.end, r.taken);
}

static void
test_data_end_in_one_way_only(void **state)
{
	size_t i, step;

	(void)state;
	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		for (step = 1; step <= 64; step++)
			check(i, step);
}

static void
test_the_longest_line_is_known(void **state)
{
	struct line_data d;
	char out[64];
	size_t n;
	bool end;

	(void)state;
	line_data_start(&d);
	line_data(&d, "ab\r\nabcde", 9, out, &n, &end);
	line_data(&d, "fg\r\nx\r\n", 7, out, &n, &end);
	assert_int_equal(d.longest, 7);
	assert_int_equal(d.length, 0);
}

static void
test_chunks_know_no_dots(void **state)
{
	static const char bytes[] = ".\r\n..a\r\n.\r\nb\r";
	const size_t len = sizeof(bytes) - 1;
	struct line_data d;
	char out[64];
	size_t at, n = 0;

	(void)state;
	line_data_start(&d);
	for (at = 0; at < len; at++)
		n += line_chunk(&d, bytes + at, 1, out + n);
	assert_int_equal(n, 9);
	assert_memory_equal(out, ".\n..a\n.\nb", 9);
	assert_false(d.bare_cr || d.bare_lf || d.nul);
	assert_true(line_chunk_end(&d));
	assert_true(d.bare_cr);
	line_data_start(&d);
	line_chunk(&d, "b\r\n", 3, out);
	assert_false(line_chunk_end(&d));
	assert_false(d.bare_cr);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_command_ends_in_cr_lf),
	    cmocka_unit_test(test_data_end_in_one_way_only),
	    cmocka_unit_test(test_chunks_know_no_dots),
	    cmocka_unit_test(test_the_longest_line_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
