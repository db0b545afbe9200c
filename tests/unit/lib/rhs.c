/* rhs: what sendmail answered to each value, and what we make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "rhs.h"

static const struct {
	const char *value;
	enum rhs_kind kind;
	const char *code, *status, *text;
} values[] = {
    {"\"550 quoted bare\"", RHS_ERROR, "550", "5.0.0", "quoted bare"},
    {"\"OK\"", RHS_ERROR, "553", "5.3.0", "OK"},
    {"&", RHS_ERROR, "553", "5.3.0", "&"},
    {"421 bare 421", RHS_ERROR, "421", "4.0.0", "bare 421"},
    {"450 bare temp", RHS_ERROR, "450", "4.0.0", "bare temp"},
    {"550", RHS_ERROR, "553", "5.3.0", "550"},
    {"550  two   spaces", RHS_ERROR, "550", "5.0.0", "two spaces"},
    {"550 5.7.1 bare with dsn", RHS_ERROR, "550", "5.7.1", "bare with dsn"},
    {"550 bare text", RHS_ERROR, "550", "5.0.0", "bare text"},
    {"550 it's quoted", RHS_ERROR, "550", "5.0.0", "it's quoted"},
    {"550 text $& dollar", RHS_ERROR, "550", "5.0.0", "text $& dollar"},
    {"550-multi line", RHS_ERROR, "553", "5.3.0", "550-multi line"},
    {"553 other code", RHS_ERROR, "553", "5.0.0", "other code"},
    {"554", RHS_ERROR, "553", "5.3.0", "554"},
    {"DISCARD", RHS_DISCARD, "", "", ""},
    {"DISCARD:bye", RHS_ERROR, "553", "5.3.0", "DISCARD:bye"},
    {"ERROR:\"550 quoted\"", RHS_ERROR, "550", "5.0.0", "quoted"},
    {"ERROR:4.2.2:450 mailbox full", RHS_ERROR, "450", "4.2.2", "mailbox full"},
    {"ERROR:421 4.7.0 go away", RHS_ERROR, "421", "4.7.0", "go away"},
    {"ERROR:451 4.7.1 try later", RHS_ERROR, "451", "4.7.1", "try later"},
    {"ERROR:5.7.1 no colon text", RHS_ERROR, "553", "5.3.0",
	"5.7.1 no colon text"},
    {"ERROR:5.7.1:\"550 quoted\"", RHS_ERROR, "550", "5.7.1", "quoted"},
    {"ERROR:5.7.1:4xx weird", RHS_ERROR, "553", "5.3.0", "4xx weird"},
    {"ERROR:5.7.1:550 enhanced text", RHS_ERROR, "550", "5.7.1",
	"enhanced text"},
    {"ERROR:5.7.1:text without code", RHS_ERROR, "553", "5.3.0",
	"text without code"},
    {"ERROR:550 only code", RHS_ERROR, "550", "5.0.0", "only code"},
    {"ERROR:D.S.N:550 letters", RHS_ERROR, "550", "5.0.0", "letters"},
    {"ERROR:nouser:550 text", RHS_ERROR, "553", "5.3.0", "nouser:550 text"},
    {"ERROR:plain text", RHS_ERROR, "553", "5.3.0", "plain text"},
    {"Error:5.7.1:550 Mixed", RHS_ERROR, "550", "5.7.1", "Mixed"},
    {"FRIEND", RHS_ERROR, "553", "5.3.0", "FRIEND"},
    {"HATER", RHS_ERROR, "553", "5.3.0", "HATER"},
    {"HOLD", RHS_ERROR, "553", "5.3.0", "HOLD"},
    {"No (comment) text", RHS_ERROR, "553", "5.3.0", "No text"},
    {"OK", RHS_OK, "", "", ""},
    {"OK  ", RHS_OK, "", "", ""},
    {"QUARANTINE", RHS_ERROR, "553", "5.3.0", "QUARANTINE"},
    {"QUARANTINE:a reason here", RHS_QUARANTINE, "", "", "a reason here"},
    {"REJECT", RHS_REJECT, "", "", ""},
    {"REJECT extra", RHS_ERROR, "553", "5.3.0", "REJECT extra"},
    {"RELAY", RHS_RELAY, "", "", ""},
    {"RELAY # comment", RHS_ERROR, "553", "5.3.0", "RELAY # comment"},
    {"Reject", RHS_REJECT, "", "", ""},
    {"SKIP", RHS_ERROR, "553", "5.3.0", "SKIP"},
    {"SPAMFRIEND", RHS_ERROR, "553", "5.3.0", "SPAMFRIEND"},
    {"SUBJECT", RHS_ERROR, "553", "5.3.0", "SUBJECT"},
    {"discard", RHS_DISCARD, "", "", ""},
    {"error:5.7.1:550 lower", RHS_ERROR, "550", "5.7.1", "lower"},
    {"just some words", RHS_ERROR, "553", "5.3.0", "just some words"},
    {"ok", RHS_OK, "", "", ""},
    {"quarantine:x", RHS_QUARANTINE, "", "", "x"},
    /* as they come out of a file with CRLF */
    {"RELAY\r", RHS_RELAY, "", "", ""},
    {" \t REJECT \t", RHS_REJECT, "", "", ""},
    /* what a foreign tool may have put there */
    {"550 a\001b", RHS_ERROR, "550", "5.0.0", "a?b"},
    {"ERROR:5.7.1:\"550 keep  as is\"", RHS_ERROR, "550", "5.7.1",
	"keep  as is"},
    {"ERROR:5.7.1:550 4.2.1 mine", RHS_ERROR, "550", "4.2.1", "mine"},
    {"999 odd", RHS_ERROR, "553", "5.3.0", "999 odd"},
    {"250 fine", RHS_ERROR, "553", "5.3.0", "250 fine"},
    {"ERROR:", RHS_ERROR, "553", "5.3.0", "ERROR:"},
    {"QUARANTINE:", RHS_QUARANTINE, "", "", "quarantined"},
    {"550 (unclosed", RHS_ERROR, "550", "5.0.0", "(unclosed"},
    {"550 \"unclosed", RHS_ERROR, "550", "5.0.0", "unclosed"},
    {"", RHS_ERROR, "553", "5.3.0", ""},
};

