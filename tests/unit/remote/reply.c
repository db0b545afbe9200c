/* A reply in, its code, status and words out; an offer of EHLO. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/remote/offer.h"
#include "../../../cmd/remote/reply.h"

static const struct {
	const char *bytes;
	int code; /* 0: not complete; -1: no SMTP */
	const char *status, *text;
} replies[] = {
    {"250 Ok\r\n", 250, "", "250 Ok"},
    {"250\r\n", 250, "", "250"},
    {"250 \r\n", 250, "", "250 "},
    {"250", 0, "", ""},
    {"250 Ok\r", 0, "", ""},
    {"250 Ok\n", 250, "", "250 Ok"},
    {"250-a\r\n", 0, "", "250 a"},
    {"250-a\r\n250 b\r\n", 250, "", "250 a b"},
    {"550-5.1.1 no\r\n550 5.1.1 such user\r\n", 550, "5.1.1",
	"550 5.1.1 no such user"},
    {"250-a\r\n550 b\r\n", 550, "", "550 a b"},
    {"550 5.1.1\r\n", 550, "5.1.1", "550 5.1.1"},
    {"550 5.123.999 x\r\n", 550, "5.123.999", "550 5.123.999 x"},
    {"550 5.1234.1 x\r\n", 550, "", "550 5.1234.1 x"},
    {"550 5.1 x\r\n", 550, "", "550 5.1 x"},
    {"550 5.1.1x\r\n", 550, "", "550 5.1.1x"},
    {"550 4.1.1 x\r\n", 550, "", "550 4.1.1 x"},
    {"250 \x1b[31m \xff \x01\r\n", 250, "", "250 ?[31m ? ?"},
    {"250 a\rb\r\n", 250, "", "250 a?b"},
    {"250 %s%n\r\n", 250, "", "250 %s%n"},
    {"2 50 x\r\n", -1, "", ""},
    {"25 x\r\n", -1, "", ""},
    {"2\r\n", -1, "", ""},
    {"\r\n", -1, "", ""},
    {"\n", -1, "", ""},
    {"abc\r\n", -1, "", ""},
    {"999 x\r\n", -1, "", ""},
    {"199 x\r\n", -1, "", ""},
    {"600 x\r\n", -1, "", ""},
    {"250x\r\n", -1, "", ""},
    {"250_x\r\n", -1, "", ""},
    {"GET / HTTP\r\n", -1, "", ""},
};

static int
read_reply(struct reply *reply, const char *bytes, size_t len, size_t piece)
{
	enum reply_event event;
	size_t used, n;

	reply_begin(reply);
	for (; len > 0; bytes += used, len -= used) {
		n = len < piece ? len : piece;
		event = reply_feed(reply, bytes, n, &used);
		assert_in_range(used, 1, n);
		if (event == REPLY_BAD)
			return -1;
		if (event == REPLY_LAST)
			return reply->code;
	}
	return 0;
}

static void
test_replies(void **state)
{
	static struct reply reply;
	size_t i, piece;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		for (piece = 1; piece < 20; piece++) {
			const char *bytes = replies[i].bytes;
			int code =
			    read_reply(&reply, bytes, strlen(bytes), piece);

			assert_int_equal(code, replies[i].code);
			if (code == -1)
				continue;
			assert_string_equal(reply.status, replies[i].status);
			assert_string_equal(reply.text, replies[i].text);
		}
}

static void
test_a_nul_hides_nothing(void **state)
{
	static struct reply reply;

	(void)state;
	assert_int_equal(read_reply(&reply, "250 a\0b\r\n", 9, 9), 250);
	assert_string_equal(reply.text, "250 a?b");
	assert_int_equal(read_reply(&reply, "25\0 a\r\n", 7, 7), -1);
}

static void
test_limits(void **state)
{
	static struct reply reply;
	static char line[REPLY_LINE + 100];
	size_t used;
	int i;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "250 ", 4);
	reply_begin(&reply);
	assert_int_equal(
	    reply_feed(&reply, line, REPLY_LINE, &used), REPLY_MORE);
	assert_int_equal(reply_feed(&reply, "x", 1, &used), REPLY_BAD);
	reply_begin(&reply);
	line[REPLY_LINE] = '\n';
	assert_int_equal(
	    reply_feed(&reply, line, REPLY_LINE + 1, &used), REPLY_LAST);
	assert_int_equal(strlen(reply.text), REPLY_TEXT - 1);
	reply_begin(&reply);
	for (i = 0; i < REPLY_LINES; i++)
		assert_int_equal(
		    reply_feed(&reply, "250-x\r\n", 7, &used), REPLY_PART);
	assert_int_equal(reply_feed(&reply, "250-x\r\n", 7, &used), REPLY_BAD);
}

static const struct {
	const char *words;
	enum offer_kind kind;
	uint64_t size;
} offers[] = {
    {"PIPELINING", OFFER_PIPELINING, 0},
    {"pipelining", OFFER_PIPELINING, 0},
    {"PIPELININGS", OFFER_UNKNOWN, 0},
    {"8BITMIME", OFFER_8BITMIME, 0},
    {"SMTPUTF8", OFFER_SMTPUTF8, 0},
    {"SIZE", OFFER_SIZE, 0},
    {"SIZE 0", OFFER_SIZE, 0},
    {"SIZE 1000", OFFER_SIZE, 1000},
    {"SIZE  1000 x", OFFER_SIZE, 1000},
    {"SIZE -5", OFFER_SIZE, 0},
    {"SIZE 5x", OFFER_SIZE, 0},
    {"SIZE 9223372036854775807", OFFER_SIZE, INT64_MAX},
    {"SIZE 9223372036854775808", OFFER_SIZE, 0},
    {"SIZE 99999999999999999999", OFFER_SIZE, 0},
    {"SIZE 999999999999999999999999999999", OFFER_SIZE, 0},
    {"STARTTLS", OFFER_UNKNOWN, 0},
    {"", OFFER_UNKNOWN, 0},
    {" ", OFFER_UNKNOWN, 0},
};

static void
test_offers(void **state)
{
	struct offer offer;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		offer_parse(offers[i].words, &offer);
		assert_int_equal(offer.kind, offers[i].kind);
		assert_int_equal(offer.size, offers[i].size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_a_nul_hides_nothing),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_offers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
