/* history: lines of logs taken apart, and the questions behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "history.h"
#include "logline.h"

static const struct {
	const char *text, *event, *fields; /* "name=value;" */
} lines[] = {
    {"done id=1-2 recipient=a@b", "done", "id=1-2;recipient=a@b;"},
    {"2026-11-24_13:00:00.1 done id=1\n", "done", "id=1;"},
    {"Nov 24 13:00:00 mx smtpd[7]: connect name=x", "connect", "name=x;"},
    {"e text=\"two words\" n=1", "e", "text=two words;n=1;"},
    {"e text=\"a\\x22b\\x5Cc\\x3d\"", "e", "text=a\"b\\c=;"},
    {"e text=\"cut \\x0A\\x00 off\"", "e", "text=cut ?? off;"},
    {"e text=\"not closed", "e", "text=not closed;"},
    {"e text=\\x2 n=\\xZZ", "e", "text=\\x2;n=\\xZZ;"},
    {"e a= b=", "e", "a=;b=;"},
    {"e a=1 junk b=2", "e", "a=1;"},
    {"e  a=1", "e", "a=1;"},
    {"only words", NULL, NULL},
    {"a=1", NULL, NULL},
    {"", NULL, NULL},
    {"\n", NULL, NULL},
};

static void
a_line_is_taken_apart(void **state)
{
	char text[256], fields[256];
	struct logline line;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strlcpy(text, lines[i].text, sizeof(text));
		if (logline_parse(text, &line) != (lines[i].event != NULL))
			fail_msg("%s", lines[i].text);
		if (lines[i].event == NULL)
			continue;
		fields[0] = '\0';
		for (n = 0; n < line.count; n++)
			snprintf(fields + strlen(fields),
			    sizeof(fields) - strlen(fields), "%s=%s;",
			    line.fields[n].name, line.fields[n].value);
		assert_string_equal(line.event, lines[i].event);
		assert_string_equal(fields, lines[i].fields);
	}
}

static void
note(const struct record *question, void *arg)
{
	static const char *const names[] = {"protocol_state", "client_address",
	    "client_name", "client_resolve", "sender", "recipient"};
	const char *value;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((value = record_get(question, names[i])) != NULL)
			fprintf(arg, "%s%s", i == 0 ? "" : " ",
			    *value == '\0' ? "<>" : value);
	fputc('\n', arg);
}

static void
expect(const char *log, const char *questions)
{
	char *copy = strdup(log), *rest = copy, *line, *out = NULL;
	size_t len;
	FILE *stream = open_memstream(&out, &len);
	struct history *h = history_new(note, stream);

	while ((line = strsep(&rest, "\n")) != NULL)
		history_line(h, line);
	history_free(h);
	fclose(stream);
	assert_string_equal(out, questions);
	free(out);
	free(copy);
}

#define CONNECT "connect session=s name=m.x address=1.2.3.4 resolve=OK\n"
#define CLIENT  "1.2.3.4 m.x OK"

static void
a_log_tells_what_was_asked(void **state)
{
	(void)state;
	expect(CONNECT CONNECT, "CONNECT " CLIENT "\n");
	expect(CONNECT "refused session=s sender=a@b recipient=c@d text=no\n",
	    "CONNECT " CLIENT "\nMAIL " CLIENT " a@b\nRCPT " CLIENT
	    " a@b c@d\n");
	expect(CONNECT "refused session=s sender=a@b text=no\n",
	    "CONNECT " CLIENT "\nMAIL " CLIENT " a@b\n");
	expect(CONNECT "refused session=s text=no\n", "CONNECT " CLIENT "\n");
	expect(CONNECT "refused session=s recipient=c@d\n",
	    "CONNECT " CLIENT "\nMAIL " CLIENT " <>\nRCPT " CLIENT " <> c@d\n");
	/* a message is told by its id, also when the client has gone */
	expect(CONNECT "accepted id=1 session=s sender=a@b recipients=2\n"
		       "disconnect session=s\n"
		       "done id=1 recipient=x@y\n"
		       "deferred id=1 recipient=new@y original=old@y\n"
		       "done id=1 recipient=x@y\n",
	    "CONNECT " CLIENT "\nMAIL " CLIENT " a@b\nRCPT " CLIENT
	    " a@b x@y\nRCPT " CLIENT " a@b old@y\n");
	/* and nothing is asked about who is unknown */
	expect("refused session=other sender=a@b\ndone id=9 recipient=x@y\n"
	       "noise\n",
	    "");
	expect(CONNECT "disconnect session=s\nrefused session=s sender=a@b\n",
	    "CONNECT " CLIENT "\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_taken_apart),
	    cmocka_unit_test(a_log_tells_what_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
