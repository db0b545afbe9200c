/*
 * Limits, times and endings of a session.
 */
#include "engine.h"
#include "world.h"

/* Bytes that come before they may: P01, P02, C39. */
static void
test_who_does_not_wait_is_cut_off(void **state)
{
	static const struct client_name name = {RESOLVE_FAIL, "unknown", ""};
	struct world w;

	(void)state;
	start(&w, "DUNNO");
	give(&w, "EHLO x\r\nMAIL FROM:<a@b>\r\n", 25);
	assert_true(replies_are(text_of(w.s->out), "220 |554 5.5.0"));
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "DUNNO");
	say(&w, START, 0);
	give(&w, "DATA\r\nSubject: x\r\n\r\n.\r\n", 23);
	assert_true(replies_are(text_of(w.s->out), STARTED "554 5.5.0"));
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "DUNNO");
	session_free(w.s);
	w.s = session_new(&config, "x", "192.0.2.7", w.now);
	give(&w, "EHLO x\r\n", 8);
	assert_int_equal(w.last, DEED_WAIT);
	session_named(w.s, &name, w.now);
	run(&w);
	give(&w, "MAIL FROM:<a@b>\r\nRSET\r\nQUIT\r\n", 29);
	assert_true(replies_are(text_of(w.s->out),
	    "554 me.test ESMTP not accepting messages|250-|"
	    "250 ENHANCEDSTATUSCODES|550 5.0.0 Command rejected|250 |221 "));
	assert_string_equal(
	    text_of(w.log), "refused:smtpd:spoke before the greeting|");
	stop(&w);

	/* but one who is on this host may type ahead */
	start(&w, "DUNNO");
	w.s->strict = false;
	give(&w, "HELO x\r\nQUIT\r\n", 14);
	assert_true(replies_are(text_of(w.s->out), "220 |250 |221 "));
	stop(&w);
}

/* GreetPause: */
static void
test_the_greeting_may_have_to_wait(void **state)
{
	static const struct client_name name = {RESOLVE_FAIL, "unknown", ""};
	static const char *const early[] = {"", "EHLO x\r\n"};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		start(&w, "DUNNO");
		session_free(w.s);
		w.s = session_new(&config, "x", "192.0.2.7", w.now);
		w.pause = "1500";
		session_named(w.s, &name, w.now);
		run(&w);
		assert_int_equal(w.last, DEED_WAIT);
		assert_int_equal(w.s->pause, 1500);
		assert_int_equal(evbuffer_get_length(w.s->out), 0);
		give(&w, early[i], strlen(early[i]));
		session_paused(w.s, w.now);
		run(&w);
		assert_true(replies_are(text_of(w.s->out),
		    i == 0 ? "220 "
			   : "554 me.test ESMTP not accepting messages|"
			     "250-|250 "));
		assert_string_equal(
		    text_of(w.log), i == 0 ? "" : "refused:test:pause|");
		stop(&w);
	}
}

static void
repeat(struct world *w, const char *line, int times)
{
	while (times-- > 0)
		give(w, line, strlen(line));
}

static void
test_errors_and_junk_have_an_end(void **state)
{
	struct world w;
	const char *out;

	(void)state;
	start(&w, "DUNNO");
	repeat(&w, "FOO\r\n", 25);
	assert_int_equal(w.last, DEED_READ);
	repeat(&w, "FOO\r\n", 1);
	assert_int_equal(w.last, DEED_CLOSE);
	out = text_of(w.s->out);
	assert_non_null(strstr(out,
	    "421 4.7.0 me.test Too many bad commands; closing connection"));
	assert_string_equal(
	    text_of(w.log), "refused:smtpd:syntax|refused:smtpd:bad commands|");
	stop(&w);

	start(&w, "DUNNO");
	repeat(&w, "NOOP\r\n", 100);
	assert_int_equal(w.last, DEED_READ);
	repeat(&w, "NOOP\r\n", 5);
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "DUNNO"); /* C40 */
	repeat(&w, HELO, 200);
	assert_int_equal(w.last, DEED_READ);
	stop(&w);

	/* L01: one log line for all that are too many, and an end */
	start(&w, "DUNNO");
	say(&w, START, 0);
	repeat(&w, "RCPT TO:<u@h>\r\n", 502);
	assert_int_equal(w.last, DEED_READ);
	assert_string_equal(text_of(w.log), "refused:smtpd:maxrcpt|");
	repeat(&w, "RCPT TO:<u@h>\r\n", 9600);
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "550 5.7.1 No");
	repeat(&w, "MAIL FROM:<a@b>\r\n", 25);
	assert_int_equal(w.last, DEED_READ);
	repeat(&w, "MAIL FROM:<a@b>\r\n", 1);
	assert_int_equal(w.last, DEED_CLOSE);
	assert_string_equal(
	    text_of(w.log), "refused:test:rule|refused:smtpd:bad commands|");
	stop(&w);
}

