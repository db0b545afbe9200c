/* hops, verdict, clients */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clients.h"
#include "hops.h"
#include "verdict.h"

/* Content, how many Received fields it has, and how long its header is. */
static const struct {
	const char *content;
	unsigned received;
	size_t size;
} headers[] = {
    {"", 0, 0},
    {"Received: x\n\n", 1, 13},
    {"received: x\nRECEIVED :y\nReceived\t: z\n\nReceived: b\n", 3, 38},
    {"Subject: x\n Received: y\nX-Received: a\nReceivedx: b\nReceive: c\n", 0,
	62},
    {"Received x\nReceived: y\n", 0, 10},
    {"From kim Mon\nReceived: y\n", 0, 6},
    {"body\nReceived: y\n", 0, 5},
    {"\nReceived: y\n", 0, 1},
    {"Subject: x\n\tfold\nReceived: y\n\n", 1, 30},
    {": x\nReceived: y\n", 0, 1},
    {"Received\n: x\n", 0, 9},
};

static void
test_received_fields_are_counted(void **state)
{
	struct hops whole, bytes;
	size_t i, j, len;
	bool claimed;

	(void)state;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		len = strlen(headers[i].content);
		hops_start(&whole, "me.test");
		hops_start(&bytes, "me.test");
		assert_int_equal(
		    hops_take(&whole, headers[i].content, len, &claimed), len);
		assert_false(claimed);
		for (j = 0; j < len; j++)
			hops_take(&bytes, headers[i].content + j, 1, &claimed);
		if (whole.received != headers[i].received ||
		    whole.size != headers[i].size ||
		    bytes.received != headers[i].received ||
		    bytes.size != headers[i].size)
			fail_msg("%zu: %u, %zu", i, whole.received, whole.size);
	}
}

/* Content, and where the fields begin that claim to be me.test's. */
static const struct {
	const char *content;
	int at[3]; /* -1 ends them */
} claims[] = {
    {"Authentication-Results: me.test; spf=pass\n\n", {0, -1}},
    {"A: b\nauthentication-results :\n me.test\nB: c\n", {5, -1}},
    {"Authentication-Results:me.test\n", {0, -1}},
    {"Authentication-Results: \"ME.test\"; x\n", {0, -1}},
    {"Authentication-Results: (a (b) \\) c)\n\tme.test 1; x\n", {0, -1}},
    {"Authentication-Results: me.test; x\nAuthentication-Results: y; x\n"
     "Authentication-Results: me.test(z)\n",
	{0, 64, -1}},
    {"Authentication-Results: me.test.evil; x\n", {-1}},
    {"Authentication-Results: a.me.test; x\n", {-1}},
    {"Authentication-Results: me.tes; x\n", {-1}},
    {"Authentication-Results: other; (me.test)\n me.test; x\n", {-1}},
    {"Authentication-Results: (me.test) other; x\n", {-1}},
    {"X-Authentication-Results: me.test; x\n", {-1}},
    {"Authentication-Results-X: me.test; x\n", {-1}},
    {"A: b\n Authentication-Results: me.test; x\n", {-1}},
    {"Authentication-Results:\nA: me.test; x\n", {-1}},
    {"A: b\n\nAuthentication-Results: me.test; x\n", {-1}},
};

static void
test_claims_in_our_name_are_found(void **state)
{
	struct hops h;
	size_t i, piece, at, len;
	bool claimed;
	int found;

	(void)state;
	for (i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		for (piece = 1; piece <= 200; piece += 199) {
			hops_start(&h, "me.test");
			len = strlen(claims[i].content);
			for (at = 0, found = 0; at < len;) {
				at += hops_take(&h, claims[i].content + at,
				    len - at < piece ? len - at : piece,
				    &claimed);
				if (claimed &&
				    claims[i].at[found++] != (int)h.name)
					fail_msg("%zu: at %zu", i, h.name);
			}
			if (claims[i].at[found] != -1)
				fail_msg("%zu: %d found", i, found);
		}
}

static const struct {
	const char *action;
	enum verdict_kind kind;
	const char *text;
} actions[] = {
    {"DUNNO", VERDICT_PASS, ""},
    {"OK", VERDICT_PASS, ""},
    {"ok", VERDICT_PASS, ""},
    {"DISCARD", VERDICT_DISCARD, ""},
    {"DISCARD spam", VERDICT_DISCARD, "spam"},
    {"HOLD look at it", VERDICT_HOLD, "look at it"},
    {"550 5.7.1 no", VERDICT_REFUSE, "550 5.7.1 no"},
    {"450 4.7.1 later", VERDICT_REFUSE, "450 4.7.1 later"},
    {"421 4.7.0 go", VERDICT_REFUSE, "421 4.7.0 go"},
    {"250 2.0.0 fine", VERDICT_REFUSE, NULL},
    {"550", VERDICT_REFUSE, NULL},
    {"550 ", VERDICT_REFUSE, NULL},
    {"55 5.7.1 no", VERDICT_REFUSE, NULL},
    {"550-5.7.1 no", VERDICT_REFUSE, NULL},
    {"550 x\r250 ok", VERDICT_REFUSE, NULL}, /* D08 */
    {"OKAY", VERDICT_REFUSE, NULL},
    {"O", VERDICT_REFUSE, NULL},
    {"", VERDICT_REFUSE, NULL},
    {" OK", VERDICT_REFUSE, NULL},
    {"PERMIT", VERDICT_REFUSE, NULL},
};

static void
test_only_a_clear_word_lets_pass(void **state)
{
	struct record r;
	struct verdict v;
	size_t i;

	(void)state;
	record_init(&r, 1024);
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		record_clear(&r);
		assert_int_equal(
		    record_add(&r, "action", actions[i].action), 0);
		verdict_read(&v, &r);
		assert_int_equal(v.kind, actions[i].kind);
		if (actions[i].text != NULL)
			assert_string_equal(v.text, actions[i].text);
		else
			assert_memory_equal(v.text, "451 4.3.0 ", 10);
	}
	verdict_read(&v, NULL);
	assert_int_equal(v.kind, VERDICT_REFUSE);
	assert_memory_equal(v.text, "451 4.3.0 ", 10);
	record_free(&r);
}

static unsigned
add(struct clients *all, const char *text)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return clients_add(all, (struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return clients_add(all, (struct sockaddr *)&v6);
}

static void
test_clients_are_counted(void **state)
{
	struct clients *all = clients_new();
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	(void)state;
	assert_int_equal(add(all, "192.0.2.1"), 1);
	assert_int_equal(add(all, "192.0.2.2"), 1);
	assert_int_equal(add(all, "192.0.2.1"), 2);
	assert_int_equal(add(all, "127.0.0.1"), 0);
	assert_int_equal(add(all, "::1"), 0);
	assert_int_equal(add(all, "2001:db8::1"), 1);
	assert_int_equal(add(all, "2001:db8::2"), 2);
	assert_int_equal(add(all, "2001:db8:0:1::1"), 1);
	inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	clients_remove(all, (struct sockaddr *)&v4);
	assert_int_equal(add(all, "192.0.2.1"), 2);
	clients_free(all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_received_fields_are_counted),
	    cmocka_unit_test(test_claims_in_our_name_are_found),
	    cmocka_unit_test(test_only_a_clear_word_lets_pass),
	    cmocka_unit_test(test_clients_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
