#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "draft.h"

static const struct author kim = {.me = "mx",
    .sender = "kim@mx",
    .name = "Kim Lee",
    .date = "DATE",
    .message_id = "ID"};

#define DONE "Date: d\nMessage-ID: m\n"

static const struct {
	const char *in, *out;
} headers[] = {
    {"", "From: Kim Lee <kim@mx>\nDate: DATE\nMessage-ID: <ID>\n\n"},
    {"\nbody", "From: Kim Lee <kim@mx>\nDate: DATE\nMessage-ID: <ID>\n\nbody"},
    {"no header\nA: b\n",
	"From: Kim Lee <kim@mx>\nDate: DATE\nMessage-ID: <ID>\n\n"
	"no header\nA: b\n"},
    {" indented\n\nb",
	"From: Kim Lee <kim@mx>\nDate: DATE\nMessage-ID: <ID>\n\n"
	" indented\n\nb"},
    {"From: a@b\n" DONE "\nx\n", "From: a@b\n" DONE "\nx\n"},
    {"FROM : a@b\n" DONE "\nx\n", "FROM : a@b\n" DONE "\nx\n"},
    {"From: a\n" DONE "To: b,\n c (d), E <f>\nCc: x:g;\n\n",
	"From: a@mx\n" DONE "To: b@mx,\n c@mx (d), E <f@mx>\n"
	"Cc: x:g@mx;\n\n"},
    {"From: a@b\n" DONE "To: a, <b, c\n\n",
	"From: a@b\n" DONE "To: a@mx, <b, c\n\n"},
    {"From: a@b\n" DONE "Bcc: x\n y\nbcc : z\nReturn-Path: <q>\n"
     "Content-Length: 5\nResent-Bcc: s\nSubject: t\n\n",
	"From: a@b\n" DONE "Subject: t\nResent-From: Kim Lee <kim@mx>\n"
	"Resent-Date: DATE\nResent-Message-ID: <r.ID>\n\n"},
    {"From kim Tue Nov 24\nFrom: a@b\n" DONE "\nx", "From: a@b\n" DONE "\nx"},
    {"From: a@b\n" DONE "Subject: cut", "From: a@b\n" DONE "Subject: cut\n\n"},
    {"From: a@b\n" DONE "Subject: x\nrest\n",
	"From: a@b\n" DONE "Subject: x\n\nrest\n"},
};

static void
test_headers(void **state)
{
	char *made;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		made = draft_header(
		    headers[i].in, strlen(headers[i].in), &kim, &len);
		assert_string_equal(made, headers[i].out);
		assert_int_equal(len, strlen(headers[i].out));
		free(made);
	}
}

static void
test_a_null_sender_and_a_warning(void **state)
{
	struct author author = kim;
	char *made;
	size_t len;

	(void)state;
	author.sender = "";
	author.warning = "mx: kim did it";
	made = draft_header("", 0, &author, &len);
	assert_string_equal(made,
	    "X-Authentication-Warning: mx: kim did it\n"
	    "From: MAILER-DAEMON@mx\nDate: DATE\nMessage-ID: <ID>\n\n");
	free(made);
}

static const struct {
	const char *in;
	int complete;
} parts[] = {
    {"", 0},
    {"Sub", 0},
    {"Subject: x\n", 0},
    {"Subject: x\n y\n", 0},
    {"Subject: x\n y\nT", 0},
    {"Subject: x\n\n", 1},
    {"Subject: x\nno field\n", 1},
    {"\n", 1},
    {"From kim\n", 0},
    {"From kim\n\n", 1},
};

static void
test_complete(void **state)
{
	size_t at, len;
	int complete;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		at = 0;
		complete = 0;
		for (len = 0; len <= strlen(parts[i].in) && !complete; len++)
			complete = draft_complete(parts[i].in, len, &at);
		assert_int_equal(complete, parts[i].complete);
	}
}

static void
test_recipients(void **state)
{
	const char text[] = "To: a@b, c\nX: n@n\nCc: d@e\n\nBcc: no@no\n";
	const char resent[] = "To: a@b\nResent-Cc: x@y\nResent-Bcc: z\n\n";
	struct rcpts rcpts = {0};
	char why[128];

	(void)state;
	assert_int_equal(
	    draft_recipients(text, sizeof(text) - 1, "mx", &rcpts, why), 0);
	assert_int_equal(rcpts.count, 3);
	assert_string_equal(rcpts.list[1], "c@mx");
	assert_string_equal(rcpts.list[2], "d@e");
	rcpts_free(&rcpts);
	assert_int_equal(
	    draft_recipients(resent, sizeof(resent) - 1, "mx", &rcpts, why), 0);
	assert_int_equal(rcpts.count, 2);
	assert_string_equal(rcpts.list[0], "x@y");
	assert_string_equal(rcpts.list[1], "z@mx");
	rcpts_free(&rcpts);
	assert_int_equal(
	    draft_recipients("Cc: k\xc3@b\n", 10, "mx", &rcpts, why), -1);
	assert_string_equal(why, "Cc: an address that is not ASCII");
	rcpts_free(&rcpts);
}

static void
test_phrases(void **state)
{
	static const char *const cases[][2] = {
	    {"Kim Lee", "Kim Lee"},
	    {"K. Lee", "\"K. Lee\""},
	    {"a \"b\" \\", "\"a \\\"b\\\" \\\\\""},
	    {"\xea\xb9\x80", "=?UTF-8?B?6rmA?="},
	    {"\xea\xb9\x80 a", "=?UTF-8?B?6rmAIGE=?="},
	};
	char name[256], *made, *line;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		made = draft_phrase(cases[i][0]);
		assert_string_equal(made, cases[i][1]);
		free(made);
	}
	for (size_t i = 0; i < 255; i++)
		name[i] = "\xea\xb9\x80"[i % 3];
	name[255] = '\0';
	made = draft_phrase(name);
	for (line = made; *line != '\0'; line += strcspn(line, "\n"))
		assert_true(strcspn(line += *line == '\n', "\n") <= 76);
	free(made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_a_null_sender_and_a_warning),
	    cmocka_unit_test(test_complete),
	    cmocka_unit_test(test_recipients),
	    cmocka_unit_test(test_phrases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