static void
values_of_access(void **state)
{
	struct rhs r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		rhs_parse(values[i].value, &r);
		if (r.kind != values[i].kind ||
		    strcmp(r.code, values[i].code) != 0 ||
		    strcmp(r.status, values[i].status) != 0 ||
		    strcmp(r.text, values[i].text) != 0)
			fail_msg("%s: %d %s %s %s", values[i].value,
			    (int)r.kind, r.code, r.status, r.text);
	}
}

/* ' ': virtusertable's error:, ':': mailertable's. */
static const struct {
	char parting;
	const char *text, *code, *status, *reply;
} errors[] = {
    {' ', "nouser 550 no a here", "550", "5.0.0", "no a here"},
    {' ', "nouser No such user here", "553", "5.3.0", "No such user here"},
    {' ', "5.7.1:550 go away", "550", "5.7.1", "go away"},
    {' ', "4.2.1:450 later", "450", "4.2.1", "later"},
    {' ', "5.1.1:User unknown", "553", "5.3.0", "User unknown"},
    {' ', "tempfail 450 busy", "450", "4.0.0", "busy"},
    {' ', "550 plain", "553", "5.3.0", "plain"},
    {' ', "protocol 5xx", "553", "5.3.0", "5xx"},
    {':', "5.7.1:550 no mail", "550", "5.7.1", "no mail"},
    {':', "550 simple", "550", "5.0.0", "simple"},
    {':', "nohost no such host", "553", "5.3.0", "nohost no such host"},
    {':', "nohost:no such host", "553", "5.3.0", "no such host"},
    {':', "tempfail:450 busy", "450", "4.0.0", "busy"},
};

static void
errors_of_the_other_tables(void **state)
{
	struct rhs r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		rhs_keyword_error(errors[i].text, errors[i].parting, &r);
		if (r.kind != RHS_ERROR || strcmp(r.code, errors[i].code) ||
		    strcmp(r.status, errors[i].status) ||
		    strcmp(r.text, errors[i].reply))
			fail_msg("%s: %s %s %s", errors[i].text, r.code,
			    r.status, r.text);
	}
}

static void
a_long_text_is_cut(void **state)
{
	char value[4096];
	struct rhs r;

	(void)state;
	memset(value, 'a', sizeof(value) - 1);
	memcpy(value, "550 ", 4);
	value[sizeof(value) - 1] = '\0';
	rhs_parse(value, &r);
	assert_string_equal(r.code, "550");
	assert_true(strlen(r.text) < RHS_TEXT);
}

static void
arguments_are_put_in(void **state)
{
	const char *const args[4] = {"key@d", "user", "detail", NULL};
	char out[32];

	(void)state;
	assert_true(rhs_expand("%1+%2@x%%%3%0%9", args, out, sizeof(out)));
	assert_string_equal(out, "user+detail@x%key@d");
	assert_true(rhs_expand("a%", args, out, sizeof(out)));
	assert_string_equal(out, "a%");
	assert_false(rhs_expand("%1%1%1%1%1%1%1%1", args, out, sizeof(out)));
}

static void
codes_with_the_address_in_front(void **state)
{
	(void)state;
	assert_true(rhs_is_prefixed("550"));
	assert_true(rhs_is_prefixed("450"));
	assert_true(rhs_is_prefixed("553"));
	assert_false(rhs_is_prefixed("421"));
	assert_false(rhs_is_prefixed("451"));
	assert_false(rhs_is_prefixed("554"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_of_access),
	    cmocka_unit_test(errors_of_the_other_tables),
	    cmocka_unit_test(a_long_text_is_cut),
	    cmocka_unit_test(arguments_are_put_in),
	    cmocka_unit_test(codes_with_the_address_in_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
