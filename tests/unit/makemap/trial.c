/* trial: lines of access-tests, and what came of a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trial.h"

static void
a_line_in_its_parts(void **state)
{
	struct trial t;

	(void)state;
	assert_null(trial_parse("192.0.2.7\t- <> a@b  550 5.7.1 no \n", &t));
	assert_string_equal(t.address, "192.0.2.7");
	assert_null(t.name);
	assert_null(t.helo);
	assert_string_equal(t.sender, "");
	assert_string_equal(t.recipient, "a@b");
	assert_string_equal(t.wanted, "550 5.7.1 no");
	assert_null(trial_parse(
	    "mx.x[2001:db8::1] helo <s@d> \"x y\\\" z\"@b relay", &t));
	assert_string_equal(t.address, "2001:db8::1");
	assert_string_equal(t.name, "mx.x");
	assert_string_equal(t.helo, "helo");
	assert_string_equal(t.sender, "s@d");
	assert_string_equal(t.recipient, "\"x y\\\" z\"@b");
	assert_string_equal(t.wanted, "relay");
	assert_null(trial_parse("[192.0.2.7] - a@b c@d 451\r\n", &t));
	assert_null(t.name);
	assert_string_equal(t.wanted, "451");
}

static void
lines_that_make_no_sense(void **state)
{
	static const char *const lines[] = {
	    "192.0.2.7",
	    "192.0.2.7 - a@b c@d",
	    "192.0.2.7 - a@b c@d refuse",
	    "192.0.2.7 - a@b c@d 250",
	    "192.0.2.7 - a@b c@d 55",
	    "192.0.2.7 - a@b c@d 5500",
	    "192.0.2 - a@b c@d reject",
	    "name - a@b c@d reject",
	    "name[] - a@b c@d reject",
	    "name[192.0.2.7 - a@b c@d reject",
	    "] - a@b c@d reject",
	    "192.0.2.7 - \"a@b c@d reject",
	};
	static char line[TRIAL_LINE + 1];
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (trial_parse(lines[i], &t) == NULL)
			fail_msg("%s", lines[i]);
	memset(line, 'x', TRIAL_LINE);
	assert_string_equal(trial_parse(line, &t), "line too long");
	assert_true(trial_is_empty(""));
	assert_true(trial_is_empty(" \t\r\n"));
	assert_true(trial_is_empty(" # x"));
	assert_false(trial_is_empty("x"));
}

static struct outcome
hear(const char *connect, const char *mail, const char *rcpt)
{
	const char *const actions[] = {connect, mail, rcpt};
	struct outcome o = {0};
	struct record r;
	int i;

	record_init(&r, RECORD_QUESTION);
	for (i = 0; i < TRIAL_QUESTIONS; i++) {
		record_clear(&r);
		record_add(&r, "action", actions[i]);
		record_addf(&r, "rule", "r%d", i);
		trial_hear(&o, &r);
	}
	record_free(&r);
	return o;
}

static void
what_came_of_it(void **state)
{
	static const struct {
		const char *connect, *mail, *rcpt, *got, *rule;
		const char *holds, *fails;
	} rows[] = {
	    {"DUNNO", "DUNNO", "DUNNO", "accept", "r2", "accept", "relay"},
	    {"DUNNO", "DUNNO", "OK", "relay", "r2", "relay", "reject"},
	    {"DUNNO", "DUNNO", "OK", "relay", "r2", "accept", "550"},
	    {"550 a", "DUNNO", "OK", "550 a", "r0", "reject", "accept"},
	    {"DUNNO", "450 b", "550 c", "450 b", "r1", "defer", "reject"},
	    {"DUNNO", "DUNNO", "550 5.7.1 c", "550 5.7.1 c", "r2", "550 5.7.1",
		"550 5.1.1"},
	    {"DISCARD", "DUNNO", "DUNNO", "discard", "r0", "discard", "accept"},
	    {"DISCARD", "HOLD x", "OK", "discard", "r0", "discard",
		"quarantine"},
	    {"DISCARD", "DUNNO", "550 x", "550 x", "r2", "reject", "discard"},
	    {"DUNNO", "HOLD x", "OK", "quarantine", "r1", "quarantine",
		"accept"},
	    {"HOLD x", "DISCARD", "OK", "discard", "r1", "discard", "relay"},
	};
	struct outcome o;
	struct trial t;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		o = hear(rows[i].connect, rows[i].mail, rows[i].rcpt);
		assert_string_equal(trial_tell(&o), rows[i].got);
		assert_string_equal(o.rule, rows[i].rule);
		t.wanted = rows[i].holds;
		assert_true(trial_holds(&t, &o));
		t.wanted = rows[i].fails;
		assert_false(trial_holds(&t, &o));
	}
}

static void
three_questions(void **state)
{
	struct trial t;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_null(trial_parse("a.b[192.0.2.7] me s@d r@d reject", &t));
	assert_int_equal(trial_ask(&t, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "protocol_state=CONNECT\n"));
	assert_non_null(strstr(text, "protocol_state=MAIL\n"));
	assert_non_null(strstr(text,
	    "protocol_state=RCPT\nclient_address=192.0.2.7\nclient_name=a.b\n"
	    "client_resolve=OK\nhelo_name=me\nsender=s@d\nrecipient=r@d\n\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_in_its_parts),
	    cmocka_unit_test(lines_that_make_no_sense),
	    cmocka_unit_test(what_came_of_it),
	    cmocka_unit_test(three_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
