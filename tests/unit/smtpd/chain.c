/*
 * What comes of the answers of policy servers, in turn.
 */
#include "world.h"

#define SERVERS 2

static const struct row {
	const char *answers[SERVERS]; /* NULL: none */
	const char *reply, *rule;
	unsigned asked;
	const char *prepended, *held;
} rows[] = {
    {{"DUNNO", "DUNNO"}, "250 2.1.5 <u@h>... Recipient ok", "", 2, "", ""},
    {{"dunno", "OK"}, "250 2.1.5", "", 2, "", ""},
    {{"OK", "REJECT"}, "250 2.1.5", "", 1, "", ""},
    {{"REJECT", "OK"}, "550 5.7.1 <u@h>... Access denied", "policy:unix:one", 1,
	"", ""},
    {{"DUNNO", "REJECT 5.7.23 SPF says no"}, "550 5.7.23 <u@h>... SPF says no",
	"policy:unix:two", 2, "", ""},
    {{"DEFER", ""}, "450 4.7.1 <u@h>... Service temporarily unavailable",
	"policy:unix:one", 1, "", ""},
    {{"DEFER 4.2.0 later", ""}, "450 4.2.0 <u@h>... later", "policy:unix:one",
	1, "", ""},
    {{"550 5.7.23 no", ""}, "550 5.7.23 <u@h>... no", "policy:unix:one", 1, "",
	""},
    {{"554 no", ""}, "554 5.7.1 no", "policy:unix:one", 1, "", ""},
    {{"451", ""}, "451 4.7.1 Service", "policy:unix:one", 1, "", ""},
    {{"450 5.1.1 odd", ""}, "450 4.7.1 <u@h>... 5.1.1 odd", "policy:unix:one",
	1, "", ""},
    {{"421 4.7.0 busy", ""}, "421 4.7.0 busy", "policy:unix:one", 1, "", ""},
    {{"DEFER_IF_PERMIT 4.2.0 Greylisted", "DUNNO"},
	"450 4.2.0 <u@h>... Greylisted", "policy:unix:one", 2, "", ""},
    {{"DEFER_IF_PERMIT a", "DEFER_IF_PERMIT b"}, "450 4.7.1 <u@h>... a",
	"policy:unix:one", 2, "", ""},
    {{"DEFER_IF_PERMIT a", "OK"}, "450 4.7.1 <u@h>... a", "policy:unix:one", 2,
	"", ""},
    {{"DEFER_IF_PERMIT a", "REJECT"}, "550 5.7.1", "policy:unix:two", 2, "",
	""},
    {{"DEFER_IF_REJECT a", "DUNNO"}, "250 2.1.5", "", 2, "", ""},
    {{"DEFER_IF_REJECT a", "REJECT b"}, "450 4.7.1 <u@h>... a",
	"policy:unix:one", 2, "", ""},
    {{"DEFER_IF_REJECT a", "451 b"}, "451 4.7.1 b", "policy:unix:two", 2, "",
	""},
    {{"HOLD look", "DUNNO"}, "250 2.1.5", "", 2, "", "look policy:unix:one"},
    {{"HOLD", "HOLD more"}, "250 2.1.5", "", 2, "", "more policy:unix:two"},
    {{"DISCARD x", "REJECT"}, "250 2.1.5", "", 1, "", "discarded"},
    {{"PREPEND X-A: b", "PREPEND X-C: d"}, "250 2.1.5", "", 2, "X-A: b|X-C: d|",
	""},
    {{"PREPEND X-A: b", "PREPEND X-A: b"}, "250 2.1.5", "", 2, "X-A: b|", ""},
    {{"PREPEND no header", "PREPEND X-A: a\rb"}, "250 2.1.5",
	"policy:unix:one|policy:unix:two", 2, "", ""},
    {{"WARN watch him", "INFO so what"}, "250 2.1.5",
	"policy:unix:one|policy:unix:two", 2, "", ""},
    {{"REDIRECT a@b", ""}, "451 4.3.5 Server configuration problem",
	"policy:unix:one", 1, "", ""},
    {{"", ""}, "451 4.3.5", "policy:unix:one", 1, "", ""},
    {{NULL, ""}, "451 4.3.5", "policy:unix:one", 1, "", ""},
    {{"DUNNO", NULL}, "451 4.3.5", "policy:unix:two", 2, "", ""},
    {{"DEFER_IF_PERMIT a", NULL}, "451 4.3.5", "policy:unix:two", 2, "", ""},
    {{"45 x", ""}, "451 4.3.5", "policy:unix:one", 1, "", ""},
    {{"4500 x", ""}, "451 4.3.5", "policy:unix:one", 1, "", ""},
};

