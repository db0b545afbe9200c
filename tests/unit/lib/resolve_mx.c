#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "resolve_mx.h"
#include "resolve_net.h"

/* --- packets -------------------------------------------------------------- */

#define BYTES(s) s, sizeof(s) - 1
#define HEAD(n)  "\0\0\x81\x80\0\1\0" n "\0\0\0\0"
#define ASKED(t) "\1a\4test\0\0" t "\0\1"
#define RR(t, n) "\xc0\x0c\0" t "\0\1\0\0\0\x3c\0" n

static const struct {
	const char *name;
	int type;
	const char *bytes;
	size_t len;
	enum answer_class class;
	size_t count;
	const char *first; /* name of the first record */
} packets[] = {
    {"an address", DNS_A,
	BYTES(HEAD("\1") ASKED("\1") RR("\1", "\4") "\xc0\0\2\1"), ANSWER_FOUND,
	1, ""},
    {"an address that is too short", DNS_A,
	BYTES(HEAD("\1") ASKED("\1") RR("\1", "\3") "\xc0\0\2"), ANSWER_NODATA,
	0, NULL},
    {"another type", DNS_AAAA,
	BYTES(HEAD("\1") ASKED("\1") RR("\1", "\4") "\xc0\0\2\1"),
	ANSWER_NODATA, 0, NULL},
    {"a name", DNS_PTR,
	BYTES(HEAD("\1") ASKED("\x0c") RR("\x0c", "\7") "\4"
							"Mail\xc0\x0c"),
	ANSWER_FOUND, 1, "mail.a.test"},
    {"a name with a newline", DNS_PTR,
	BYTES(HEAD("\1") ASKED("\x0c") RR("\x0c", "\7") "\4"
							"x\r\nx\xc0\x0c"),
	ANSWER_FOUND, 1, ""},
    {"a name with a dot in a label", DNS_PTR,
	BYTES(HEAD("\1") ASKED("\x0c") RR("\x0c", "\7") "\4"
							"a.bc\xc0\x0c"),
	ANSWER_FOUND, 1, ""},
    {"a name that is an address", DNS_PTR,
	BYTES(HEAD("\1") ASKED("\x0c") RR("\x0c", "\x09") "\1"
							  "1\1"
							  "2\1"
							  "3\1"
							  "4\0"),
	ANSWER_FOUND, 1, ""},
    {"an exchanger", DNS_MX,
	BYTES(HEAD("\1") ASKED("\x0f") RR("\x0f", "\x07") "\0\x0a\2mx"
							  "\xc0\x0c"),
	ANSWER_FOUND, 1, "mx.a.test"},
    {"a null exchanger", DNS_MX,
	BYTES(HEAD("\1") ASKED("\x0f") RR("\x0f", "\3") "\0\0\0"), ANSWER_FOUND,
	1, ""},
    {"an exchanger without a name", DNS_MX,
	BYTES(HEAD("\1") ASKED("\x0f") RR("\x0f", "\2") "\0\0"), ANSWER_NODATA,
	0, NULL},
    {"a pointer to itself", DNS_PTR,
	BYTES(HEAD("\1") ASKED("\x0c") RR("\x0c", "\2") "\xc0\x24"),
	ANSWER_NODATA, 0, NULL},
    {"a pointer past the end", DNS_PTR,
	BYTES(HEAD("\1") ASKED("\x0c") RR("\x0c", "\2") "\xff\xff"),
	ANSWER_NODATA, 0, NULL},
    {"data past the end", DNS_A,
	BYTES(HEAD("\1") ASKED("\1") RR("\1", "\x40") "\xc0\0\2\1"),
	ANSWER_TEMP, 0, NULL},
    {"fewer records than said", DNS_A,
	BYTES(HEAD("\2") ASKED("\1") RR("\1", "\4") "\xc0\0\2\1"), ANSWER_TEMP,
	0, NULL},
    {"no such name", DNS_A, BYTES("\0\0\x81\x83\0\1\0\0\0\0\0\0" ASKED("\1")),
	ANSWER_NXDOMAIN, 0, NULL},
    {"server failure", DNS_A, BYTES("\0\0\x81\x82\0\1\0\0\0\0\0\0" ASKED("\1")),
	ANSWER_TEMP, 0, NULL},
    {"half a header", DNS_A, BYTES("\0\0\x81"), ANSWER_TEMP, 0, NULL},
    {"nothing", DNS_A, "", 0, ANSWER_TEMP, 0, NULL},
};