static void
test_long_lines_of_command(void **state)
{
	struct world w;
	char line[3000];

	(void)state;
	memset(line, 'a', sizeof(line));
	start(&w, "DUNNO"); /* C06 */
	give(&w, line, 2047);
	assert_int_equal(w.last, DEED_READ);
	give(&w, line, 1);
	assert_int_equal(w.last, DEED_CLOSE);
	assert_true(replies_are(text_of(w.s->out), "220 |500 5.5.2 Line"));
	stop(&w);

	start(&w, "DUNNO"); /* C05 */
	memcpy(line, "EHLO ", 5);
	memcpy(line + 515, "\r\n", 2);
	give(&w, line, 517);
	assert_true(replies_are(text_of(w.s->out), "220 |501 5.5.4"));
	stop(&w);
}

static void
test_big_messages_travel_in_chunks(void **state)
{
	struct world w;
	char line[1000];
	int i;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + 998, "\r\n", 2);
	start(&w, "DUNNO");
	say(&w, DATA, 0);
	for (i = 0; i < 150; i++)
		give(&w, line, sizeof(line));
	assert_true(evbuffer_get_length(w.content) == 131072);
	give(&w, ".\r\n", 3);
	assert_true(evbuffer_get_length(w.content) == 150 * 999);
	assert_true(replies_are(text_of(w.s->out), TO_DATA "250 "));
	assert_string_equal(w.envelope, "");
	stop(&w);
}

/* What makes a message fail: said behind its end, and inject forgets it. */
static void
doomed(const char *line, int times, const char *reply, const char *rule,
    bool begun)
{
	struct world w;
	char wanted[256];
	const char *log;

	start(&w, "DUNNO");
	say(&w, DATA, 0);
	repeat(&w, line, times);
	assert_int_equal(w.last, DEED_READ);
	give(&w, "\r\n.\r\n", 5);
	snprintf(wanted, sizeof(wanted), "%s%s", TO_DATA, reply);
	assert_true(replies_are(text_of(w.s->out), wanted));
	log = text_of(w.log);
	assert_int_equal(strncmp(log, "abandon|", 8) == 0, begun);
	assert_non_null(strstr(log, "refused:"));
	assert_non_null(strstr(log, rule));
	assert_int_equal(w.messages, 0);
	stop(&w);
}

static void
test_messages_that_must_fail(void **state)
{
	char line[1025];

	(void)state;
	memset(line, 'x', 1024);
	line[3] = ' ';
	line[1024] = '\0';
	doomed("Received: x\r\n", 51, "554 5.4.6", "smtpd:Received",
	    false); /* L09 */
	doomed("RECEIVED : x\r\n", 51, "554 5.4.6", "smtpd:Received", false);
	doomed("a: b\r\n", 60000, "552 5.3.4", "smtpd:header size",
	    true);                                                  /* H01 */
	doomed(line, 1100, "554 5.6.0", "smtpd:line length", true); /* E22 */
	line[0] = '\r';
	line[1] = '\n';
	doomed(line, 3000, "552 5.3.4", "databytes", true); /* C25 */
}

static void
test_received_in_the_body_is_no_hop(void **state)
{
	struct world w;

	(void)state;
	start(&w, "DUNNO");
	say(&w, DATA, 0);
	repeat(&w, "Received: x\r\n", 50);
	give(&w, "\r\n", 2);
	repeat(&w, "Received: x\r\n", 50);
	give(&w, ".\r\n", 3);
	assert_int_equal(w.messages, 1);
	stop(&w);
}

static void
at(struct world *w, int64_t now)
{
	w->now = now;
	session_tick(w->s, now);
	run(w);
}

static void
test_time_limits(void **state)
{
	struct world w;

	(void)state;
	start(&w, "DUNNO");
	at(&w, 1299);
	assert_int_equal(w.last, DEED_READ);
	give(&w, "NO", 2); /* L04: half a command buys no time */
	at(&w, 1300);
	assert_int_equal(w.last, DEED_CLOSE);
	assert_true(replies_are(text_of(w.s->out), "220 |421 4.4.2"));
	stop(&w);

	start(&w, "DUNNO");
	say(&w, DATA, 0);
	at(&w, 1599);
	assert_int_equal(w.last, DEED_READ);
	at(&w, 1600);
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "DUNNO"); /* L05 */
	say(&w, DATA, 0);
	while (w.last == DEED_READ && w.now < 3000) {
		give(&w, "0123456789", 10);
		at(&w, w.now + 1);
	}
	assert_in_range(w.now, 1600, 1620);
	stop(&w);

	start(&w, "DUNNO"); /* waiting for inject is not the client's fault */
	say(&w, DATA, 0);
	session_held(w.s, 1550);
	at(&w, 1700);
	assert_int_equal(w.last, DEED_READ);
	stop(&w);
}

