/*
 * Whole conversations, each said at once and in pieces.
 */
#include "world.h"

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
	"|250-ENHANCEDSTATUSCODES|250-PIPELINING|250-8BITMIME|250-CHUNKING|"
	"250-DSN|250-SMTPUTF8|250-LIMITS RCPTMAX=3|250-SIZE 3000000"
	"|250 HELP",
	"", "", ""},
    {"message", DATA "Subject: x\r\n\r\n..hi\r\n.\r\n",
	TO_DATA "250 2.0.0 0000001a-00001 ", "Subject: x\n\n.hi\n",
	"accepted:0000001a-00001|", ""},
    {"C01", "HELO x\n", "220 |500 5.5.2", "", "refused:smtpd:bare LF|", "."},
    {"C02", "HELO x\rMAIL FROM:<a@b>\r\n", "220 |500 5.5.2", "",
	"refused:smtpd:bare CR|", "."},
    {"C03", "HELO #x\r\n", "220 |501 5.5.4", "", "refused:smtpd:NUL|", ""},
    {"C04", "HE#LO x\r\n", "220 |500 5.5.1", "", "refused:smtpd:syntax|", ""},
    {"verb with NUL behind", "NOOP#\r\n", "220 |501 5.5.4", "",
	"refused:smtpd:NUL|", ""},
    {"C09", "MAIL FROM:<a@b>\r\n", "220 |503 5.5.1", "",
	"refused:smtpd:sequence|", ""},
    {"C10", HELO "RCPT TO:<u@h>\r\nDATA\r\n", "220 |250 |503 5.5.1|503 5.5.1",
	"", "refused:smtpd:sequence|refused:smtpd:sequence|", ""},
    {"C10 no recipient", HELO "MAIL FROM:<a@b>\r\nDATA\r\n",
	"220 |250 |250 |554 5.5.1", "", "refused:smtpd:no recipient|", ""},
    {"C11", START "MAIL FROM:<a@b>\r\n", STARTED "503 5.5.1", "",
	"refused:smtpd:sequence|", ""},
    {"C12", HELO "MAIL FROM:a@b\r\n", "220 |250 |501 5.1.7", "",
	"refused:smtpd:syntax|", ""},
    {"C14", HELO "MAIL FROM:<;touch /tmp/x;>\r\n", "220 |250 |553 5.1.7", "",
	"refused:smtpd:syntax|", ""},
    {"C22", START "RCPT TO:<u@h> FOO=BAR\r\n", STARTED "555 5.5.4", "",
	"refused:smtpd:syntax|", ""},
    {"C23", HELO "MAIL FROM:<a@b> SIZE=99999999999999999999\r\n",
	"220 |250 |552 5.3.4", "", "refused:smtpd:databytes|", ""},
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
	"220 |252 2.1.5|502 5.5.1|501 5.5.4", "",
	"refused:smtpd:not offered|refused:smtpd:syntax|", ""},
    {"help", "HELP\r\n", "220 |214-2.0.0|214 2.0.0", "", "", ""},
    {"C36", START "DATA x\r\nRSET x\r\nQUIT x\r\n",
	STARTED "501 5.5.4|501 5.5.4|501 5.5.4", "",
	"refused:smtpd:syntax|refused:smtpd:syntax|refused:smtpd:syntax|", ""},
    {"C37", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "220 |221 2.7.0", "", "", "."},
    {"C41", "HELO [1.2.3.4\r\nHELO\r\nHELO -x_\r\n~HELO a;b\r\n",
	"220 |501 5.5.4|501 5.5.4|250 |501 5.5.4", "", "refused:smtpd:syntax|",
	""},
    {"C42", "\xff\xf4\r\n", "220 |500 5.5.1", "", "refused:smtpd:syntax|", ""},
    {"empty", "\r\n  \r\n", "220 |500 5.5.1|500 5.5.1", "",
	"refused:smtpd:syntax|", ""},
    {"RSET", START "RSET\r\nRCPT TO:<u@h>\r\n", STARTED "250 2.0.0|503 5.5.1",
	"", "refused:smtpd:sequence|", ""},
    {"HELO forgets", START HELO "~RCPT TO:<u@h>\r\n",
	STARTED "250 me|503 5.5.1", "", "refused:smtpd:sequence|", ""},
    {"trailing blanks", "NOOP  \r\nQUIT \r\n", "220 |250 |221 ", "", "", "."},
    {"C43", HELO "MAIL FROM:<>\r\nRCPT TO:<u@h>\r\nRCPT TO:<v@h>\r\n",
	"220 |250 |250 2.1.0 <>... Sender ok|250 |250 ", "", "", ""},
    {"L01", START "RCPT TO:<v@h>\r\nRCPT TO:<w@h>\r\nRCPT TO:<x@h>\r\n",
	STARTED "250 |250 |452 4.5.3", "", "refused:smtpd:maxrcpt|", ""},
    {"refused sender", HELO "MAIL FROM:<bad@b>\r\nRCPT TO:<u@h>\r\n",
	"220 |250 |550 5.1.1 User unknown|503 5.5.1", "",
	"refused:test:rule|refused:smtpd:sequence|", ""},
    {"refused recipients",
	START "RCPT TO:<bad@h>\r\nRCPT TO:<later@h>\r\nDATA\r\n~x\r\n.\r\n",
	STARTED "550 5.1.1|450 4.7.1|354 |250 ", "x\n",
	"refused:test:rule|refused:test:rule|accepted:0000001a-00001|", ""},
    {"P03", HELO "MAIL FROM:<a@b>\r\nRCPT TO:<bad@h>\r\nDATA\r\nNOOP\r\n",
	"220 |250 |250 |550 |554 5.5.1|250 ", "",
	"refused:test:rule|refused:smtpd:no recipient|", ""},
    {"421 by access", HELO "MAIL FROM:<go@b>\r\nNOOP\r\n",
	"220 |250 |421 4.7.0 Go away|250 ", "", "refused:test:rule|", ""},
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
    {"C28", START "RCPT TO:<u@h> ORCPT=rfc822;a+0d+0aX\r\n",
	STARTED "501 5.5.4", "", "refused:smtpd:syntax|", ""},
    {"C29",
	START "RCPT TO:<u@h> NOTIFY=NEVER,FAILURE\r\nRCPT TO:<u@h> NOTIFY=\r\n"
	      "RCPT TO:<u@h> NOTIFY=NEVER ORCPT=rfc822;kim@example.org\r\n",
	STARTED "501 5.5.4|501 5.5.4|250 2.1.5", "",
	"refused:smtpd:syntax|refused:smtpd:syntax|", ""},
    {"C32 with SMTPUTF8",
	HELO "MAIL FROM:<\xc3\xa9@b> SMTPUTF8=x\r\nMAIL FROM:<\xc3\xa9@b> "
	     "SMTPUTF8\r\n"
	     "RCPT TO:<\xc3\xbc@h>\r\nRSET\r\nMAIL FROM:<a@b>\r\nRCPT "
	     "TO:<\xc3\xbc@h>\r\n",
	"220 |250 |501 5.5.4|250 2.1.0|250 2.1.5|250 |250 2.1.0|553 5.6.7", "",
	"refused:smtpd:syntax|refused:smtpd:syntax|", ""},
    {"RET, ENVID",
	HELO "MAIL FROM:<a@b> RET=HALF\r\nMAIL FROM:<a@b> ENVID=\r\n"
	     "MAIL FROM:<a@b> RET=FULL RET=FULL\r\nMAIL FROM:<a@b> RET=FULL "
	     "ENVID=x\r\n",
	"220 |250 |501 5.5.4|501 5.5.4|501 5.5.4|250 2.1.0", "",
	"refused:smtpd:syntax|refused:smtpd:syntax|refused:smtpd:syntax|", ""},
    {"B01", START "BDAT 5 LAST\r\nhelloNOOP\r\n", STARTED "250 2.0.0|250 ",
	"hello\n", "accepted:0000001a-00001|", ""},
    {"B04", START "BDAT -1\r\nNOOP\r\n", STARTED "501 5.5.4", "",
	"refused:smtpd:syntax|", "."},
    {"B04 large", START "BDAT 99999999999999999999 LAST\r\nNOOP\r\n",
	STARTED "501 5.5.4", "", "refused:smtpd:syntax|", "."},
    {"B04 words", START "BDAT 5x\r\nNOOP\r\n", STARTED "501 5.5.4", "",
	"refused:smtpd:syntax|", "."},
    {"B04 none", START "BDAT\r\nNOOP\r\n", STARTED "501 5.5.4", "",
	"refused:smtpd:syntax|", "."},
    {"BDAT, NUL", START "BDAT 5# LAST\r\nNOOP\r\n", STARTED "501 5.5.4", "",
	"refused:smtpd:NUL|", "."},
    {"B05", START "BDAT 4\r\nab\r\nBDAT 0 LAST\r\n",
	STARTED "250 2.0.0 4 octets|250 2.0.0 0000001a", "ab\n",
	"accepted:0000001a-00001|", ""},
    {"B06", HELO "BDAT 6\r\nQUIT\r\nNOOP\r\n", "220 |250 |503 5.5.1|250 ", "",
	"refused:smtpd:sequence|", ""},
    {"B06 nobody", HELO "MAIL FROM:<a@b>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
	"220 |250 |250 |554 5.5.1|250 ", "", "refused:smtpd:no recipient|", ""},
    {"B07", START "BDAT 4\r\nab\r\nDATA\r\nRCPT TO:<u@h>\r\nBDAT 0 last\r\n",
	STARTED "250 2.0.0 4|503 5.5.1|503 5.5.1|250 ", "ab\n",
	"refused:smtpd:sequence|refused:smtpd:sequence|accepted:0000001a-"
	"00001|",
	""},
    {"B08", START "BDAT 11 LAST\r\na\r\n.\r\n..b\r\nNOOP\r\n",
	STARTED "250 2.0.0|250 ", "a\n.\n..b\n", "accepted:0000001a-00001|",
	""},
    {"B09 LF", START "BDAT 4 LAST\r\na\nb\nNOOP\r\n", STARTED "550 5.5.2|250 ",
	"", "refused:smtpd:bare LF|", ""},
    {"B09 CR", START "BDAT 4 LAST\r\nabc\rNOOP\r\n", STARTED "550 5.5.2|250 ",
	"", "refused:smtpd:bare CR|", ""},
    {"a CR LF in two chunks", START "BDAT 2\r\na\rBDAT 3 LAST\r\n\nb\nNOOP\r\n",
	STARTED "250 2.0.0 2|550 5.5.2|250 ", "", "refused:smtpd:bare LF|", ""},
    {"so it is one", START "BDAT 2\r\na\rBDAT 4 LAST\r\n\nb\r\nNOOP\r\n",
	STARTED "250 2.0.0 2|250 2.0.0|250 ", "a\nb\n",
	"accepted:0000001a-00001|", ""},
    {"B11",
	START "BDAT 2\r\na\nBDAT 3 LAST\r\nQU\nDATA\r\nRSET\r\n"
	      "MAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\nBDAT 3 LAST\r\nx\r\n",
	STARTED "550 5.5.2|503 5.5.1|503 5.5.1|250 2.0.0 Reset|250 |250 |"
		"250 2.0.0",
	"x\n",
	"refused:smtpd:bare LF|refused:smtpd:sequence|"
	"refused:smtpd:sequence|"
	"accepted:0000001a-00001|",
	""},
    {"RSET between chunks",
	START "BDAT 3\r\na\r\nRSET\r\nMAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\n"
	      "BDAT 3 LAST\r\nx\r\n",
	STARTED "250 2.0.0 3|250 2.0.0 Reset|250 |250 |250 2.0.0", "x\n",
	"accepted:0000001a-00001|", ""},
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
	"220 |250 |250 |250 |354 |452 4.3.1 no space", "x\n",
	"refused:inject:4.3.1|", ""},
    {"inject refuses",
	HELO "MAIL FROM:<much@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |552 5.3.4 too big", "x\n",
	"refused:inject:5.3.4|", ""},
    {"inject is mad",
	HELO "MAIL FROM:<mad@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |451 4.3.0", "x\n", "refused:inject:4.3.0|",
	""},
    {"inject is away",
	HELO "MAIL FROM:<away@x>\r\nRCPT TO:<u@h>\r\nDATA\r\n~x\r\n.\r\n",
	"220 |250 |250 |250 |354 |451 4.3.0", "x\n", "refused:inject:4.3.0|",
	""},
};

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
	"", "refused:test:rule|refused:smtpd:syntax|", "."},
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conversations),
	    cmocka_unit_test(test_a_refused_client_hears_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