static void
test_packets(void **state)
{
	struct answer *answer;
	uint8_t *exact;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		print_message("# %s\n", packets[i].name);
		answer = answer_parse(packets[i].type,
		    (const uint8_t *)packets[i].bytes, packets[i].len);
		assert_int_equal(answer->class, packets[i].class);
		assert_int_equal(answer->count, packets[i].count);
		if (packets[i].first != NULL)
			assert_string_equal(
			    answer->records[0].name, packets[i].first);
		free(answer);
		/* Cut short anywhere it must not be read past its end. */
		for (n = 0; n < packets[i].len; n++) {
			exact = malloc(n + 1);
			memcpy(exact, packets[i].bytes, n);
			free(answer_parse(packets[i].type, exact, n));
			free(exact);
		}
	}
}

static void
test_a_flood_of_records_is_cut(void **state)
{
	static uint8_t packet[65535];
	struct answer *answer;
	size_t at, i;

	(void)state;
	memcpy(packet, HEAD("\0") ASKED("\1"), 24);
	packet[6] = 0x0f;
	for (at = 24, i = 0; i < 0x0f00 && at + 16 <= sizeof(packet); i++) {
		memcpy(packet + at, RR("\1", "\4") "\xc0\0\2\1", 16);
		at += 16;
	}
	answer = answer_parse(DNS_A, packet, at);
	assert_int_equal(answer->class, ANSWER_FOUND);
	assert_int_equal(answer->count, ANSWER_MAX);
	free(answer);
}

/* --- exchangers ----------------------------------------------------------- */

static uint32_t
first(uint32_t below)
{
	(void)below;
	return 0;
}

static uint32_t
counting(uint32_t below)
{
	static uint32_t n = 1000;

	return --n % below;
}

static struct answer *
make_answer(const char *const *names)
{
	struct answer *answer;
	size_t i;

	answer = calloc(1, sizeof(*answer) + 100 * sizeof(answer->records[0]));
	if (answer == NULL)
		abort();
	answer->class = ANSWER_FOUND;
	for (i = 0; names[i] != NULL; i++) {
		struct answer_record *record = &answer->records[i];
		char *end;

		record->preference = (uint16_t)strtoul(names[i], &end, 10);
		record->root = strcmp(end, " .") == 0;
		if (*end == ' ' && !record->root)
			snprintf(record->name, RESOLVE_NAME, "%s", end + 1);
	}
	answer->count = i;
	return answer;
}

#define NAMES 6

static const struct {
	const char *name, *answer[NAMES];
	enum mx_choice choice;
	const char *hosts[NAMES];
} choices[] = {
    {"sorted", {"20 b", "5 c", "10 a"}, MX_FOUND, {"c", "a", "b"}},
    {"doubles go", {"20 a", "10 a", "20 b"}, MX_FOUND, {"a", "b"}},
    {"null", {"0 ."}, MX_NULL, {NULL}},
    {"null and another", {"0 .", "10 a"}, MX_NULL, {NULL}},
    {"no host names", {"10", "20"}, MX_UNUSABLE, {NULL}},
    {"one host name", {"10", "20 a"}, MX_FOUND, {"a"}},
    {"we are the best", {"10 ME", "20 a"}, MX_SELF, {NULL}},
    {"we are as good as another", {"10 me", "10 a"}, MX_SELF, {NULL}},
    {"we are the second", {"10 a", "20 me", "20 b", "30 c"}, MX_FOUND, {"a"}},
};

static void
test_choices(void **state)
{
	static struct mx_list list;
	struct answer *answer;
	size_t i, n, k;

	(void)state;
	for (i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		print_message("# %s\n", choices[i].name);
		for (k = 0; k < 2; k++) {
			memset(&list, 0, sizeof(list));
			answer = make_answer(choices[i].answer);
			assert_int_equal(mx_choose(&list, answer, "me",
					     k == 0 ? first : counting),
			    choices[i].choice);
			free(answer);
			for (n = 0; choices[i].hosts[n] != NULL; n++)
				assert_string_equal(
				    list.hosts[n].name, choices[i].hosts[n]);
			assert_int_equal(list.count, n);
		}
	}
}

static void
test_equal_ones_are_shuffled(void **state)
{
	static const char *const names[] = {"10 a", "10 b", "5 c", NULL};
	static struct mx_list list;
	struct answer *answer = make_answer(names);

	(void)state;
	assert_int_equal(mx_choose(&list, answer, "me", counting), MX_FOUND);
	assert_string_equal(list.hosts[0].name, "c");
	assert_string_equal(list.hosts[1].name, "b");
	assert_string_equal(list.hosts[2].name, "a");
	free(answer);
}

/* "name preference address ..."; "!" is a look-up that failed for now. */
struct merging {
	const char *name;
	bool strict, self;
	const char *hosts[NAMES];
	const char *order; /* the addresses, or the status */
	int failed;
};