static void
test_the_name_may_take_its_time_but_not_forever(void **state)
{
	struct world w;

	(void)state;
	start(&w, "DUNNO");
	session_free(w.s);
	w.s = session_new(&config, "x", "192.0.2.7", w.now);
	at(&w, w.now + 9);
	assert_int_equal(w.last, DEED_WAIT);
	at(&w, w.now + 10);
	assert_int_equal(w.last, DEED_READ);
	assert_true(replies_are(text_of(w.s->out), "220 "));
	stop(&w);
}

static void
test_draining(void **state)
{
	struct world w;

	(void)state;
	start(&w, "DUNNO");
	say(&w, START, 0);
	session_drain(w.s, w.now);
	at(&w, w.now + 1);
	assert_int_equal(w.last, DEED_READ);
	say(&w, "DATA\r\n~x\r\n.\r\n", 0);
	at(&w, w.now + 1);
	assert_int_equal(w.last, DEED_CLOSE);
	assert_true(
	    replies_are(text_of(w.s->out), TO_DATA "250 2.0.0|421 4.3.2"));
	stop(&w);

	start(&w, "DUNNO"); /* access, or a policy server, is slow */
	say(&w, START, 0);
	session_ask(w.s, PHASE_RCPT, "u@h");
	session_drain(w.s, w.now);
	w.s->deed = DEED_NONE;
	at(&w, w.now + 29);
	assert_int_equal(w.last, DEED_WAIT);
	at(&w, w.now + 1);
	assert_int_equal(w.last, DEED_CLOSE);
	session_judged(w.s, NULL, w.now); /* and too late */
	run(&w);
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "DUNNO");
	say(&w, DATA, 0);
	session_drain(w.s, w.now);
	at(&w, w.now + 29);
	assert_int_equal(w.last, DEED_READ);
	at(&w, w.now + 30);
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);
}

static void
test_a_client_that_leaves_leaves_nothing(void **state)
{
	struct world w;

	(void)state;
	start(&w, "DUNNO"); /* E20 */
	say(&w, DATA "Subject: x\r\n\r\n", 0);
	session_lost(w.s, w.now);
	run(&w);
	assert_int_equal(w.last, DEED_CLOSE);
	assert_string_equal(w.s->why, "lost connection");
	assert_int_equal(evbuffer_get_length(w.content), 0);
	stop(&w);
}

/* Told 421 while inject has the message: that is the last reply. */
static void
test_inject_comes_too_late(void **state)
{
	struct world w;
	struct record done;
	size_t replies;

	(void)state;
	record_init(&done, RECORD_QUESTION);
	record_add(&done, "class", "done");
	record_add(&done, "id", "0000001a-00003");
	start(&w, "DUNNO");
	say(&w, DATA "x\r\n", 0);
	w.s->begun = true; /* a part of it is at inject */
	at(&w, w.now + 700);
	assert_int_equal(w.last, DEED_CLOSE);
	replies = evbuffer_get_length(w.s->out);
	session_injected(w.s, &done, w.now);
	session_injected(w.s, NULL, w.now);
	run(&w);
	assert_int_equal(w.last, DEED_CLOSE);
	assert_int_equal(evbuffer_get_length(w.s->out), replies);
	record_free(&done);
	stop(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_does_not_wait_is_cut_off),
	    cmocka_unit_test(test_the_greeting_may_have_to_wait),
	    cmocka_unit_test(test_errors_and_junk_have_an_end),
	    cmocka_unit_test(test_long_lines_of_command),
	    cmocka_unit_test(test_big_messages_travel_in_chunks),
	    cmocka_unit_test(test_messages_that_must_fail),
	    cmocka_unit_test(test_received_in_the_body_is_no_hop),
	    cmocka_unit_test(test_time_limits),
	    cmocka_unit_test(test_the_name_may_take_its_time_but_not_forever),
	    cmocka_unit_test(test_draining),
	    cmocka_unit_test(test_a_client_that_leaves_leaves_nothing),
	    cmocka_unit_test(test_inject_comes_too_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
