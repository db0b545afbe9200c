/*
 * Whole conversations.  A stand-in for access answers by a word in the address,
 * one for inject by a word in the sender.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session.h"

static const struct config config = {
    .me = "me.test",
    .databytes = 3000000,
    .recipients = 3,
    .timeout = 300,
    .timeout_data = 600,
};

struct world {
	struct session *s;
	struct evbuffer *in, *content, *log;
	const char *connect; /* what access says to CONNECT */
	unsigned messages;
	enum deed last;
	char envelope[4096];
	int64_t now;
};

static const struct {
	const char *word, *action;
} actions[] = {
    {"bad", "550 5.1.1 User unknown"},
    {"later", "450 4.7.1 Come back"},
    {"go", "421 4.7.0 Go away"},
    {"discard", "DISCARD"},
    {"hold", "HOLD look"},
    {"odd", "WHAT"},
};

static void
judge(struct world *w)
{
	const struct record *q = &w->s->question;
	const char *address = record_text(q, "recipient");
	const char *action = "DUNNO";
	struct record answer;
	size_t i;

	if (strcmp(record_text(q, "protocol_state"), "MAIL") == 0)
		address = record_text(q, "sender");
	if (strcmp(record_text(q, "protocol_state"), "CONNECT") == 0)
		action = w->connect;
	if (strstr(address, "silent") != NULL) {
		session_judged(w->s, NULL, w->now);
		return;
	}
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strstr(address, actions[i].word) != NULL)
			action = actions[i].action;
	record_init(&answer, RECORD_QUESTION);
	record_add(&answer, "action", action);
	record_add(&answer, "rule", "test:rule");
	session_judged(w->s, &answer, w->now);
	record_free(&answer);
}

static void
inject(struct world *w)
{
	const char *sender = w->s->sender;
	struct record answer;

	if (strcmp(sender, "away@x") == 0) {
		session_injected(w->s, NULL, w->now);
		return;
	}
	record_init(&answer, RECORD_QUESTION);
	if (strcmp(sender, "full@x") == 0) {
		record_add(&answer, "class", "deferred");
		record_add(&answer, "status", "4.3.1");
		record_add(&answer, "text", "no space");
	} else if (strcmp(sender, "much@x") == 0) {
		record_add(&answer, "class", "failed");
		record_add(&answer, "status", "5.3.4");
		record_add(&answer, "text", "too big");
	} else if (strcmp(sender, "mad@x") == 0) {
		record_add(&answer, "class", "failed");
		record_add(&answer, "status", "2.0.0");
	} else {
		record_add(&answer, "class", "done");
		record_addf(&answer, "id", "0000001a-%05u", ++w->messages);
	}
	session_injected(w->s, &answer, w->now);
	record_free(&answer);
}

static void
take_content(struct world *w)
{
	const struct record *q = &w->s->question;
	const char *value;
	size_t at = 0;
	uint64_t size;

	assert_int_equal(record_number(q, "size", SESSION_CHUNK, &size), 1);
	assert_int_equal(size, evbuffer_get_length(w->s->content));
	w->envelope[0] = '\0';
	while ((value = record_each(q, "recipient", &at)) != NULL) {
		strlcat(w->envelope, value, sizeof(w->envelope));
		strlcat(w->envelope, " ", sizeof(w->envelope));
	}
	if (record_get(q, "hold") != NULL)
		strlcat(w->envelope, "held", sizeof(w->envelope));
	evbuffer_add_buffer(w->content, w->s->content);
	if (record_get(q, "more") == NULL)
		inject(w);
}

static void
note(struct world *w)
{
	struct record *n = &w->s->note;

	evbuffer_add_printf(w->log, "%s:%s%s|", record_text(n, "event"),
	    record_text(n, "rule"), record_text(n, "id"));
	record_clear(n);
}

static void
run(struct world *w)
{
	while ((w->last = session_run(w->s, w->in, w->now)) != DEED_READ &&
	       w->last != DEED_WAIT && w->last != DEED_CLOSE) {
		if (w->last == DEED_LOG)
			note(w);
		else if (w->last == DEED_ASK)
			judge(w);
		else if (w->last == DEED_SEND)
			take_content(w);
		else if (w->last == DEED_ABANDON)
			evbuffer_add_printf(w->log, "abandon|");
	}
}

