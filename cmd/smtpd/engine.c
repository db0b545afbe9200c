#include "engine.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"

#define REPLY_SIZE 512 /* RFC 5321 4.5.3.1.5 */

struct session *
session_new(const struct config *config, const char *name, const char *address,
    int64_t now)
{
	struct session *s;

	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    (s->out = evbuffer_new()) == NULL ||
	    (s->content = evbuffer_new()) == NULL)
		err(EXIT_TEMP, "session");
	record_init(&s->question, RECORD_QUESTION);
	record_init(&s->note, RECORD_QUESTION);
	record_init(&s->envelope, RECORD_ENVELOPE);
	strlcpy(s->name, name, sizeof(s->name));
	strlcpy(s->address, address, sizeof(s->address));
	strlcpy(s->client.verified, "unknown", sizeof(s->client.verified));
	strlcpy(s->client.reverse, "unknown", sizeof(s->client.reverse));
	s->client.class = RESOLVE_TEMP;
	s->config = config;
	s->strict = true;
	s->now = now;
	s->deadline = now + NAME_WAIT;
	return s;
}

void
session_reset(struct session *s)
{
	if (s->begun)
		s->deed = DEED_ABANDON;
	free(s->sender);
	free(s->hold);
	free(s->rule);
	free(s->ret);
	free(s->envid);
	parameters_forget(s);
	s->ret = s->envid = NULL;
	s->sender = s->hold = s->rule = NULL;
	s->mail = s->begun = s->discard = s->eightbit = false;
	s->chunking = s->spoiled = s->smtputf8 = false;
	s->declared = s->size = s->taken = 0;
	s->recipients = s->excess = 0;
	s->doom = NULL;
	record_free(&s->envelope);
	record_init(&s->envelope, RECORD_ENVELOPE);
	evbuffer_drain(s->content, evbuffer_get_length(s->content));
}

void
session_free(struct session *s)
{
	session_reset(s);
	chain_free(s);
	evbuffer_free(s->out);
	evbuffer_free(s->content);
	record_free(&s->question);
	record_free(&s->note);
	record_free(&s->envelope);
	free(s->reject);
	free(s->reject_rule);
	free(s->told);
	free(s->pause_rule);
	free(s->helo);
	free(s->always_hold);
	free(s->always_rule);
	free(s);
}

