#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "listen.h"

/* A line, and the addresses it makes, or "!" and why it is wrong. */
static const struct {
	const char *line, *want;
} cases[] = {
    {"127.0.0.1:25", "127.0.0.1:25 "},
    {"192.0.2.1", "192.0.2.1:25 "},
    {"192.0.2.1:0", "192.0.2.1:0 "},
    {"*", "0.0.0.0:25 [::]:25 "},
    {"*:2525", "0.0.0.0:2525 [::]:2525 "},
    {"[2001:db8::1]:587", "[2001:db8::1]:587 "},
    {"[::1]", "[::1]:25 "},
    {"::1", "[::1]:25 "},
    {"2001:db8::1:25", "[2001:db8::1:25]:25 "},
    {"0.0.0.0:65535", "0.0.0.0:65535 "},
    {"", "!not an IP address"},
    {"localhost:25", "!not an IP address"},
    {"192.0.2.256:25", "!not an IP address"},
    {"192.0.2.1:65536", "!the port is no number up to 65535"},
    {"192.0.2.1:", "!the port is no number up to 65535"},
    {"192.0.2.1: 25", "!the port is no number up to 65535"},
    {"192.0.2.1:-1", "!the port is no number up to 65535"},
    {"192.0.2.1:+1", "!the port is no number up to 65535"},
    {"[192.0.2.1]:25", "!only an IPv6 address stands in brackets"},
    {"[::1", "!not ADDRESS:PORT, [IPV6]:PORT or *:PORT"},
    {"[::1]25", "!not ADDRESS:PORT, [IPV6]:PORT or *:PORT"},
    {"0000000000000000000000000000000000000000000000000000000000000001",
	"!too long"},
};

static void
test_lines(void **state)
{
	struct listen_list l;
	const char *wrong;
	char got[256], text[LISTEN_TEXT];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		l.count = 0;
		wrong = listen_parse(cases[i].line, &l);
		snprintf(got, sizeof(got), "%s%s", wrong == NULL ? "" : "!",
		    wrong == NULL ? "" : wrong);
		for (j = 0; wrong == NULL && j < l.count; j++) {
			listen_text(
			    (struct sockaddr *)&l.list[j].address, text);
			strlcat(got, text, sizeof(got));
			strlcat(got, " ", sizeof(got));
		}
		assert_string_equal(got, cases[i].want);
	}
}

static void
test_there_is_a_limit(void **state)
{
	struct listen_list l = {0};
	size_t i;

	(void)state;
	for (i = 0; i < LISTEN_MAX; i++)
		assert_null(listen_parse("127.0.0.1", &l));
	assert_non_null(listen_parse("127.0.0.1", &l));
}

static void
test_two_may_listen_on_one_address(void **state)
{
	struct listen_list l = {0};
	int one[LISTEN_MAX], two[LISTEN_MAX];
	char text[LISTEN_TEXT];

	(void)state;
	assert_null(listen_parse("127.0.0.1:0", &l));
	listen_open(&l, one);
	listen_text((struct sockaddr *)&l.list[0].address, text);
	assert_string_not_equal(text, "127.0.0.1:0");
	listen_open(&l, two);
	close(one[0]);
	close(two[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_there_is_a_limit),
	    cmocka_unit_test(test_two_may_listen_on_one_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
