#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "path.h"

#define A8  "aaaaaaaa"
#define A64 A8 A8 A8 A8 A8 A8 A8 A8
#define D63 "b23456789012345678901234567890123456789012345678901234567890123"

/* An argument, and "address|parameters" or the start of the refusal. */
static const struct {
	const char *word, *argument, *want;
} cases[] = {
    {"FROM:", "FROM:<a@b.c>", "a@b.c|"}, {"FROM:", "from:<a@b.c>", "a@b.c|"},
    {"FROM:", "FROM:<a@b.c> SIZE=1 BODY=7BIT", "a@b.c| SIZE=1 BODY=7BIT"},
    {"FROM:", "FROM:<>", "|"}, {"FROM:", "FROM: <a@b.c>", "a@b.c|"}, /* C13 */
    {"FROM:", "FROM:<postmaster>", "postmaster|"},
    {"FROM:", "FROM:<a..b.@c>", "a..b.@c|"},
    {"FROM:", "FROM:<a_b@c_d.e>", "a_b@c_d.e|"},
    {"FROM:", "FROM:<\"a b\"@c>", "\"a b\"@c|"},
    {"FROM:", "FROM:<\"a\\\"b>\"@c>", "\"a\\\"b>\"@c|"},
    {"FROM:", "FROM:<a@[192.0.2.1]>", "a@[192.0.2.1]|"},
    {"FROM:", "FROM:<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]|"},
    {"FROM:", "FROM:<@x,@y.z:u@h>", "u@h|"}, /* C18 */
    {"FROM:", "FROM:<@x:u@h>", "u@h|"},
    {"FROM:", "FROM:<" A64 "a@h>", A64 "a@h|"},
    {"FROM:", "FROM:<u%other@h>", "u%other@h|"},
    {"FROM:", "FROM:<other!u>", "other!u|"}, {"TO:", "TO:<|id@h>", "|id@h|"},
    {"TO:", "TO:</etc/passwd>", "/etc/passwd|"},
    {"TO:", "TO:<../../x@h>", "../../x@h|"},
    {"TO:", "TO:<" A64 "@h>", A64 "@h|"}, {"FROM:", "", "501 5.5.2"},
    {"FROM:", "FROM", "501 5.5.2"},
    {"FROM:", "TO:<a@b>", "501 5.5.2"}, /* where FROM: must stand */
    {"FROM:", "FROM:a@b", "501 5.1.7"}, /* C12 */
    {"FROM:", "FROM:", "501 5.1.7"}, {"FROM:", "FROM:<", "553 5.1.7"},
    {"FROM:", "FROM:<a@b", "553 5.1.7"}, {"FROM:", "FROM:<a@b>x", "501 5.5.2"},
    {"FROM:", "FROM:<a@b>>", "501 5.5.2"},
    {"FROM:", "FROM:<<a@b>>", "553 5.1.7"},
    {"FROM:", "FROM:<;touch /tmp/x;>", "553 5.1.7"}, /* C14 */
    {"FROM:", "FROM:<a b@c>", "553 5.1.7"},
    {"FROM:", "FROM:<a(x)@c>", "553 5.1.7"},
    {"FROM:", "FROM:<a,b@c>", "553 5.1.7"},
    {"FROM:", "FROM:<\"a@b>", "553 5.1.7"},
    {"FROM:", "FROM:<\"\"@b>", "553 5.1.7"},
    {"FROM:", "FROM:<\"a\\", "553 5.1.7"},
    {"FROM:", "FROM:<\"a\"b@c>", "553 5.1.7"},
    {"FROM:", "FROM:<a@b@c>", "553 5.1.7"}, /* C18 */
    {"FROM:", "FROM:<@b>", "553 5.1.3"}, {"FROM:", "FROM:<@>", "553 5.1.3"},
    {"FROM:", "FROM:<u@>", "553 5.1.3"}, {"FROM:", "FROM:<u@.d>", "553 5.1.2"},
    {"FROM:", "FROM:<u@a..b>", "553 5.1.2"},
    {"FROM:", "FROM:<u@h.>", "553 5.1.2"}, /* C20 */
    {"FROM:", "FROM:<u@[256.1.1.1]>", "553 5.1.2"},
    {"FROM:", "FROM:<u@[IPv6:1.2.3.4]>", "553 5.1.2"},
    {"FROM:", "FROM:<u@[]>", "553 5.1.2"},
    {"FROM:", "FROM:<u@[192.0.2.1>", "553 5.1.2"},
    {"FROM:", "FROM:<u@" D63 "b.c>", "553 5.1.2"},
    {"FROM:", "FROM:<u@" D63 "." D63 "." D63 "." D63 "." D63 ">",
	"553 5.1.7"}, /* C21 */
    {"FROM:", "FROM:<u@" D63 "." D63 "." D63 "." D63 ">", "553 5.1.7"},
    {"FROM:", "FROM:<\xc3\xa9@b>", "\xc3\xa9@b|"}, /* RFC 6531 */
    {"TO:", "TO:<\"\xe3\x80\x82 x\"@b> X", "\"\xe3\x80\x82 x\"@b| X"},
    {"TO:",
	"TO:<a@b\xc3\xbc"
	"cher.example>",
	"a@xn--bcher-kva.example|"},
    {"TO:",
	"TO:<a@B\xc3\x9c"
	"CHER.EXAMPLE>",
	"a@xn--bcher-kva.example|"},
    {"TO:", "TO:<\xc3\xbc@\xec\x98\x88.\xed\x95\x9c\xea\xb5\xad>",
	"\xc3\xbc@xn--2j5b.xn--3e0b707e|"},
    {"TO:",
	"TO:<a@b\xe3\x80\x82"
	"c>",
	"a@b.c|"}, /* IDNA's full stop */
    {"FROM:", "FROM:<a@\xe2\x98\x83\xe2\x80\x8d>", "553 5.1.2"},
    {"FROM:", "FROM:<a@\xc2\xa0>", "553 5.1.2"},
    {"FROM:", "FROM:<\xc2\x85@b>", "501 5.5.2"}, /* a control */
    {"FROM:", "FROM:<a@\xc0\xaf>", "553 5.6.7"}, /* C33 */
    {"FROM:", "FROM:<\xed\xa0\x80@b>", "553 5.6.7"},
    {"FROM:", "FROM:<\xc3@b>", "553 5.6.7"},
    {"FROM:", "FROM:<a\x01@b>", "501 5.5.2"},
    {"FROM:", "FROM:<a\t@b>", "501 5.5.2"}, {"TO:", "TO:<>", "553 5.1.3"},
    {"TO:", "TO:a@b", "501 5.1.3"}, {"TO:", "TO:<a@b@c>", "553 5.1.3"},
    {"TO:", "TO:<:include:/etc/shadow@h>", "553 5.1.3"}, /* C16 */
    {"TO:", "TO:<\"| id\"@h>", "\"| id\"@h|"},
    {"TO:", "TO:<" A64 "a@h>", "553 5.1.3"}, /* C21 */
};