static struct config with_policy;

static void
answer(struct world *w, const char *action, const char *also)
{
	struct record r;

	if (action == NULL) {
		session_judged(w->s, NULL, w->now);
		return;
	}
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "action", action);
	record_add(&r, "rule", "test:rule");
	if (also != NULL)
		record_add(&r, "trusted", also);
	session_judged(w->s, &r, w->now);
	record_free(&r);
}

/* Notes are kept, with a "|" between; questions are answered. */
static void
go_on(struct world *w, const struct row *row, unsigned *asked)
{
	enum deed d;

	while ((d = session_run(w->s, w->in, w->now)) != DEED_READ) {
		if (d == DEED_LOG) {
			evbuffer_add_printf(w->log, "%s%s",
			    evbuffer_get_length(w->log) > 0 ? "|" : "",
			    record_text(&w->s->note, "rule"));
			record_clear(&w->s->note);
		} else if (d == DEED_ASK && w->s->server == 0)
			answer(w, w->connect, NULL);
		else if (d == DEED_ASK) {
			assert_non_null(
			    record_get(&w->s->question, "instance"));
			(*asked)++;
			answer(w, row->answers[w->s->server - 1], NULL);
		} else
			fail_msg("deed %d", (int)d);
	}
}

static void
begin(struct world *w, const char *access, const char *trusted)
{
	static const struct client_name name = {
	    RESOLVE_OK, "client.test", "client.test"};

	memset(w, 0, sizeof(*w));
	w->now = 1000;
	w->s = session_new(&with_policy, "s-1-1", "192.0.2.7", w->now);
	w->in = evbuffer_new();
	w->log = evbuffer_new();
	w->content = evbuffer_new();
	w->connect = access;
	session_named(w->s, &name, w->now);
	session_run(w->s, w->in, w->now);
	answer(w, "DUNNO", trusted);
}

static const char *
prepended(struct world *w, char *out, size_t size)
{
	const char *line;
	size_t at = 0;

	*out = '\0';
	while ((line = record_each(&w->s->envelope, "prepend", &at)) != NULL) {
		strlcat(out, line, size);
		strlcat(out, "|", size);
	}
	return out;
}

static const char *
held(struct world *w, char *out, size_t size)
{
	if (w->s->discard)
		return "discarded";
	snprintf(out, size, "%s%s%s", w->s->hold == NULL ? "" : w->s->hold,
	    w->s->hold == NULL ? "" : " ",
	    w->s->hold == NULL ? "" : w->s->rule);
	return out;
}

static const char *
last_line(char *text)
{
	char *end = strrchr(text, '\n');

	if (end == NULL)
		return text;
	*end = '\0';
	end = strrchr(text, '\n');
	return end == NULL ? text : end + 1;
}

static void
try(const struct row *row)
{
	struct world w;
	char p[256], h[256], *out;
	const char *line, *log;
	unsigned asked = 0;

	begin(&w, "DUNNO", NULL);
	evbuffer_add_printf(w.in, HELO "MAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\n");
	w.s->strict = false;
	go_on(&w, row, &asked);
	if ((out = strdup(text_of(w.s->out))) == NULL)
		abort();
	line = last_line(out);
	log = text_of(w.log);
	if (strncmp(line, row->reply, strlen(row->reply)) != 0 ||
	    strcmp(log, row->rule) != 0 || asked != row->asked ||
	    strcmp(prepended(&w, p, sizeof(p)), row->prepended) != 0 ||
	    strcmp(held(&w, h, sizeof(h)), row->held) != 0)
		fail_msg("%s: %s by %s, %u asked, prepended %s, held %s",
		    row->answers[0], line, log, asked, p,
		    held(&w, h, sizeof(h)));
	free(out);
	stop(&w);
}

