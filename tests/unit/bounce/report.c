#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/bounce/report.h"

#define NOW 1795509000

/* Parse a request, write its report with content; malloced. */
static char *
make(const char *request, const char *content, bool *eightbit)
{
	struct report report = {.me = "mx.example", .chance = 7};
	struct record record;
	size_t len;
	char *made;

	record_init(&record, RECORD_ENVELOPE);
	assert_true(record_parse(&record, request, strlen(request)) > 0);
	report.content = content;
	report.len = strlen(content);
	assert_null(report_read(&report, &record, NOW));
	made = report_write(&report, &len, eightbit);
	assert_int_equal(len, strlen(made));
	record_free(&record);
	return made;
}

#define HEAD "request=failed\nid=0000001a-00003\nsender=kim@example.org\n"

/* What a request and a message make must, or must not ("!"), hold. */
static const struct {
	const char *request, *content, *want[6];
} cases[] = {
    {HEAD "arrival=1795509000.5\nrecipient=a@b\nstatus=5.1.1\n"
	  "reply=550 5.1.1 no such user\nmta=mx.b [192.0.2.1]\n\n",
	"Subject: x\n\nbody\n",
	{"To: <kim@example.org>\n", "\n    There is no such mailbox",
	    "\nFinal-Recipient: rfc822; a@b\nAction: failed\n"
	    "Status: 5.1.1\nRemote-MTA: dns; mx.b\n"
	    "Diagnostic-Code: smtp; 550 5.1.1 no such user\n",
	    "\n    mx.b [192.0.2.1] said:\n        550 5.1.1 no such",
	    "Content-Type: message/rfc822\nContent-Description: The "
	    "message\n\nSubject: x\n\nbody\n\n--",
	    "!Original-Recipient"}},
    {HEAD "recipient=a@b\noriginal_recipient=c@d\nstatus=5.1.1\n"
	  "recipient=e@f\nstatus=5.2.2\ntext=quota\n\n",
	"",
	{"\nOriginal-Recipient: rfc822; c@d\nFinal-Recipient: rfc822; a@b",
	    "It was sent there for c@d\n",
	    "\nFinal-Recipient: rfc822; e@f\nAction: failed\n"
	    "Status: 5.2.2\nDiagnostic-Code: x-postern; quota\n",
	    "The mailbox is full."}},
    {"request=failed\nid=i\nsender=k@l\nret=HDRS\nenvid=QQ+2B1\nrecipient=a@b\n"
     "original_recipient=c@d\norcpt=rfc822;kim+2Bx@d\nstatus=5.1.1\n\n",
	"Subject: x\n\nbody\n",
	{"\nOriginal-Envelope-Id: QQ+1\nReporting-MTA: dns; mx.example\n",
	    "\nOriginal-Recipient: rfc822; kim+x@d\nFinal-Recipient: rfc822; "
	    "a@b\n",
	    "Content-Type: text/rfc822-headers\n", "!body\n"}},
    /* C28: what stands in it in xtext ends no line. */
    {"request=failed\nid=i\nsender=k@l\nenvid=a+0D+0AX:b\nrecipient=a@b\n"
     "orcpt=rfc822;a+0D+0AX:+20y\nstatus=5.1.1\n\n",
	"",
	{"\nOriginal-Envelope-Id: a\\x0D\\x0AX:b\n",
	    "\nOriginal-Recipient: rfc822; a\\x0D\\x0AX: y\n"}},
    {"request=delivered\nid=i\nsender=k@l\nrecipient=a@b\nclass=done\n"
     "action=delivered\nstatus=2.1.5\nrecipient=c@d\nclass=done\n"
     "action=relayed\nstatus=2.0.0\nmta=mx.d [192.0.2.1]\nreply=250 ok\n\n",
	"Subject: x\n\nbody\n",
	{"Subject: Successful Mail Delivery Report\n",
	    "\n  <a@b>\n    Delivered.\n",
	    "Handed on to mx.d [192.0.2.1], which does not tell",
	    "\nFinal-Recipient: rfc822; a@b\nAction: delivered\nStatus: "
	    "2.1.5\n",
	    "\nAction: relayed\nStatus: 2.0.0\nRemote-MTA: dns; mx.d\n",
	    "!body\n"}},
    {"request=warning\nid=i\nsender=k@l\nexpiry=3600\nrecipient=a@b\n"
     "status=4.4.1\n\n",
	"",
	{"Subject: Delayed Mail (still being retried)",
	    "\nAction: delayed\nStatus: 4.4.1\n"
	    "Will-Retry-Until: Tue, 24 Nov 2026 09:30:00 +0000\n",
	    "given up, if it must be, on\n  Tue, 24 Nov 2026 09:30"}},
    /* text that would end a line, a field or a part */
    {HEAD "recipient=a@b\nstatus=5.0\nreply=550 a\rBcc: x\033[2J "
	  "\xff --=_postern_0000000000000007 %s%n\n\n",
	"",
	{"a\\x0DBcc: x\\x1B[2J \\xFF", "!\r", "!\033", "!\xff",
	    "\nStatus: 5.0.0\n", "!\n--=_postern_0000000000000007 %s"}},
    {HEAD "recipient=a\rb@c\nstatus=5.1.1\rX: y\n\n", "",
	{"rfc822; a\\x0Db@c\n", "\nStatus: 5.0.0\n", "<a\\x0Db@c>"}},
    {"request=failed\nid=i\nsender=k@l\rBcc: x\nrecipient=a\n\n", "",
	{"\nTo: undisclosed-recipients:;\n", "!Bcc"}},
    /* the original holds our boundary: another is taken */
    {HEAD "recipient=a@b\n\n", "A: b\n\n--=_postern_0000000000000007--\n",
	{"boundary=\"=_postern_0000000000000008\""}},
    /* what may not stand in a message as it is */
    {HEAD "truncated=yes\nrecipient=a@b\n\n", "A: b\n\nbody\n",
	{"Content-Type: text/rfc822-headers\n", "\nA: b\n\n--", "!body"}},
    {HEAD "recipient=a@b\n\n", "A: b\rX: y\n c\n\nbody\n",
	{"text/rfc822-headers", "\nA: b?X: y\n c\n\n--", "!body"}},
    {HEAD "recipient=a@b\n\n", "no header",
	{"\n\nno header\n\n--=_postern_0000000000000007--\n"}},
    /* a thread is found by Message-ID, if that is one */
    {HEAD "recipient=a@b\n\n", "Message-ID: <x@y>\n\n",
	{"\nIn-Reply-To: <x@y>\n"}},
    {HEAD "recipient=a@b\n\n", "Message-ID: x\n\ty\n\n", {"!In-Reply-To"}},
};

