/* cidr: networks as keys, and which one holds an address. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cidr.h"

static const struct {
	const char *text;
	int got;
	const char *want; /* canonical */
} parses[] = {
    {"192.168.0.0/24", 1, "192.168.0.0/24"},
    {"192.168.0.0/255.255.255.0", 1, "192.168.0.0/24"},
    {"192.168.0.77/24", 1, "192.168.0.0/24"},
    {"192.168.0/24", 1, "192.168.0.0/24"},
    {"10/8", 1, "10.0.0.0/8"},
    {"10.0.0.1/32", 1, "10.0.0.1/32"},
    {"0.0.0.0/0", 1, "0.0.0.0/0"},
    {"10.255.0.0/255.0.0.0", 1, "10.0.0.0/8"},
    {"10.1.2.3/255.255.255.255", 1, "10.1.2.3/32"},
    {"172.31.255.1/12", 1, "172.16.0.0/12"},
    {"2001:db8::/32", 1, "2001:db8::/32"},
    {"IPv6:2001:db8::/32", 1, "2001:db8::/32"},
    {"ipv6:2001:db8:ffff:1::/33", 1, "2001:db8:8000::/33"},
    {"::1/128", 1, "::1/128"},
    {"::/0", 1, "::/0"},
    {"192.168.0.0", 0, NULL},
    {"co.ki", 0, NULL},
    {"user@host/24", 0, NULL},
    {"fed/x@y", 0, NULL},
    {"10.1/x@y", 0, NULL},
    {"/24", 0, NULL},
    {"a.b/24", 0, NULL},
    {"", 0, NULL},
    {"192.168.0.0/33", -1, NULL},
    {"192.168.0.0/", -1, NULL},
    {"192.168.0.0/x", -1, NULL},
    {"192.168.0.0/-1", -1, NULL},
    {"192.168.0.0/24/8", -1, NULL},
    {"192.168.0.256/24", -1, NULL},
    {"1.2.3.4.5/24", -1, NULL},
    {"1..2/24", -1, NULL},
    {"10.0.0.0/255.0.255.0", -1, NULL},
    {"2001:db8::/129", -1, NULL},
    {"2001:db8::/255.255.0.0", -1, NULL},
    {"1:2:3/16", -1, NULL},
};

static void
networks_are_spelled_in_many_ways(void **state)
{
	char text[80], address[64];
	struct cidr c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(parses) / sizeof(parses[0]); i++) {
		if (cidr_parse(parses[i].text, &c) != parses[i].got)
			fail_msg("%s", parses[i].text);
		if (parses[i].got != 1)
			continue;
		inet_ntop(c.family, c.net, address, sizeof(address));
		snprintf(text, sizeof(text), "%s/%u", address, c.bits);
		assert_string_equal(text, parses[i].want);
	}
}

static const struct {
	const char *key;
	bool tagged;
} keys[] = {
    {"10.0.0.0/8", false},
    {"10.1.0.0/16", false},
    {"10.1.0.0/16", true},
    {"10.1.2.3/32", false},
    {"10.1.2.3/255.255.255.255", false},
    {"192.168.0.0/24", false},
    {"2001:db8::/32", false},
    {"2001:db8:1::/48", false},
};

static const struct {
	const char *address;
	int want; /* in keys, -1: none */
} finds[] = {
    {"10.9.9.9", 0},
    {"10.1.9.9", 2}, /* the tagged one of two */
    {"10.1.2.3", 3}, /* the first of two spellings */
    {"10.1.2.4", 2},
    {"192.168.0.0", 5},
    {"192.168.0.255", 5},
    {"192.168.1.0", -1},
    {"192.167.255.255", -1},
    {"11.0.0.0", -1},
    {"2001:db8:1::5", 7},
    {"2001:db8:2::5", 6},
    {"2001:db9::", -1},
    {"::", -1},
};

static void
the_longest_prefix_wins(void **state)
{
	struct cidr_set *set = cidr_set_new();
	const struct cidr_entry *e;
	unsigned char address[16];
	char number[4];
	struct cidr c;
	size_t i;
	int family;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_int_equal(cidr_parse(keys[i].key, &c), 1);
		snprintf(number, sizeof(number), "%zu", i);
		cidr_set_add(set, &c, keys[i].tagged, keys[i].key, number);
	}
	cidr_set_sort(set);
	for (i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
		family = strchr(finds[i].address, ':') ? AF_INET6 : AF_INET;
		inet_pton(family, finds[i].address, address);
		e = cidr_set_find(set, family, address);
		snprintf(number, sizeof(number), "%d", finds[i].want);
		if (strcmp(e == NULL ? "-1" : e->value, number) != 0)
			fail_msg("%s: %s", finds[i].address,
			    e == NULL ? "none" : e->key);
	}
	cidr_set_free(set);
}

static void
nothing_is_found_in_nothing(void **state)
{
	struct cidr_set *set = cidr_set_new();
	unsigned char address[16] = {10};

	(void)state;
	cidr_set_sort(set);
	assert_null(cidr_set_find(set, AF_INET, address));
	assert_null(cidr_set_find(set, AF_INET6, address));
	cidr_set_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(networks_are_spelled_in_many_ways),
	    cmocka_unit_test(the_longest_prefix_wins),
	    cmocka_unit_test(nothing_is_found_in_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
