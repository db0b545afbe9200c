/* Who may say what of a message, and what a message may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "question.h"

#define NOW    1764000000123456
#define STAMP  "generation=0\narrival=1764000000.123456\n"
#define PLAIN  "sender=a@b\nrecipient=c@d\n"
#define CLIENT "client_address=192.0.2.7\nclient_name=x.example\nhelo_name=x\n"

static const struct caller user = {1000, false, false, false};
static const struct caller smtpd = {1, true, false, false};
static const struct caller bounce = {2, false, true, false};
static const struct caller qmgr = {3, false, false, true};
static const struct caller same = {1000, true, true, true};

static const struct {
	const struct caller *caller;
	const char *question;
	const char *status; /* of the refusal, or NULL */
	const char *fields;
	enum origin origin;
} cases[] = {
    {&user, PLAIN, NULL, STAMP PLAIN "uid=1000\n", FROM_USER},
    {&smtpd, PLAIN CLIENT "protocol_name=ESMTP\nsession=s1\nhold=looks bad\n",
	NULL,
	STAMP PLAIN "hold=looks bad\nclient_name=x.example\n"
		    "client_address=192.0.2.7\nhelo_name=x\n"
		    "protocol_name=ESMTP\nsession=s1\n",
	FROM_CLIENT},
    {&bounce, "sender=\nrecipient=c@d\n", NULL,
	STAMP "sender=\nrecipient=c@d\n", FROM_USER},
    {&same, PLAIN, NULL, STAMP PLAIN "uid=1000\n", FROM_USER},
    {&same, PLAIN CLIENT, NULL,
	STAMP PLAIN "client_name=x.example\nclient_address=192.0.2.7\n"
		    "helo_name=x\n",
	FROM_CLIENT},
    /* A user says what is not his to say. */
    {&user,
	PLAIN CLIENT "hold=x\nuid=0\nid=0000001a-00001\ngeneration=1\n"
		     "arrival=1.000000\nsession=s\nsum=1\nbig=yes\nlength=9\n",
	NULL, STAMP PLAIN "uid=1000\n", FROM_USER},
    {&bounce, PLAIN CLIENT "id=0000001a-00001\n", NULL, STAMP PLAIN, FROM_USER},
    {&smtpd, PLAIN "id=0000001a-00001\n", NULL, STAMP PLAIN, FROM_USER},
    /* qmgr moves a message: what it says stays, in its order. */
    {&qmgr,
	"request=inject\nid=0000001a-00001\ngeneration=2\narrival=5.000006\n"
	"expanded=yes\n" PLAIN "original=e@f\nrecipient=g@h\nuid=0\nlength=9\n",
	NULL,
	"generation=2\narrival=5.000006\nexpanded=yes\n" PLAIN
	"original=e@f\nrecipient=g@h\nuid=0\n",
	FROM_QUEUE},
    {&qmgr, PLAIN "id=1a-1\ngeneration=1\narrival=5.000006\n", "5.5.2", "",
	FROM_QUEUE},
    {&qmgr, PLAIN "id=0000001a-00001\ngeneration=0\narrival=5.000006\n",
	"5.5.2", "", FROM_QUEUE},
    {&qmgr, PLAIN "id=0000001a-00001\ngeneration=1\narrival=5\n", "5.5.2", "",
	FROM_QUEUE},
    /* Envelopes. */
    {&user, "", "5.5.2", "", FROM_USER},
    {&user, "sender=a@b\n", "5.5.2", "", FROM_USER},
    {&user, "recipient=a@b\n", "5.5.2", "", FROM_USER},
    {&user, "sender=\nrecipient=\n", "5.1.3", "", FROM_USER},
    {&user, "sender=\nrecipient=a\tb@c\n", "5.1.3", "", FROM_USER},
    {&user, "sender=a\x7f@b\nrecipient=c@d\n", "5.1.7", "", FROM_USER},
    {&user, "sender=\nrecipient=ok@d\nrecipient=a\rb@c\n", "5.1.3", "",
	FROM_USER},
    {&user, PLAIN "body=8BITMIME\n", NULL,
	STAMP PLAIN "body=8BITMIME\nuid=1000\n", FROM_USER},
    {&user, PLAIN "body=BINARYMIME\n", "5.5.4", "", FROM_USER},
    {&user,
	"sender=a@b\nret=HDRS\nrecipient=c@d\nnotify=NEVER\nrecipient=e@f\n"
	"orcpt=rfc822;g@h\nnotify=DELAY\nenvid=x\n",
	NULL,
	STAMP "sender=a@b\nrecipient=c@d\nnotify=NEVER\nrecipient=e@f\n"
	      "orcpt=rfc822;g@h\nnotify=DELAY\nret=HDRS\nenvid=x\nuid=1000\n",
	FROM_USER},
    {&user, PLAIN "notify=OFTEN\n", "5.5.4", "", FROM_USER},
    {&user, PLAIN "orcpt=a@b\n", "5.5.4", "", FROM_USER},
    {&user, PLAIN "ret=some\n", "5.5.4", "", FROM_USER},
    {&user, PLAIN "envid=a=b\n", "5.5.4", "", FROM_USER},
};

