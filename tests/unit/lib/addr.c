/* addr: what sendmail's rulesets make of an address, and what RFC 5321 takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "addr.h"

static int
is_local(const char *domain, void *arg)
{
	static const char *const ours[] = {"mx.example.org", "local.example",
	    "[192.0.2.1]", "localhost.localdomain"};
	size_t i;

	(void)arg;
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (strcasecmp(domain, ours[i]) == 0)
			return 1;
	return strcmp(domain, "broken.example") == 0 ? -1 : 0;
}

static int
rename_domain(const char *domain, char name[ADDR_SIZE], void *arg)
{
	(void)arg;
	if (strcasecmp(domain, "old.example") != 0)
		return 0;
	strlcpy(name, "new.example", ADDR_SIZE);
	return 1;
}

static const struct addr_world world = {
    "mx.example.org", is_local, rename_domain, NULL};

static const struct {
	const char *text;
	enum addr_fault fault;
	const char *local, *domain;
} canons[] = {
    {"alice@local.example", ADDR_OK, "alice", "local.example"},
    {"alice @ local.example", ADDR_OK, "alice", "local.example"},
    {"ALICE@LOCAL.EXAMPLE", ADDR_OK, "ALICE", "LOCAL.EXAMPLE"},
    {"alice", ADDR_OK, "alice", ""},
    {"alice(a (nested) comment)@b.com", ADDR_OK, "alice", "b.com"},
    {"Alice P <alice@b.com>", ADDR_OK, "alice", "b.com"},
    {"<<alice@b.com>>", ADDR_OK, "alice", "b.com"},
    {"x@co.ki.", ADDR_OK, "x", "co.ki"},
    {"x@localhost", ADDR_OK, "x", "mx.example.org"},
    {"x@localhost.example.org", ADDR_OK, "x", "mx.example.org"},
    {"x@[192.0.2.1]", ADDR_OK, "x", "mx.example.org"},
    {"x@[10.1.2.3]", ADDR_OK, "x", "[10.1.2.3]"},
    {"x@[IPv6:2001:db8::25]", ADDR_OK, "x", "[IPv6:2001:db8::25]"},
    {"x@OLD.example", ADDR_OK, "x", "new.example"},
    {"x@sub.old.example", ADDR_OK, "x", "sub.old.example"},
    /* source routes are nobody's business */
    {"@a.com,@b.com:c@d.com", ADDR_OK, "c", "d.com"},
    {"@a.com:c@d.com", ADDR_OK, "c", "d.com"},
    {"@[10.1.2.3]:c@d.com", ADDR_OK, "c", "d.com"},
    /* other ways to say where */
    {"naver.com!user", ADDR_OK, "user", "naver.com"},
    {"host!user", ADDR_OK, "user", "host.UUCP"},
    {"a!b@c.com", ADDR_OK, "a!b", "c.com"},
    {"x%remote.com", ADDR_OK, "x", "remote.com"},
    {"x%a.com%b.com", ADDR_OK, "x%a.com", "b.com"},
    {"user:x@d.com", ADDR_OK, "user:x", "d.com"},
    /* a further address in front of a domain of ours */
    {"x%remote.com@local.example", ADDR_OK, "x", "remote.com"},
    {"x%remote.com%local.example@local.example", ADDR_OK, "x", "remote.com"},
    {"remote.com!x@local.example", ADDR_OK, "x", "remote.com"},
    {"\"x@remote.com\"@local.example", ADDR_OK, "x", "remote.com"},
    {"\"x@remote.com\"", ADDR_OK, "x", "remote.com"},
    {"x%remote.com@foreign.com", ADDR_OK, "x%remote.com", "foreign.com"},
    /* quotes */
    {"\"alice\"@local.example", ADDR_OK, "alice", "local.example"},
    {"\"al ice\"@local.example", ADDR_OK, "\"al ice\"", "local.example"},
    {"\"a@b\"@foreign.com", ADDR_OK, "\"a@b\"", "foreign.com"},
    {"\\alice@local.example", ADDR_OK, "\\alice", "local.example"},
    {"x..y@remote.com", ADDR_OK, "x..y", "remote.com"},
    /* nothing in it, after all */
    {"x!", ADDR_OK, "x!", ""},
    {"x!@local.example", ADDR_OK, "x!", ""},
    {"!x@local.example", ADDR_OK, "!x", ""},
    {"\"x!\"@local.example", ADDR_OK, "x!", ""},
    /* wrong ones, with the reply that sendmail has for each */
    {"", ADDR_EMPTY, NULL, NULL},
    {"<>", ADDR_EMPTY, NULL, NULL},
    {"(only)", ADDR_EMPTY, NULL, NULL},
    {"@", ADDR_LIST, NULL, NULL},
    {"@local.example", ADDR_NO_USER, NULL, NULL},
    {"user@", ADDR_NO_HOST, NULL, NULL},
    {"x%", ADDR_NO_HOST, NULL, NULL},
    {"user@.d.com", ADDR_BAD_HOST, NULL, NULL},
    {"user@a..b", ADDR_BAD_HOST, NULL, NULL},
    {"a@b@c.com", ADDR_ROUTE, NULL, NULL},
    {"x@remote.com@local.example", ADDR_ROUTE, NULL, NULL},
    {"user,x@naver.com", ADDR_ROUTE, NULL, NULL},
    {"a@b,c@d", ADDR_ROUTE, NULL, NULL},
    {"x@a:b", ADDR_COLON, NULL, NULL},
    {"x@[10.1.2.3]y", ADDR_LITERAL, NULL, NULL},
    {"<a@b.com", ADDR_ANGLE, NULL, NULL},
    {"a@b.com>", ADDR_CLOSE, NULL, NULL},
    {"a(b@c", ADDR_PAREN, NULL, NULL},
    {"\"ab@c", ADDR_QUOTE, NULL, NULL},
    {"@:x@d.com", ADDR_ROUTE, NULL, NULL},
    {"@:x", ADDR_NO_USER, NULL, NULL},
    {"\"\"@local.example", ADDR_NO_USER, NULL, NULL},
    {"\"\"", ADDR_NO_USER, NULL, NULL},
    {"x@broken.example", ADDR_TEMP, NULL, NULL},
};