static void
test_addresses(void **state)
{
	char argument[1024], got[1024];
	const char *wrong;
	struct path path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strlcpy(argument, cases[i].argument, sizeof(argument));
		wrong = path_parse(&path, argument, cases[i].word);
		if (wrong == NULL)
			snprintf(got, sizeof(got), "%s|%s", path.address,
			    path.parameters);
		else
			snprintf(got, sizeof(got), "%s", wrong);
		if (wrong == NULL ? strcmp(got, cases[i].want) != 0
				  : strncmp(got, cases[i].want, 9) != 0)
			fail_msg("%s: %s", cases[i].argument, got);
	}
}

/* What follows the address, and its parts; "!" where it is malformed. */
static const struct {
	const char *text, *want;
} parameters[] = {
    {"", ""},
    {"  ", ""},
    {" SIZE=1", "SIZE:1;"},
    {" SIZE=1  BODY=8BITMIME ", "SIZE:1;BODY:8BITMIME;"},
    {" SMTPUTF8", "SMTPUTF8:-;"},
    {" X-Y=a+20b,c<>", "X-Y:a+20b,c<>;"},
    {" SIZE=", "!"},
    {" =1", "!"},
    {" -A=1", "!"},
    {" A=b=c", "!"},
    {" A:b", "!"},
    {" OK <x>", "OK:-;!"},
};

static void
test_parameters(void **state)
{
	char text[128], got[256], *rest, *keyword, *value;
	size_t i;
	int one;

	(void)state;
	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		strlcpy(text, parameters[i].text, sizeof(text));
		rest = text;
		got[0] = '\0';
		while ((one = path_parameter(&rest, &keyword, &value)) == 1) {
			strlcat(got, keyword, sizeof(got));
			strlcat(got, ":", sizeof(got));
			strlcat(got, value == NULL ? "-" : value, sizeof(got));
			strlcat(got, ";", sizeof(got));
		}
		if (one == -1)
			strlcat(got, "!", sizeof(got));
		assert_string_equal(got, parameters[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