static void
start(struct world *w, const char *connect)
{
	static const struct client_name name = {
	    RESOLVE_OK, "client.test", "client.test"};

	memset(w, 0, sizeof(*w));
	w->connect = connect;
	w->now = 1000;
	w->s = session_new(&config, "6924a1b2-1-1", "192.0.2.7", w->now);
	w->in = evbuffer_new();
	w->content = evbuffer_new();
	w->log = evbuffer_new();
	session_named(w->s, &name, w->now);
	run(w);
}

static void
stop(struct world *w)
{
	session_free(w->s);
	evbuffer_free(w->in);
	evbuffer_free(w->content);
	evbuffer_free(w->log);
}

static void
give(struct world *w, const char *bytes, size_t len)
{
	evbuffer_add(w->in, bytes, len);
	run(w);
}

static const char *
text_of(struct evbuffer *b)
{
	evbuffer_add(b, "", 1);
	return (const char *)evbuffer_pullup(b, -1);
}

/*
 * Each reply line begins with its part of want, "220 |250-|250 x", and there
 * is no other.
 */
static bool
replies_are(const char *got, const char *want)
{
	const char *end;
	size_t len;

	while (*want != '\0') {
		len = strcspn(want, "|");
		if (strncmp(got, want, len) != 0 ||
		    (end = strstr(got, "\r\n")) == NULL)
			return false;
		got = end + 2;
		want += len + (want[len] == '|');
	}
	return *got == '\0';
}

#define HELO    "HELO x\r\n"
#define START   HELO "MAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\n"
#define STARTED "220 |250 me|250 2.1.0|250 2.1.5|"
#define DATA    START "DATA\r\n~"
#define TO_DATA STARTED "354 |"

/*
 * What the client says ("~": here it waits for the reply; "#": NUL), what it
 * hears, the content that inject gets, what is logged; and whether the
 * conversation is over ("." or not).
 */