static void
read_record(struct record *r, const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s\n", lines);
	record_init(r, ENVELOPE_MAX);
	assert_true(record_parse(r, text, strlen(text)) > 0);
}

static void
test_questions(void **state)
{
	const struct verdict *v;
	struct record q, fields;
	enum origin origin;
	char id[ID_SIZE], *text;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		read_record(&q, cases[i].question);
		record_init(&fields, ENVELOPE_MAX);
		v = question_judge(
		    &q, cases[i].caller, NOW, &fields, &origin, id);
		assert_int_equal(origin, cases[i].origin);
		if (cases[i].status != NULL) {
			assert_non_null(v);
			assert_string_equal(v->class, "failed");
			assert_string_equal(v->status, cases[i].status);
		} else {
			assert_null(v);
			text = record_encode(&fields, &len);
			text[len - 1] = '\0';
			assert_string_equal(text, cases[i].fields);
			free(text);
		}
		record_free(&q);
		record_free(&fields);
	}
}

static const struct verdict *
judge_many(unsigned count)
{
	const struct verdict *v;
	struct record q, fields;
	enum origin origin;
	char id[ID_SIZE];

	record_init(&q, ENVELOPE_MAX);
	record_init(&fields, ENVELOPE_MAX);
	record_add(&q, "sender", "");
	while (count-- > 0)
		record_add(&q, "recipient", "kjy@kjy.co.ki");
	v = question_judge(&q, &user, NOW, &fields, &origin, id);
	record_free(&q);
	record_free(&fields);
	return v;
}

static void
test_recipients_have_a_limit(void **state)
{
	(void)state;
	assert_null(judge_many(RECIPIENTS_MAX));
	assert_string_equal(judge_many(RECIPIENTS_MAX + 1)->status, "5.5.3");
}

static void
test_content(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint64_t most;
		const char *status;
	} contents[] = {
	    {"", 0, 0, NULL},
	    {"Subject: x\n\nhi\n", 15, 0, NULL},
	    {"Subject: x\n\nhi\n", 15, 15, NULL},
	    {"Subject: x\n\nhi\n", 15, 14, "5.3.4"},
	    {"no end", 6, 0, "5.6.0"},
	    {"cr\r\n", 4, 0, "5.6.0"},
	    {"cr\rx\n", 5, 0, "5.6.0"},
	    {"nul\0\n", 5, 0, "5.6.0"},
	    {"\n.\n", 3, 0, NULL},
	};
	const struct verdict *v;
	struct content whole, split;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		whole = split = (struct content){0};
		v = content_judge(&whole, contents[i].bytes, contents[i].len,
		    contents[i].most);
		if (v == NULL)
			v = content_end(&whole);
		assert_int_equal(v == NULL, contents[i].status == NULL);
		if (v != NULL)
			assert_string_equal(v->status, contents[i].status);
		/* The same in pieces of one byte. */
		v = NULL;
		for (at = 0; v == NULL && at < contents[i].len; at++)
			v = content_judge(&split, contents[i].bytes + at, 1,
			    contents[i].most);
		if (v == NULL)
			v = content_end(&split);
		assert_int_equal(v == NULL, contents[i].status == NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_questions),
	    cmocka_unit_test(test_recipients_have_a_limit),
	    cmocka_unit_test(test_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
