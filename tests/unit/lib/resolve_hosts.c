#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "resolve_hosts.h"
#include "resolve_net.h"

static const struct {
	const char *name;
	bool valid;
} names[] = {
    {"a", true},
    {"example.org", true},
    {"EXAMPLE.org", true},
    {"a-b.c_d.example", true},
    {"_25._tcp.example", true},
    {"1.2.3.4a", true},
    {"3com.example", true},
    {"xn--9d0b.example", true},
    {"", false},
    {".", false},
    {"a.", false},
    {".a", false},
    {"a..b", false},
    {"-a.b", false},
    {"a-.b", false},
    {"a b", false},
    {"a\nb", false},
    {"a/../b", false},
    {"../../x", false},
    {"a:b", false},
    {"[1.2.3.4]", false},
    {"1.2.3.4", false},
    {"a.1", false},
    {"\xea\xb9\x80.kr", false},
};

static void
test_host_names(void **state)
{
	char name[300], label[70];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(host_valid(names[i].name), names[i].valid);
	memset(label, 'a', sizeof(label));
	label[63] = '\0';
	assert_true(host_valid(label));
	label[63] = 'a';
	label[64] = '\0';
	assert_false(host_valid(label));
	for (i = 0; i < 254; i++)
		name[i] = i % 2 == 0 ? 'a' : '.';
	name[253] = '\0';
	assert_true(host_valid(name));
	memcpy(name + 253, ".a", 3);
	assert_false(host_valid(name));
}

static const struct {
	const char *text, *plain, *reverse;
	bool routable;
} addresses[] = {
    {"192.0.2.7", "192.0.2.7", "7.2.0.192.in-addr.arpa", true},
    {"10.1.2.3", "10.1.2.3", "3.2.1.10.in-addr.arpa", true},
    {"127.0.0.1", "127.0.0.1", "1.0.0.127.in-addr.arpa", false},
    {"127.1.2.3", "127.1.2.3", "3.2.1.127.in-addr.arpa", false},
    {"0.0.0.0", "0.0.0.0", "0.0.0.0.in-addr.arpa", false},
    {"0.1.2.3", "0.1.2.3", "3.2.1.0.in-addr.arpa", false},
    {"169.254.169.254", "169.254.169.254", "254.169.254.169.in-addr.arpa",
	false},
    {"224.0.0.1", "224.0.0.1", "1.0.0.224.in-addr.arpa", false},
    {"255.255.255.255", "255.255.255.255", "255.255.255.255.in-addr.arpa",
	false},
    {"2001:db8::1", "2001:db8::1",
	"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	"ip6.arpa",
	true},
    {"IPv6:2001:DB8::1", "2001:db8::1", NULL, true},
    {"ipv6:fd00::1", "fd00::1", NULL, true},
    {"::1", "::1", NULL, false},
    {"::", "::", NULL, false},
    {"fe80::1", "fe80::1", NULL, false},
    {"ff02::1", "ff02::1", NULL, false},
    {"::127.0.0.1", "::127.0.0.1", NULL, false},
    {"::ffff:127.0.0.1", "::ffff:127.0.0.1", NULL, false},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.1", NULL, true},
    {"256.1.1.1", NULL, NULL, false},
    {"1.2.3", NULL, NULL, false},
    {"IPv6:1.2.3.4", NULL, NULL, false},
    {"fe80::1%lo", NULL, NULL, false},
    {"", NULL, NULL, false},
};

static void
test_addresses(void **state)
{
	struct sockaddr_storage address;
	char text[64], reverse[NET_REVERSE];
	const struct sockaddr *any = (struct sockaddr *)&address;
	socklen_t len;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		int got = net_literal(addresses[i].text, &address, &len);

		assert_int_equal(got, addresses[i].plain == NULL ? -1 : 0);
		if (got == -1)
			continue;
		net_text(any, text, sizeof(text));
		assert_string_equal(text, addresses[i].plain);
		assert_int_equal(net_routable(any), addresses[i].routable);
		assert_int_equal(net_reverse(any, reverse), 0);
		if (addresses[i].reverse != NULL)
			assert_string_equal(reverse, addresses[i].reverse);
	}
	assert_int_equal(net_literal("::ffff:192.0.2.1", &address, &len), 0);
	net_unmap(&address, &len);
	net_text(any, text, sizeof(text));
	assert_string_equal(text, "192.0.2.1");
	assert_int_equal(len, sizeof(struct sockaddr_in));
}

static struct hosts *
make_hosts(void)
{
	static const char *const lines[] = {
	    "127.0.0.1 localhost",
	    "::1\tlocalhost ip6-localhost",
	    "# 192.0.2.9 comment",
	    "  192.0.2.1   Mail.Example.ORG mail # a comment",
	    "192.0.2.2 mail.example.org",
	    "rubbish mail.example.org",
	    "192.0.2.3",
	    "",
	    "192.0.2.4 bad..name good.example\n",
	    "fe80::1%lo0 scoped.example",
	};
	struct hosts *hosts = hosts_new();
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		hosts_line(hosts, lines[i]);
	hosts_ready(hosts);
	return hosts;
}