static const struct conversation {
	const char *id, *input, *replies, *content, *log, *over;
} conversations[] = {
    {"greeting", "", "220 me.test ESMTP\r\n", "", "", ""},
    {"quit", "quit\r\n", "220 |221 2.0.0", "", "", "."},
    {"EHLO", "EHLO x\r\n",
	"220 |250-me.test Hello client.test [192.0.2.7], pleased to meet you"
	"|250-ENHANCEDSTATUSCODES|250-PIPELINING|250-8BITMIME|250-SIZE 3000000"
	"|250 HELP",
	"", "", ""},
    {"message", DATA "Subject: x\r\n\r\n..hi\r\n.\r\n",
	TO_DATA "250 2.0.0 0000001a-00001 ", "Subject: x\n\n.hi\n",
	"accepted:0000001a-00001|", ""},
    {"C01", "HELO x\n", "220 |500 5.5.2", "", "", "."},
    {"C02", "HELO x\rMAIL FROM:<a@b>\r\n", "220 |500 5.5.2", "", "", "."},
    {"C03", "HELO #x\r\n", "220 |501 5.5.4", "", "", ""},
    {"C04", "HE#LO x\r\n", "220 |500 5.5.1", "", "", ""},
    {"verb with NUL behind", "NOOP#\r\n", "220 |501 5.5.4", "", "", ""},
    {"C09", "MAIL FROM:<a@b>\r\n", "220 |503 5.5.1", "", "", ""},
    {"C10", HELO "RCPT TO:<u@h>\r\nDATA\r\n", "220 |250 |503 5.5.1|503 5.5.1",
	"", "", ""},
    {"C10 no recipient", HELO "MAIL FROM:<a@b>\r\nDATA\r\n",
	"220 |250 |250 |554 5.5.1", "", "", ""},
    {"C11", START "MAIL FROM:<a@b>\r\n", STARTED "503 5.5.1", "", "", ""},
    {"C12", HELO "MAIL FROM:a@b\r\n", "220 |250 |501 5.1.7", "",
	"refused:smtpd:syntax|", ""},
    {"C14", HELO "MAIL FROM:<;touch /tmp/x;>\r\n", "220 |250 |553 5.1.7", "",
	"refused:smtpd:syntax|", ""},
    {"C22", START "RCPT TO:<u@h> FOO=BAR\r\n", STARTED "555 5.5.4", "",
	"refused:smtpd:syntax|", ""},
    {"C23", HELO "MAIL FROM:<a@b> SIZE=99999999999999999999\r\n",
	"220 |250 |552 5.3.4", "", "refused:databytes|", ""},
    {"C23 longer", HELO "MAIL FROM:<a@b> SIZE=999999999999999999999\r\n",
	"220 |250 |501 5.5.4", "", "refused:smtpd:syntax|", ""},
    {"C24",
	HELO "MAIL FROM:<a@b> SIZE=-1\r\nMAIL FROM:<a@b> SIZE=\r\n"
	     "MAIL FROM:<a@b> SIZE\r\nMAIL FROM:<a@b> SIZE=1 size=2\r\n",
	"220 |250 |501 5.5.4|501 5.5.4|501 5.5.4|501 5.5.4", "",
	"refused:smtpd:syntax|refused:smtpd:syntax|refused:smtpd:syntax|"
	"refused:smtpd:syntax|",
	""},
    {"C26", HELO "MAIL FROM:<a@b> BODY=BINARYMIME\r\n", "220 |250 |555 5.5.4",
	"", "refused:smtpd:syntax|", ""},
    {"C27", HELO "MAIL FROM:<a@b> AUTH=a+0Ab\r\n", "220 |250 |555 5.5.4", "",
	"refused:smtpd:syntax|", ""},
    {"C32", HELO "MAIL FROM:<\xc3\xa9@b>\r\n", "220 |250 |553 5.6.7", "",
	"refused:smtpd:syntax|", ""},
    {"C34", "VRFY root\r\nEXPN list\r\nVRFY\r\n",
	"220 |252 2.1.5|502 5.5.1|501 5.5.4", "", "", ""},
    {"help", "HELP\r\n", "220 |214-2.0.0|214 2.0.0", "", "", ""},
    {"C36", START "DATA x\r\nRSET x\r\nQUIT x\r\n",
	STARTED "501 5.5.4|501 5.5.4|501 5.5.4", "", "", ""},
    {"C37", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "220 |221 2.7.0", "", "", "."},
    {"C41", "HELO [1.2.3.4\r\nHELO\r\nHELO -x_\r\n~HELO a;b\r\n",
	"220 |501 5.5.4|501 5.5.4|250 |501 5.5.4", "", "", ""},
    {"C42", "\xff\xf4\r\n", "220 |500 5.5.1", "", "", ""},
    {"empty", "\r\n  \r\n", "220 |500 5.5.1|500 5.5.1", "", "", ""},
    {"RSET", START "RSET\r\nRCPT TO:<u@h>\r\n", STARTED "250 2.0.0|503 5.5.1",
	"", "", ""},
    {"HELO forgets", START HELO "~RCPT TO:<u@h>\r\n",
	STARTED "250 me|503 5.5.1", "", "", ""},
    {"trailing blanks", "NOOP  \r\nQUIT \r\n", "220 |250 |221 ", "", "", "."},
    {"C43", HELO "MAIL FROM:<>\r\nRCPT TO:<u@h>\r\nRCPT TO:<v@h>\r\n",
	"220 |250 |250 2.1.0 <>... Sender ok|250 |250 ", "", "", ""},
    {"L01", START "RCPT TO:<v@h>\r\nRCPT TO:<w@h>\r\nRCPT TO:<x@h>\r\n",
	STARTED "250 |250 |452 4.5.3", "", "refused:maxrcpt|", ""},
    {"refused sender", HELO "MAIL FROM:<bad@b>\r\nRCPT TO:<u@h>\r\n",
	"220 |250 |550 5.1.1 User unknown|503 5.5.1", "", "refused:test:rule|",
	""},
    {"refused recipients",
	START "RCPT TO:<bad@h>\r\nRCPT TO:<later@h>\r\nDATA\r\n~x\r\n.\r\n",
	STARTED "550 5.1.1|450 4.7.1|354 |250 ", "x\n",
	"refused:test:rule|refused:test:rule|accepted:0000001a-00001|", ""},
    {"P03", HELO "MAIL FROM:<a@b>\r\nRCPT TO:<bad@h>\r\nDATA\r\nNOOP\r\n",
	"220 |250 |250 |550 |554 5.5.1|250 ", "", "refused:test:rule|", ""},
    {"421 by access", HELO "MAIL FROM:<go@b>\r\nNOOP\r\n",
	"220 |250 |421 4.7.0 Go away", "", "refused:test:rule|", "."},
    {"silence", HELO "MAIL FROM:<silent@b>\r\nMAIL FROM:<odd@b>\r\n",
	"220 |250 |451 4.3.0|451 4.3.0", "",
	"refused:smtpd:no answer from access|"
	"refused:smtpd:senseless answer from access|",
	""},
    {"discard", START "RCPT TO:<discard@h>\r\nDATA\r\n~x\r\n.\r\n",
	STARTED "250 2.1.5|354 |250 2.0.0 6924a1b2-00001 ", "",
	"discarded:test:rule|", ""},
    {"hold", START "RCPT TO:<hold@h>\r\nDATA\r\n~x\r\n.\r\n",
	STARTED "250 2.1.5|354 |250 2.0.0 0000001a-00001 ", "x\n",
	"accepted:0000001a-00001|", ""},
    {"B01", START "BDAT 5 LAST\r\nhello\r\n", STARTED "502 5.5.1", "", "", "."},
    {"two messages", /* P06 */
	DATA
	"x\r\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\nDATA\r\n~y\r\n.\r\n",
	TO_DATA "250 2.0.0 0000001a-00001|250 |250 |354 |"
		"250 2.0.0 0000001a-00002",
	"x\ny\n", "accepted:0000001a-00001|accepted:0000001a-00002|", ""},
    {"E01", DATA "x\r\na\n.\nMAIL FROM:<e@v>\r\n.\r\n", TO_DATA "550 5.5.2", "",
	"refused:smtpd:bare LF|", ""},
    {"E04", DATA "a\r.\rMAIL FROM:<e@v>\r\n.\r\n", TO_DATA "550 5.5.2", "",
	"refused:smtpd:bare CR|", ""},
    {"E10", DATA "a\r\n#.\r\nx\r\n.\r\n", TO_DATA "550 5.6.0", "",
	"refused:smtpd:NUL|", ""},
    {"E16", DATA ".\r\n", TO_DATA "250 ", "", "accepted:0000001a-00001|", ""},
    {"E21", DATA "a\r\n.\r\nQUIT\r\n", TO_DATA "250 |221 ", "a\n",
	"accepted:0000001a-00001|", "."},
    {"disk full",
	HELO "MAIL FROM:<full@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |452 4.3.1 no space", "x\n", "refused:inject|",
	""},
    {"inject refuses",
	HELO "MAIL FROM:<much@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |552 5.3.4 too big", "x\n", "refused:inject|",
	""},
    {"inject is mad",
	HELO "MAIL FROM:<mad@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |451 4.3.0", "x\n", "refused:inject|", ""},
    {"inject is away",
	HELO "MAIL FROM:<away@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |451 4.3.0", "x\n", "refused:inject|", ""},
};

