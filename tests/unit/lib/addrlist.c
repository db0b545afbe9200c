#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "addrlist.h"

/* A list, and its addresses each followed by '|'; "!why" where it is wrong. */
static const struct {
	const char *text, *want;
} cases[] = {
    {"", ""},
    {" , ,\n ,", ""},
    {"kim@example.org", "kim@example.org|"},
    {"root", "root|"},
    {"a@b, c@d,e", "a@b|c@d|e|"},
    {"Kim Lee <kim@example.org>", "kim@example.org|"},
    {"\"Lee, Kim\" <kim@example.org>, b", "kim@example.org|b|"},
    {"\xea\xb9\x80 <kim@example.org>", "kim@example.org|"},
    {"John Q. Public <jqp@example.org>", "jqp@example.org|"},
    {"[ann] list <l@example.org>", "l@example.org|"},
    {"me @ home <kim@example.org>", "kim@example.org|"},
    {"root (Cron Daemon)", "root|"},
    {"(a (nested \\) one)) kim (x) @ (y) example . org", "kim@example.org|"},
    {"<@relay.example,@b:kim@example.org>", "kim@example.org|"},
    {"\"kim lee\"@example.org", "\"kim lee\"@example.org|"},
    {"\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org|"},
    {"kim@[192.0.2.1]", "kim@[192.0.2.1]|"},
    {"kim@[IPv6:2001:db8::1], b", "kim@[IPv6:2001:db8::1]|b|"},
    {"undisclosed-recipients:;", ""},
    {"friends: a@b, Kim <c@d>; e@f", "a@b|c@d|e@f|"},
    {"\"my group\" two: <a@b>;", "a@b|"},
    {"kim\n @example.org,\n lee", "kim@example.org|lee|"},
    {"\\kim", "\\kim|"},
    {"kim..lee@example.org", "kim..lee@example.org|"},
    {"u%host@relay.example", "u%host@relay.example|"},
    {"Kim Lee", "!two words, but no address in < >"},
    {"a@b@c", "!an @ out of place"},
    {"@b", "!an @ out of place"},
    {"a@", "!a domain is missing or ends in a dot"},
    {"a@b.", "!a domain is missing or ends in a dot"},
    {"a@b..c", "!an empty part in a domain"},
    {"a@.b", "!an empty part in a domain"},
    {"a@[1.2.3.4]x", "!two words, but no address in < >"},
    {"[1.2.3.4]", "!an address literal out of place"},
    {"a@b, \"open", "a@b|!a quoted string does not end"},
    {"\"open\\", "!a quoted string does not end"},
    {"a@[1.2", "!an address literal does not end"},
    {"(open a@b", "!a comment does not end"},
    {"a (b\\", "!a comment does not end"},
    {"<a@b", "!a < without its >"},
    {"<a@b, c@d>", "!a < without its >"},
    {"a@b>", "!a > without its <"},
    {"<>", "!an empty address"},
    {"<a b@c>", "!two words, but no address in < >"},
    {"<a@b> c", "!something behind an address in < >"},
    {"<a@b><c@d>", "!something behind an address in < >"},
    {"<@a", "!a source route does not end"},
    {"x: y: a@b;", "!a colon out of place"},
    {": a@b", "!a colon out of place"},
    {"a@b;", "!a semicolon out of place"},
    {"friends: a@b, c@d", "a@b|c@d|!a group does not end"},
    {"a)b", "!a stray bracket or NUL"},
};

static void
test_lists(void **state)
{
	struct addrlist list;
	struct addrlist_mailbox box;
	char got[512];
	size_t used;
	int more;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		used = 0;
		got[0] = '\0';
		addrlist_start(&list, cases[i].text, strlen(cases[i].text));
		while ((more = addrlist_next(&list, &box)) == 1)
			used += (size_t)snprintf(
			    got + used, sizeof(got) - used, "%s|", box.address);
		if (more == -1)
			snprintf(
			    got + used, sizeof(got) - used, "!%s", list.why);
		assert_string_equal(got, cases[i].want);
	}
}

static void
test_where_a_domain_would_go(void **state)
{
	const char text[] = "Kim <kim@a>, root (Cron), Lee < lee >";
	struct addrlist list;
	struct addrlist_mailbox box;

	(void)state;
	addrlist_start(&list, text, sizeof(text) - 1);
	assert_int_equal(addrlist_next(&list, &box), 1);
	assert_true(box.qualified);
	assert_int_equal(addrlist_next(&list, &box), 1);
	assert_false(box.qualified);
	assert_int_equal(box.local_end, strstr(text, " (Cron)") - text);
	assert_int_equal(addrlist_next(&list, &box), 1);
	assert_false(box.qualified);
	assert_int_equal(box.local_end, strstr(text, " >") - text);
	assert_int_equal(addrlist_next(&list, &box), 0);
}

static void
test_an_overlong_address_is_refused_an_overlong_name_is_not(void **state)
{
	char text[4096];
	struct addrlist list;
	struct addrlist_mailbox box;

	(void)state;
	memset(text, 'a', sizeof(text));
	addrlist_start(&list, text, sizeof(text));
	assert_int_equal(addrlist_next(&list, &box), -1);
	assert_string_equal(list.why, "an address is too long");
	memcpy(text + 4090, " <b@c>", 6);
	addrlist_start(&list, text, sizeof(text));
	assert_int_equal(addrlist_next(&list, &box), 1);
	assert_string_equal(box.address, "b@c");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_where_a_domain_would_go),
	    cmocka_unit_test(
		test_an_overlong_address_is_refused_an_overlong_name_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