static void
test_hosts_both_ways(void **state)
{
	struct hosts *hosts = make_hosts();
	struct sockaddr_storage out[4];
	socklen_t lens[4];
	char text[64];

	(void)state;
	assert_int_equal(
	    hosts_forward(hosts, "MAIL.example.org", out, lens, 4), 2);
	net_text((struct sockaddr *)&out[0], text, sizeof(text));
	assert_string_equal(text, "192.0.2.1");
	net_text((struct sockaddr *)&out[1], text, sizeof(text));
	assert_string_equal(text, "192.0.2.2");
	assert_int_equal(
	    hosts_forward(hosts, "mail.example.org", out, lens, 1), 1);
	assert_int_equal(hosts_forward(hosts, "localhost", out, lens, 4), 2);
	assert_int_equal(hosts_forward(hosts, "nobody", out, lens, 4), 0);
	assert_int_equal(hosts_forward(hosts, "comment", out, lens, 4), 0);
	assert_int_equal(
	    hosts_forward(hosts, "scoped.example", out, lens, 4), 0);
	assert_int_equal(hosts_forward(hosts, "good.example", out, lens, 4), 1);
	assert_int_equal(net_literal("192.0.2.1", &out[0], &lens[0]), 0);
	assert_string_equal(hosts_reverse(hosts, (struct sockaddr *)&out[0]),
	    "mail.example.org");
	assert_int_equal(net_literal("::1", &out[0], &lens[0]), 0);
	assert_string_equal(
	    hosts_reverse(hosts, (struct sockaddr *)&out[0]), "localhost");
	assert_int_equal(net_literal("192.0.2.3", &out[0], &lens[0]), 0);
	assert_null(hosts_reverse(hosts, (struct sockaddr *)&out[0]));
	hosts_free(hosts);
}

static void
test_localhost_is_always_there(void **state)
{
	struct hosts *hosts = hosts_new();
	struct sockaddr_storage out[4];
	socklen_t lens[4];

	(void)state;
	hosts_load(hosts, "/nonexistent/hosts");
	assert_int_equal(hosts_forward(hosts, "localhost", out, lens, 4), 2);
	hosts_free(hosts);
}

static const struct {
	const char *line, *address; /* NULL: refused */
} nameservers[] = {
    {"127.0.0.1", "127.0.0.1"},
    {"127.0.0.1@5353", "127.0.0.1@5353"},
    {"::1@53", "::1@53"},
    {"fe80::1%eth0", "fe80::1%eth0"},
    {"127.0.0.1:53", NULL},
    {"127.0.0.1@", NULL},
    {"127.0.0.1@0", NULL},
    {"127.0.0.1@+53", NULL},
    {"127.0.0.1@65536", NULL},
    {"127.0.0.1@53x", NULL},
    {"ns.example.org", NULL},
    {"IPv6:::1", NULL},
    {"", NULL},
};

static const struct {
	const char *line, *address; /* NULL: none */
} resolvs[] = {
    {"nameserver 192.0.2.1\n", "192.0.2.1"},
    {"nameserver\t2001:db8::1 # here", "2001:db8::1"},
    {"nameserver 192.0.2.1#53", "192.0.2.1"},
    {"nameserver 192.0.2.1@53\n", NULL},
    {"nameserver\n", NULL},
    {"nameservers 192.0.2.1\n", NULL},
    {"#nameserver 192.0.2.1\n", NULL},
    {"nameserver ns.example.org\n", NULL},
    {"nameserver "
     "1111111111111111111111111111111111111111111111111111111111111111",
	NULL},
    {"search example.org\n", NULL},
    {"options edns0\n", NULL},
};

static void
test_nameservers(void **state)
{
	char out[NAMESERVER_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nameservers) / sizeof(nameservers[0]); i++) {
		const char *why = nameserver_parse(nameservers[i].line, out);

		if (nameservers[i].address == NULL) {
			assert_non_null(why);
			continue;
		}
		assert_null(why);
		assert_string_equal(out, nameservers[i].address);
	}
	for (i = 0; i < sizeof(resolvs) / sizeof(resolvs[0]); i++) {
		bool got = resolv_line(resolvs[i].line, out);

		assert_int_equal(got, resolvs[i].address != NULL);
		if (got)
			assert_string_equal(out, resolvs[i].address);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_host_names),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_hosts_both_ways),
	    cmocka_unit_test(test_localhost_is_always_there),
	    cmocka_unit_test(test_nameservers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