static void
test_reports(void **state)
{
	const char *want;
	bool eightbit;
	char *made;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		made = make(cases[i].request, cases[i].content, &eightbit);
		for (size_t j = 0; j < 6 && cases[i].want[j] != NULL; j++) {
			want = cases[i].want[j];
			if ((strstr(made, want + (*want == '!')) == NULL) !=
			    (*want == '!'))
				fail_msg("case %zu: %s\n%s", i, want, made);
		}
		assert_false(eightbit);
		free(made);
	}
}

static void
test_no_line_is_too_long(void **state)
{
	static char request[20000], content[5000];
	const char *line;
	bool eightbit;
	char *made;
	size_t len;

	(void)state;
	memset(content, 'x', sizeof(content) - 1);
	memcpy(content, "Subject: ", 9);
	len = (size_t)snprintf(request, sizeof(request), "%srecipient=", HEAD);
	memset(request + len, 'a', 4000);
	len += 4000;
	len += (size_t)snprintf(
	    request + len, sizeof(request) - len, "\nstatus=5.1.1\nreply=550 ");
	memset(request + len, '\001', 4000);
	snprintf(request + len + 4000, 3, "\n\n");
	made = make(request, content, &eightbit);
	for (line = made; *line != '\0'; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 998);
	free(made);
}

static void
test_eight_bits_are_declared(void **state)
{
	bool eightbit;
	char *made =
	    make(HEAD "recipient=a@b\n\n", "A: \xea\xb9\x80\n\nx\n", &eightbit);

	(void)state;
	assert_true(eightbit);
	assert_non_null(strstr(made, "Content-Transfer-Encoding: 8bit\n\n"
				     "This is"));
	assert_non_null(strstr(made, "\nContent-Transfer-Encoding: 8bit\n"
				     "Content-Description: The message\n"));
	free(made);
}

static void
test_requests_that_make_no_sense(void **state)
{
	static const char *const wrong[][2] = {
	    {"request=list\n\n",
		"request is none of failed, warning, delivered"},
	    {"request=failed\n\n", "no id"},
	    {"request=failed\nid=x\n\n", "no sender"},
	    {"request=failed\nid=x\nsender=\nrecipient=a\n\n",
		"a null sender gets no report"},
	    {"request=failed\nid=x\nsender=a\n\n", "no recipient"},
	};
	struct report report = {0};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		record_init(&record, RECORD_ENVELOPE);
		record_parse(&record, wrong[i][0], strlen(wrong[i][0]));
		assert_string_equal(
		    report_read(&report, &record, NOW), wrong[i][1]);
		record_free(&record);
	}
}

static void
test_words(void **state)
{
	(void)state;
	assert_string_equal(reason_words("5.2.2"), "The mailbox is full.");
	assert_string_equal(
	    reason_words("4.4.99"), "There is a problem in the network.");
	assert_string_equal(reason_words("5.1.10"),
	    "The domain says that it takes no mail at all.");
	assert_string_equal(reason_words(""), "No exact reason is known.");
	assert_string_equal(reason_words("5.0.0"), "No exact reason is known.");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reports),
	    cmocka_unit_test(test_no_line_is_too_long),
	    cmocka_unit_test(test_eight_bits_are_declared),
	    cmocka_unit_test(test_requests_that_make_no_sense),
	    cmocka_unit_test(test_words),
	};

	setenv("TZ", "UTC0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