/* Say it in pieces of step bytes; 0: up to each "~" in one. */
static void
say(struct world *w, const char *input, size_t step)
{
	char bytes[1024];
	size_t n = 0, limit = step == 0 ? sizeof(bytes) : step;

	for (; *input != '\0'; input++) {
		if (*input != '~')
			bytes[n++] = *input == '#' ? '\0' : *input;
		if (n == limit || (*input == '~' && step == 0) ||
		    (*input == '\n' && step == 0 && n == 8 &&
			memcmp(bytes, HELO, 8) == 0)) {
			give(w, bytes, n);
			n = 0;
		}
	}
	give(w, bytes, n);
}

static void
converse(const struct conversation *c, size_t step)
{
	struct world w;
	const char *out, *content, *log;

	start(&w, "DUNNO");
	w.s->strict = step < 2; /* else EHLO and DATA are cut at random */
	say(&w, c->input, step);
	out = text_of(w.s->out);
	content = text_of(w.content);
	log = text_of(w.log);
	if (!replies_are(out, c->replies) || strcmp(content, c->content) != 0 ||
	    strcmp(log, c->log) != 0 ||
	    (w.last == DEED_CLOSE) != (*c->over == '.'))
		fail_msg("%s by %zu:\n%s\ncontent \"%s\" log \"%s\" last %d",
		    c->id, step, out, content, log, (int)w.last);
	stop(&w);
}

