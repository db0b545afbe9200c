/*
 * From the look-up of the client's name to the greeting.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "exits.h"

void
session_named(struct session *s, const struct client_name *client, int64_t now)
{
	s->now = now;
	if (s->phase != PHASE_NAME)
		return;
	s->client = *client;
	session_ask(s, PHASE_CONNECT, NULL);
}

/* Whatever the client wants from now on gets this reply. */
static void
reject(struct session *s, const char *text, const char *rule)
{
	free(s->reject);
	free(s->reject_rule);
	if ((s->reject = strdup(text)) == NULL ||
	    (s->reject_rule = strdup(rule)) == NULL)
		err(EXIT_TEMP, "session");
}

/* What access adds to its verdict on a client. */
static void
take_counts(struct session *s, const struct record *answer)
{
	uint64_t n;

	s->trusted = strcmp(record_text(answer, "trusted"), "yes") == 0;
	if (record_number(answer, "client_rate", UINT32_MAX, &n) == 1)
		s->client_rate = (unsigned)n;
	if (record_number(answer, "client_connections", UINT32_MAX, &n) == 1)
		s->client_connections = (unsigned)n;
	if (record_number(answer, "pause", PAUSE_MAX, &n) != 1)
		return;
	s->pause = (unsigned)n;
	s->pause_rule = strdup(record_text(answer, "pause_rule"));
}

/*
 * A client that access refuses is still greeted, as sendmail does, so that it
 * hears the reason at MAIL; only a 421 stands in for the greeting.
 */
void
client_judged(
    struct session *s, const struct record *answer, const struct verdict *v)
{
	if (answer != NULL)
		take_counts(s, answer);
	session_mark(s, v);
	s->phase = PHASE_GREET;
	if (v->kind != VERDICT_REFUSE) {
		if (s->pause > 0 && s->strict) {
			s->phase = PHASE_PAUSE;
			s->deed = DEED_PAUSE;
		}
		return;
	}
	if (strncmp(v->text, "421", 3) == 0) {
		session_refuse(s, v->rule, "%s", v->text);
		session_end(s, "refused");
		return;
	}
	session_note(s, "refused", v->text, v->rule);
	reject(s, v->text, v->rule);
}

void
session_paused(struct session *s, int64_t now)
{
	s->now = now;
	if (s->phase == PHASE_PAUSE)
		s->phase = PHASE_GREET;
}

/*
 * RFC 5321 4.3.1: the client waits for the greeting.  One that does not gets
 * nothing here, and is told so as sendmail tells it.
 */
bool
client_greet(struct session *s, struct evbuffer *in)
{
	const char *rule = s->pause_rule != NULL
			       ? s->pause_rule
			       : "smtpd:spoke before the greeting";

	s->phase = PHASE_COMMAND;
	s->deadline = s->now + s->config->timeout;
	if (!s->strict || evbuffer_get_length(in) == 0) {
		session_reply(s, "220 %s ESMTP", s->config->me);
		return true;
	}
	session_refuse(
	    s, rule, "554 %s ESMTP not accepting messages", s->config->me);
	reject(s, "550 5.0.0 Command rejected", rule);
	return true;
}