static const struct merging mergings[] = {
    {"in order", true, false, {"a 10 192.0.2.1", "b 20 192.0.2.2"},
	" 192.0.2.1 192.0.2.2", 0},
    {"IPv6 last, if we have none", true, false, {"a 10 2001:db8::1 192.0.2.1"},
	" 192.0.2.1 2001:db8::1", 0},
    {"the same address once", true, false,
	{"a 10 192.0.2.1 192.0.2.1", "b 10 192.0.2.1"}, " 192.0.2.1", 0},
    {"R34 loopback is skipped", true, false,
	{"a 10 127.0.0.1 ::1 0.0.0.0", "b 20 192.0.2.2"}, " 192.0.2.2", 0},
    {"R34 nothing left", true, false, {"a 10 127.0.0.1"}, "5.4.4", 1},
    {"the administrator may", false, false, {"a 10 127.0.0.1"}, " 127.0.0.1",
	0},
    {"R34 our own address cuts", true, false,
	{"a 10 192.0.2.1", "b 20 192.0.2.2", "c 20 203.0.113.9",
	    "d 30 192.0.2.3"},
	" 192.0.2.1", 0},
    {"R34 our own address is the best", true, false,
	{"a 10 203.0.113.9", "b 20 192.0.2.2"}, "5.4.6", 1},
    {"R35 we were cut, and the better has no address", true, true, {"a 10"},
	"5.4.6", 1},
    {"R35 the better cannot be looked up now", true, true, {"a 10 !"}, "4.4.3",
	-1},
    {"one cannot be looked up now", true, false, {"a 10 !", "b 20 192.0.2.2"},
	" 192.0.2.2", 0},
    {"no addresses", true, false, {"a 10", "b 20"}, "5.4.4", 1},
};

static void
make_host(struct mx_host *host, const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;

	memset(host, 0, sizeof(*host));
	snprintf(host->name, sizeof(host->name), "%s", strsep(&rest, " "));
	host->preference = (unsigned)strtoul(strsep(&rest, " "), NULL, 10);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '!')
			host->temp = true;
		else if (inet_pton(
			     AF_INET, word, host->four_list[host->four]) == 1)
			host->four++;
		else if (inet_pton(AF_INET6, word, host->six_list[host->six]) ==
			 1)
			host->six++;
	}
	free(copy);
}

static void
test_mergings(void **state)
{
	static struct exchangers result;
	static struct mx_list list;
	static struct own own;
	char text[512], one[64];
	socklen_t len;
	size_t i, n;

	(void)state;
	assert_int_equal(net_literal("203.0.113.9", &own.list[0], &len), 0);
	own.count = 1;
	for (i = 0; i < sizeof(mergings) / sizeof(mergings[0]); i++) {
		print_message("# %s\n", mergings[i].name);
		memset(&list, 0, sizeof(list));
		list.strict = mergings[i].strict;
		list.self = mergings[i].self;
		for (n = 0; mergings[i].hosts[n] != NULL; n++)
			make_host(&list.hosts[n], mergings[i].hosts[n]);
		list.count = n;
		mx_merge(&result, &list, &own, "example.org", first);
		text[0] = '\0';
		for (n = 0; n < result.count; n++) {
			net_text((struct sockaddr *)&result.hosts[n].address,
			    one, sizeof(one));
			snprintf(text + strlen(text),
			    sizeof(text) - strlen(text), " %s", one);
		}
		assert_int_equal(result.failed, mergings[i].failed);
		assert_string_equal(result.failed != 0 ? result.status : text,
		    mergings[i].order);
	}
}

/* R37 */
static void
test_no_more_than_twenty(void **state)
{
	static struct exchangers result;
	static struct mx_list list;
	static struct own own;
	size_t i, n;

	(void)state;
	list.strict = true;
	list.count = MX_HOSTS;
	for (i = 0; i < MX_HOSTS; i++) {
		make_host(&list.hosts[i], "a 10");
		list.hosts[i].four = MX_ADDRESSES;
		for (n = 0; n < MX_ADDRESSES; n++)
			memcpy(list.hosts[i].four_list[n],
			    (uint8_t[]){192, 0, (uint8_t)i, (uint8_t)n}, 4);
	}
	mx_merge(&result, &list, &own, "example.org", counting);
	assert_int_equal(result.count, RESOLVE_HOSTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packets),
	    cmocka_unit_test(test_a_flood_of_records_is_cut),
	    cmocka_unit_test(test_choices),
	    cmocka_unit_test(test_equal_ones_are_shuffled),
	    cmocka_unit_test(test_mergings),
	    cmocka_unit_test(test_no_more_than_twenty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