static void
put(struct session *s, char *line)
{
	char *p;

	for (p = line; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	evbuffer_add(s->out, line, (size_t)(p - line));
	evbuffer_add(s->out, "\r\n", 2);
}

void
session_reply(struct session *s, const char *format, ...)
{
	char line[REPLY_SIZE - 1];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	put(s, line);
}

/* Was just that said last, or is it why the whole client is refused? */
static bool
is_told(struct session *s, const char *rule, const char *line)
{
	char *now;
	bool same;

	if (rule == s->reject_rule)
		return true;
	if (asprintf(&now, "%s\n%s\n%s\n%s", rule, line, s->asked,
		s->sender == NULL ? "" : s->sender) == -1)
		err(EXIT_TEMP, "session");
	same = s->told != NULL && strcmp(s->told, now) == 0;
	free(s->told);
	s->told = now;
	return same;
}

void
session_refuse(struct session *s, const char *rule, const char *format, ...)
{
	char line[REPLY_SIZE - 1];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	put(s, line);
	s->errors += line[0] == '5';
	if (!is_told(s, rule, line))
		session_note(s, "refused", line, rule);
}

void
session_end(struct session *s, const char *why)
{
	if (s->phase == PHASE_END)
		return;
	s->why = why;
	s->phase = PHASE_END;
	s->deadline = s->now + LINGER_TIME;
}

void
session_note(
    struct session *s, const char *event, const char *text, const char *rule)
{
	struct record *n = &s->note;

	record_clear(n);
	record_add(n, "event", event);
	if (s->sender != NULL)
		record_add(n, "sender", s->sender);
	if (strcmp(event, "refused") == 0 && s->asked[0] != '\0')
		record_add(n, "recipient", s->asked);
	else if (s->recipients > 0)
		record_addf(n, "recipients", "%u", s->recipients);
	if (s->size > 0)
		record_addf(n, "size", "%ju", (uintmax_t)s->size);
	record_add(n, "text", text);
	record_add(n, "rule", rule);
}

void
session_mark(struct session *s, const struct verdict *v)
{
	bool always = s->phase == PHASE_CONNECT;
	char **hold = always ? &s->always_hold : &s->hold, **rule;

	if (v->kind == VERDICT_DISCARD)
		*(always ? &s->always_discard : &s->discard) = true;
	else if (v->kind == VERDICT_HOLD) {
		free(*hold); /* the last one counts, as with sendmail */
		*hold = strdup(*v->text == '\0' ? "held by rule" : v->text);
	} else
		return;
	rule = always ? &s->always_rule : &s->rule;
	free(*rule);
	*rule = strdup(v->rule);
}

void
session_judged(struct session *s, const struct record *answer, int64_t now)
{
	struct verdict v;

	s->now = now;
	if (s->phase == PHASE_END)
		return;
	s->deadline = now + s->config->timeout;
	if (s->server > 0) {
		chain_judged(s, answer);
		return;
	}
	verdict_read(&v, answer);
	if (s->phase == PHASE_CONNECT) {
		client_judged(s, answer, &v);
	} else if (s->phase == PHASE_MAIL || s->phase == PHASE_RCPT)
		command_judged(s, &v);
}

void
session_injected(struct session *s, const struct record *answer, int64_t now)
{
	s->now = now;
	/* Who was told 421 hears nothing behind it. */
	if (s->begun && s->phase != PHASE_END)
		data_injected(s, answer);
}

static void
line_fault(struct session *s, enum line_fault fault)
{
	static const char *const texts[] = {
	    [LINE_BARE_CR] = "500 5.5.2 Bare CR",
	    [LINE_BARE_LF] = "500 5.5.2 Bare LF",
	    [LINE_LONG] = "500 5.5.2 Line too long",
	};
	static const char *const whys[] = {
	    [LINE_BARE_CR] = "bare CR",
	    [LINE_BARE_LF] = "bare LF",
	    [LINE_LONG] = "line too long",
	};

	static const char *const rules[] = {
	    [LINE_BARE_CR] = "smtpd:bare CR",
	    [LINE_BARE_LF] = "smtpd:bare LF",
	    [LINE_LONG] = "smtpd:command length",
	};

	session_refuse(s, rules[fault], "%s", texts[fault]);
	session_end(s, whys[fault]);
}

/* The command that is one too many is answered by the end. */
static bool
too_many_faults(struct session *s)
{
	bool errors = s->errors >= ERRORS_MAX;

	if (!errors && s->junk < JUNK_MAX)
		return false;
	session_refuse(s, errors ? "smtpd:bad commands" : "smtpd:idle commands",
	    "421 4.7.0 %s Too many %s commands; closing connection",
	    s->config->me, errors ? "bad" : "idle");
	session_end(s, "too many errors");
	return true;
}

/* Take one command, if a whole one is there. */
static bool
command(struct session *s, struct evbuffer *in)
{
	char line[COMMAND_LINE + 1];
	enum line_fault fault;
	ev_ssize_t have;
	ssize_t len;

	have = evbuffer_copyout(in, line, COMMAND_LINE);
	if (have <= 0)
		return false;
	len = line_command(line, (size_t)have, COMMAND_LINE, &fault);
	if (len == 0)
		return false;
	if (len == -1) {
		line_fault(s, fault);
		return true;
	}
	evbuffer_drain(in, (size_t)len);
	if (too_many_faults(s))
		return true;
	s->pipelined = evbuffer_get_length(in) > 0;
	line[len - 2] = '\0';
	s->deadline = s->now + s->config->timeout;
	command_run(s, line, (size_t)len - 2);
	return true;
}

/* One step; false if there is nothing to do. */
static bool
step(struct session *s, struct evbuffer *in)
{
	switch (s->phase) {
	case PHASE_PAUSE:
		return evbuffer_get_length(in) > 0 && client_greet(s, in);
	case PHASE_GREET:
		return client_greet(s, in);
	case PHASE_COMMAND:
		return command(s, in);
	case PHASE_DATA:
		return data_run(s, in);
	case PHASE_CHUNK:
		return chunk_run(s, in);
	default:
		return false;
	}
}

static bool
is_content(const struct session *s)
{
	return s->phase == PHASE_DATA || s->phase == PHASE_CHUNK;
}

enum deed
session_run(struct session *s, struct evbuffer *in, int64_t now)
{
	enum deed due;

	s->now = now;
	while (s->note.len == 0 && s->deed == DEED_NONE && step(s, in))
		continue;
	if (s->note.len > 0)
		return DEED_LOG;
	due = s->deed;
	s->deed = DEED_NONE;
	if (due != DEED_NONE)
		return due;
	if (s->phase == PHASE_END)
		return DEED_CLOSE;
	return s->phase == PHASE_COMMAND || is_content(s) ? DEED_READ
							  : DEED_WAIT;
}

static void
shut(struct session *s, const char *rule, const char *text, const char *why)
{
	session_refuse(s, rule, "421 %s %s", text, s->config->me);
	session_end(s, why);
}

/* While draining: between messages, or when it takes too long. */
static bool
over_by_now(const struct session *s)
{
	if (s->phase == PHASE_COMMAND || s->phase == PHASE_PAUSE)
		return !s->mail || s->now >= s->drained;
	return (is_content(s) || s->phase == PHASE_MAIL ||
		   s->phase == PHASE_RCPT) &&
	       s->now >= s->drained;
}

void
session_tick(struct session *s, int64_t now)
{
	static const struct client_name unknown = {
	    .class = RESOLVE_TEMP,
	    .verified = "unknown",
	    .reverse = "unknown",
	};

	s->now = now;
	if (s->phase == PHASE_NAME && now >= s->deadline)
		session_named(s, &unknown, now);
	else if (s->draining && over_by_now(s))
		shut(s, "smtpd:shutdown", "4.3.2 Service shutting down",
		    "shutdown");
	else if (s->phase == PHASE_COMMAND && now >= s->deadline)
		shut(s, "smtpd:timeoutsmtpd", "4.4.2 Timeout", "timeout");
	else if (is_content(s) || s->phase == PHASE_VERDICT)
		data_tick(s);
}

void
session_held(struct session *s, int64_t now)
{
	s->deadline += now - s->now;
	s->data_since += now - s->now;
	s->now = now;
}

void
session_lost(struct session *s, int64_t now)
{
	s->now = now;
	session_end(s, "lost connection");
}

void
session_drain(struct session *s, int64_t now)
{
	s->now = now;
	s->draining = true;
	s->drained = now + DRAIN_TIME;
}