static void
test_conversations(void **state)
{
	size_t i, step;

	(void)state;
	for (i = 0; i < sizeof(conversations) / sizeof(conversations[0]); i++)
		for (step = 0; step <= 9; step++)
			converse(&conversations[i], step);
}

/* One that is refused at the connection. */
static const struct conversation refused[] = {
    {"refused",
	"EHLO x\r\n~NOOP\r\nFOO\r\nMAIL FROM:<a@b>\r\nHELP\r\nVRFY x\r\n"
	"DATA\r\nRSET\r\nQUIT\r\n",
	"220 |250-me.test Hello|250 ENHANCEDSTATUSCODES|250 |500 5.5.1|"
	"550 5.7.1 No|550 5.7.1 No|550 5.7.1 No|550 5.7.1 No|250 |221 ",
	"", "refused:test:rule|", "."},
};

static void
test_a_refused_client_hears_why(void **state)
{
	struct world w;

	(void)state;
	start(&w, "550 5.7.1 No");
	say(&w, refused[0].input, 0);
	assert_true(replies_are(text_of(w.s->out), refused[0].replies));
	assert_string_equal(text_of(w.log), refused[0].log);
	stop(&w);

	start(&w, "421 4.7.0 Busy");
	assert_int_equal(w.last, DEED_CLOSE);
	assert_true(replies_are(text_of(w.s->out), "421 4.7.0 Busy"));
	stop(&w);

	start(&w, "DISCARD");
	say(&w, DATA "x\r\n.\r\nRSET\r\n", 0);
	assert_true(replies_are(
	    text_of(w.s->out), TO_DATA "250 2.0.0 6924a1b2-00001|250 "));
	assert_string_equal(text_of(w.log), "discarded:test:rule|");
	stop(&w);

	start(&w, "HOLD it");
	say(&w, DATA "x\r\n.\r\n", 0);
	assert_string_equal(w.envelope, "u@h held");
	stop(&w);
}

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
	assert_true(replies_are(text_of(w.s->out), "554 5.5.0"));
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	/* but one who is on this host may type ahead */
	start(&w, "DUNNO");
	w.s->strict = false;
	give(&w, "HELO x\r\nQUIT\r\n", 14);
	assert_true(replies_are(text_of(w.s->out), "220 |250 |221 "));
	stop(&w);
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
	repeat(&w, "FOO\r\n", 20); /* the 21st would be too much */
	assert_int_equal(w.last, DEED_CLOSE);
	out = text_of(w.s->out);
	assert_non_null(strstr(out, "421 4.7.0 me.test Too many errors"));
	stop(&w);

	start(&w, "DUNNO");
	repeat(&w, "NOOP\r\n", 99);
	assert_int_equal(w.last, DEED_READ);
	repeat(&w, "NOOP\r\n", 5);
	assert_int_equal(w.last, DEED_CLOSE);
	stop(&w);

	start(&w, "DUNNO"); /* C40 */
	repeat(&w, HELO, 200);
	assert_int_equal(w.last, DEED_READ);
	stop(&w);

	start(&w, "550 5.7.1 No");
	repeat(&w, "MAIL FROM:<a@b>\r\n", 20);
	assert_int_equal(w.last, DEED_CLOSE);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conversations),
	    cmocka_unit_test(test_a_refused_client_hears_why),
	    cmocka_unit_test(test_who_does_not_wait_is_cut_off),
	    cmocka_unit_test(test_errors_and_junk_have_an_end),
	    cmocka_unit_test(test_long_lines_of_command),
	    cmocka_unit_test(test_big_messages_travel_in_chunks),
	    cmocka_unit_test(test_messages_that_must_fail),
	    cmocka_unit_test(test_received_in_the_body_is_no_hop),
	    cmocka_unit_test(test_time_limits),
	    cmocka_unit_test(test_the_name_may_take_its_time_but_not_forever),
	    cmocka_unit_test(test_draining),
	    cmocka_unit_test(test_a_client_that_leaves_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