static void
sendmails_canonical_form(void **state)
{
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(canons) / sizeof(canons[0]); i++) {
		if (addr_canon(canons[i].text, &world, &a) != canons[i].fault)
			fail_msg("%s: fault", canons[i].text);
		if (canons[i].fault != ADDR_OK)
			continue;
		if (strcmp(a.local, canons[i].local) != 0 ||
		    strcmp(a.domain, canons[i].domain) != 0)
			fail_msg(
			    "%s: %s at %s", canons[i].text, a.local, a.domain);
	}
}

static void
an_endless_address_ends(void **state)
{
	char text[ADDR_SIZE * 2];
	struct addr a;
	size_t n;

	(void)state;
	for (n = 0; n + 14 < 990; n += 14)
		memcpy(text + n, "%local.example", 15);
	memmove(text + 1, text, strlen(text) + 1);
	*text = 'x';
	assert_int_equal(addr_canon(text, &world, &a), ADDR_LOOP);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(addr_canon(text, &world, &a), ADDR_LONG);
	memset(text, '(', ADDR_SIZE - 10);
	text[ADDR_SIZE - 10] = '\0';
	assert_int_equal(addr_canon(text, &world, &a), ADDR_PAREN);
}

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char *text;
	int good;
} mailboxes[] = {
    {"a@b", 1},
    {"kim.lee+x@example.org", 1},
    {"!#$%&'*+-/=?^_`{|}~@b.com", 1},
    {"\"a b\\\"@\"@b.com", 1},
    {"\"\"@b.com", 1},
    {"a@[192.0.2.1]", 1},
    {"a@[IPv6:::1]", 1},
    {A64 "@b.com", 1},
    {"a" A64 "@b.com", 0},
    {"a@" A64 ".com", 0}, /* RFC 1035: a label has 63 octets */
    {"a", 0},
    {"", 0},
    {"@b.com", 0},
    {"a@", 0},
    {".a@b.com", 0},
    {"a.@b.com", 0},
    {"a..b@b.com", 0},
    {"a b@b.com", 0},
    {"a@b.com.", 0},
    {"a@-b.com", 0},
    {"a@b-.com", 0},
    {"a@b_c.com", 0},
    {"a@b@c", 0},
    {"\"a@b.com", 0},
    {"\"a\nb\"@b.com", 0},
    {"a\x80@b.com", 0},
    {"<a@b.com>", 0},
    {"a@[]", 0},
    {"a@[1.2.3.4]x", 0},
};

static void
rfc_5321_mailbox(void **state)
{
	struct addr a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(mailboxes) / sizeof(mailboxes[0]); i++)
		if ((addr_parse(mailboxes[i].text, &a) == NULL) !=
		    mailboxes[i].good)
			fail_msg("%s", mailboxes[i].text);
	assert_null(addr_parse("\"a@b\"@c.d", &a));
	assert_string_equal(a.local, "\"a@b\"");
	assert_string_equal(a.domain, "c.d");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sendmails_canonical_form),
	    cmocka_unit_test(an_endless_address_ends),
	    cmocka_unit_test(rfc_5321_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