static void
test_actions(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try(&rows[i]);
}

/* Of a friend, and of what is thrown away. */
static void
test_who_is_not_asked_about(void **state)
{
	static const char *const access[] = {"DISCARD", "DUNNO", "OK"};
	struct world w;
	unsigned asked, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		asked = 0;
		begin(&w, access[i], i > 0 ? "yes" : NULL);
		w.s->strict = false;
		evbuffer_add_printf(
		    w.in, HELO "MAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\n");
		go_on(&w, &rows[3], &asked);
		assert_int_equal(asked, 0);
		assert_int_equal(w.s->recipients, 1);
		stop(&w);
	}
}

static const struct {
	const char *line, *wrong, *path;
} lines[] = {
    {"unix:/run/p/smtpd/policy/spf", NULL, "/policy/spf"},
    {"unix:policy/spf", NULL, "/policy/spf"},
    {"unix:/run/p/smtpd", "the socket does not lie", NULL},
    {"unix:/run/p/smtpd/", "no name of a socket", NULL},
    {"unix:/run/p/smtpd2/x", "the socket does not lie", NULL},
    {"unix:/var/spool/x", "the socket does not lie", NULL},
    {"unix:/run/p/smtpd/../x", "no name of a socket", NULL},
    {"unix:../x", "no name of a socket", NULL},
    {"unix:a..b", NULL, "/a..b"},
    {"unix:", "no name of a socket", NULL},
    {"inet:127.0.0.1:10023", NULL, ""},
    {"inet:localhost:10023", NULL, ""},
    {"inet:10023", NULL, ""},
    {"inet:[::1]:10023", NULL, ""},
    {"inet:::1:10023", "not inet:ADDRESS", NULL},
    {"inet:[::1]", "not inet:ADDRESS", NULL},
    {"inet:host.example:10023", "neither an IP address", NULL},
    {"inet:127.0.0.1:0", "the port", NULL},
    {"inet:127.0.0.1:+5", "the port", NULL},
    {"inet:127.0.0.1", "the port", NULL},
    {"127.0.0.1:10023", "neither unix:", NULL},
    {"", "neither unix:", NULL},
};

static void
test_lines_of_the_control_file(void **state)
{
	struct policy_list l;
	const char *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		memset(&l, 0, sizeof(l));
		strlcpy(l.root, "/run/p/smtpd", sizeof(l.root));
		wrong = policy_parse(lines[i].line, &l);
		if ((wrong == NULL) != (lines[i].wrong == NULL) ||
		    (wrong != NULL && lines[i].wrong != NULL &&
			strncmp(wrong, lines[i].wrong,
			    strlen(lines[i].wrong)) != 0) ||
		    (wrong == NULL &&
			(strcmp(l.list[0].path, lines[i].path) != 0 ||
			    (*l.list[0].path == '\0') != (l.list[0].len > 0))))
			fail_msg("%s: %s, %s", lines[i].line,
			    wrong == NULL ? "fine" : wrong, l.list[0].path);
		assert_int_equal(l.count, wrong == NULL);
	}
	strlcpy(l.root, "/run/p/smtpd", sizeof(l.root));
	l.count = 0;
	for (i = 0; i < POLICY_MAX; i++)
		assert_null(policy_parse("inet:10023", &l));
	assert_non_null(policy_parse("inet:10023", &l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_actions),
	    cmocka_unit_test(test_who_is_not_asked_about),
	    cmocka_unit_test(test_lines_of_the_control_file),
	};

	with_policy = config;
	with_policy.policy.count = SERVERS;
	strlcpy(with_policy.policy.list[0].name, "unix:one", POLICY_NAME);
	strlcpy(with_policy.policy.list[1].name, "unix:two", POLICY_NAME);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
