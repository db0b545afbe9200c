/* readdress: which bytes of a header change, and which never do */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "readdress.h"

static unsigned asked;

/* kim is Kim.Lee outside; ann changes only as a sender. */
static int
change(bool sender, const char *address, char out[ADDR_SIZE], void *arg)
{
	(void)arg;
	asked++;
	if (strcmp(address, "later") == 0)
		return -1;
	if (strcmp(address, "kim@in.example") == 0)
		strlcpy(out, "Kim.Lee@out.example", ADDR_SIZE);
	else if (strcmp(address, "ann") == 0 && sender)
		strlcpy(out, "ann@mx.example", ADDR_SIZE);
	else if (strcmp(address, "list") == 0)
		strlcpy(out, "a@b.example, c@d.example", ADDR_SIZE);
	else if (strcmp(address, "evil") == 0)
		strlcpy(out, "a@b.example\nX-Evil: yes", ADDR_SIZE);
	else if (strcmp(address, "\"a b\"@in.example") == 0)
		strlcpy(out, "\"c d\"@out.example", ADDR_SIZE);
	else
		return 0;
	return 1;
}

/* Behind the field stands the rest of a message.  want NULL: as it was. */
static const struct {
	const char *field, *want;
} rows[] = {
    {"From: kim@in.example\n", "From: Kim.Lee@out.example\n"},
    {"FROM : <kim@in.example>\n", "FROM : <Kim.Lee@out.example>\n"},
    {"From:kim@in.example\n", "From:Kim.Lee@out.example\n"},
    {"From: \"Kim @ in\" <kim@in.example>\t\n",
	"From: \"Kim @ in\" <Kim.Lee@out.example>\t\n"},
    {"From: kim@in.example (kim@in.example)\n",
	"From: Kim.Lee@out.example (kim@in.example)\n"},
    {"From: kim@in.example <kim@in.example>\n",
	"From: kim@in.example <Kim.Lee@out.example>\n"},
    {"To: b@x,\n\tkim@in.example,  ,\n  (c) ann; q\n", NULL},
    {"To: b@x,\n\tkim@in.example,  ,\n  (c) ann, <q>\n",
	"To: b@x,\n\tKim.Lee@out.example,  ,\n  (c) ann, <q>\n"},
    {"Reply-To: ann, kim@in.example, ann\n",
	"Reply-To: ann@mx.example, Kim.Lee@out.example, ann@mx.example\n"},
    {"Cc: friends: kim@in.example, x; , kim@in.example\n",
	"Cc: friends: Kim.Lee@out.example, x; , Kim.Lee@out.example\n"},
    {"Bcc: <@a,@b:kim@in.example>\n", "Bcc: <@a,@b:Kim.Lee@out.example>\n"},
    {"Sender: kim (1) @ (2)\n in . example (3)\n",
	"Sender: Kim.Lee@out.example (3)\n"},
    {"Errors-To: \"a b\"@in.example\n", "Errors-To: \"c d\"@out.example\n"},
    {"Resent-From: kim@in.example\n", "Resent-From: Kim.Lee@out.example\n"},
    {"Disposition-Notification-To: ann\n",
	"Disposition-Notification-To: ann@mx.example\n"},
    {"Return-Receipt-To: ann\nApparently-To: ann\n",
	"Return-Receipt-To: ann@mx.example\nApparently-To: ann\n"},
    {"Subject: kim@in.example\nX-From: kim@in.example\n", NULL},
    {"Received: from kim@in.example\n", NULL},
    {"From: kim@in.example, <b\n", NULL},
    {"From: \"kim@in.example\n", NULL},
    {"From:\n", NULL},
    {"From: <>\n", NULL},
    {"From: list\n", NULL},
    {"From: evil\n", NULL},
    {"From: \xea\xb9\x80 <kim@in.example>\n",
	"From: \xea\xb9\x80 <Kim.Lee@out.example>\n"},
};

static void
only_addresses_change(void **state)
{
	static const char rest[] = "X-Last: kim@in.example\n\n"
				   "From: kim@in.example\n";
	char text[1024], want[1024], *out;
	size_t i, out_len, took;
	int got;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%s%s", rows[i].field, rest);
		got = readdress(
		    text, strlen(text), change, NULL, &out, &out_len, &took);
		assert_int_equal(got, rows[i].want != NULL);
		if (got == 0)
			continue;
		snprintf(want, sizeof(want), "%sX-Last: kim@in.example\n",
		    rows[i].want);
		assert_int_equal(out_len, strlen(want));
		assert_memory_equal(out, want, out_len);
		assert_string_equal(text + took, "\nFrom: kim@in.example\n");
		free(out);
	}
}

static void
a_table_that_cannot_be_read_is_told(void **state)
{
	static const char text[] = "From: kim@in.example\nTo: later\n\n";
	size_t out_len, took;
	char *out;

	(void)state;
	assert_int_equal(
	    readdress(text, strlen(text), change, NULL, &out, &out_len, &took),
	    -1);
}

static void
no_line_grows_beyond_998(void **state)
{
	static const char start[] = "From: kim@in.example,",
			  to[] = "To: ann,\n "
				 "kim@in.example\n\n";
	char text[2048], *out;
	size_t name, out_len, took, len = strlen(start);
	int got;

	(void)state;
	/* Four bytes grow into nineteen. */
	for (name = 998 - len - 10; name < 998 - len + 2; name++) {
		memcpy(text, start, len);
		memset(text + len, 'a', name);
		strlcpy(text + len + name, "\n", 2);
		strlcat(text, to, sizeof(text));
		got = readdress(
		    text, strlen(text), change, NULL, &out, &out_len, &took);
		assert_int_equal(got, 1); /* To is another field */
		assert_int_equal(strncmp(out, "From: Kim", 9) == 0,
		    len + name + strlen("Kim.Lee@out.example") -
			    strlen("kim@in.example") <=
			998);
		free(out);
	}
}

static void
a_header_has_so_many_addresses(void **state)
{
	size_t i, len, out_len, took;
	char *text, *out;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	if (f == NULL)
		abort();
	fputs("From: kim@in.example\n", f);
	for (i = 0; i < READDRESS_MOST; i++)
		fprintf(f, "To: x%zu\n", i);
	fputs("From: kim@in.example\n\n", f);
	fclose(f);
	asked = 0;
	assert_int_equal(
	    readdress(text, len, change, NULL, &out, &out_len, &took), 1);
	assert_int_equal(asked, READDRESS_MOST);
	assert_memory_equal(out, "From: Kim.Lee@out.example\nTo: x0\n", 33);
	assert_string_equal(out + out_len - 21, "From: kim@in.example\n");
	free(out);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_addresses_change),
	    cmocka_unit_test(a_table_that_cannot_be_read_is_told),
	    cmocka_unit_test(no_line_grows_beyond_998),
	    cmocka_unit_test(a_header_has_so_many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
