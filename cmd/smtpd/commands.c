/*
 * The commands of RFC 5321.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "path.h"

#define NO_ARGUMENT 1 /* it takes none */
#define JUNK        2 /* harmless, but not in the hundreds */
#define ALWAYS      4 /* a refused client may say it */

struct command {
	const char *verb;
	void (*run)(struct session *, char *argument);
	int flags;
};

/*
 * A client that sends on before it was told it may (RFC 2920 3.1) is trying to
 * smuggle, or deaf.
 */
static bool
out_of_step(struct session *s)
{
	if (!s->strict || !s->pipelined)
		return false;
	session_refuse(s, "smtpd:did not wait",
	    "554 5.5.0 You did not wait for the reply");
	session_end(s, "did not wait for the reply");
	return true;
}

/* A domain or an address literal, roughly: it proves nothing anyway. */
static bool
is_helo(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 255 ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-._:[]")] != '\0')
		return false;
	return (name[0] == '[') == (name[len - 1] == ']');
}

static bool
hello(struct session *s, const char *name, bool esmtp)
{
	if (!is_helo(name)) {
		session_refuse(s, "smtpd:syntax",
		    "501 5.5.4 %s needs your host's name",
		    esmtp ? "EHLO" : "HELO");
		return false;
	}
	if (out_of_step(s))
		return false;
	session_reset(s);
	free(s->helo);
	s->helo = strdup(name);
	s->esmtp = esmtp;
	return true;
}

static void
say_hello(struct session *s, const char *code)
{
	bool forged = s->client.class == RESOLVE_FORGED;
	const char *name = forged ? s->client.reverse : s->client.verified;
	bool named = strcmp(name, "unknown") != 0;
	bool v6 = strchr(s->address, ':') != NULL;

	session_reply(s, "%s%s Hello %s%s[%s%s]%s, pleased to meet you", code,
	    s->config->me, named ? name : "", named ? " " : "",
	    v6 ? "IPv6:" : "", s->address, forged ? " (may be forged)" : "");
}

static void
helo(struct session *s, char *argument)
{
	if (hello(s, argument, false))
		say_hello(s, "250 ");
}

static void
ehlo(struct session *s, char *argument)
{
	if (!hello(s, argument, true))
		return;
	say_hello(s, "250-");
	if (s->reject != NULL) {
		session_reply(s, "250 ENHANCEDSTATUSCODES");
		return;
	}
	session_reply(s, "250-ENHANCEDSTATUSCODES");
	session_reply(s, "250-PIPELINING");
	session_reply(s, "250-8BITMIME");
	session_reply(s, "250-CHUNKING");
	session_reply(s, "250-DSN");
	session_reply(s, "250-SMTPUTF8");
	session_reply(s, "250-LIMITS RCPTMAX=%u", s->config->recipients);
	session_reply(s, "250-SIZE %ju", (uintmax_t)s->config->databytes);
	session_reply(s, "250 HELP");
}

/* --- the transaction ------------------------------------------------------ */

static void
out_of_turn(struct session *s, const char *text)
{
	session_refuse(s, "smtpd:sequence", "503 5.5.1 %s", text);
}

static void
refuse_argument(struct session *s, const char *reply)
{
	bool size = strncmp(reply, "552", 3) == 0;

	session_refuse(
	    s, size ? "smtpd:databytes" : "smtpd:syntax", "%s", reply);
}

/* RFC 6531 3.4: such an address comes only where SMTPUTF8 was said. */
static const char *
unasked_utf8(const struct session *s, const struct path *path)
{
	return path->beyond_ascii && !s->smtputf8
		   ? "553 5.6.7 Addresses beyond ASCII need SMTPUTF8"
		   : NULL;
}

static void
mail(struct session *s, char *argument)
{
	const char *wrong;
	struct path path;

	if (s->helo == NULL) {
		out_of_turn(s, "Polite people say HELO first");
		return;
	}
	if (s->mail) {
		out_of_turn(s, "Sender already specified");
		return;
	}
	if (s->draining) {
		session_refuse(s, "smtpd:shutdown",
		    "421 4.3.2 %s Service shutting down", s->config->me);
		session_end(s, "shutdown");
		return;
	}
	session_reset(s);
	if ((wrong = path_parse(&path, argument, "FROM:")) != NULL ||
	    (wrong = parameters_take(s, "MAIL", path.parameters)) != NULL ||
	    (wrong = unasked_utf8(s, &path)) != NULL) {
		refuse_argument(s, wrong);
		return;
	}
	s->sender = strdup(path.address);
	session_ask(s, PHASE_MAIL, NULL);
}

/*
 * RFC 5321 4.5.3.1.10: the client sends the rest in another transaction, and
 * is cut off if it goes on for ever.
 */
static void
too_many(struct session *s)
{
	session_refuse(s, "smtpd:maxrcpt", "452 4.5.3 Too many recipients");
	s->junk += ++s->excess % EXCESS_JUNK == 0;
}

static void
rcpt(struct session *s, char *argument)
{
	const char *wrong;
	struct path path;

	if (!s->mail) {
		out_of_turn(s, "Need MAIL before RCPT");
		return;
	}
	if (s->chunking) {
		out_of_turn(s, "Need the last chunk, or RSET, before RCPT");
		return;
	}
	if ((wrong = path_parse(&path, argument, "TO:")) != NULL ||
	    (wrong = parameters_take(s, "RCPT", path.parameters)) != NULL ||
	    (wrong = unasked_utf8(s, &path)) != NULL) {
		refuse_argument(s, wrong);
		return;
	}
	if (s->recipients >= s->config->recipients) {
		too_many(s);
		return;
	}
	session_ask(s, PHASE_RCPT, path.address);
}

static void
accept_sender(struct session *s)
{
	s->mail = true;
	s->transactions++;
	if (record_add(&s->envelope, "request", "inject") == -1 ||
	    record_add(&s->envelope, "sender", s->sender) == -1) {
		session_refuse(s, "smtpd:envelope", TEXT_TEMPFAIL);
		session_reset(s);
		return;
	}
	session_reply(s, "250 2.1.0 <%s>... Sender ok", s->sender);
}

void
command_accept(struct session *s)
{
	if (record_add(&s->envelope, "recipient", s->asked) == -1 ||
	    parameters_keep(s) == -1) {
		too_many(s);
		return;
	}
	s->recipients++;
	session_reply(s, "250 2.1.5 <%s>... Recipient ok", s->asked);
}

void
command_judged(struct session *s, const struct verdict *v)
{
	bool sender = s->phase == PHASE_MAIL;

	s->phase = PHASE_COMMAND;
	session_mark(s, v);
	if (v->kind == VERDICT_REFUSE) {
		session_refuse(s, v->rule, "%s", v->text);
		if (sender)
			session_reset(s);
	} else if (sender)
		accept_sender(s);
	else if (chain_begin(s))
		return;
	else
		command_accept(s);
	s->asked[0] = '\0';
}

static void
data(struct session *s, char *argument)
{
	(void)argument;
	if (!s->mail)
		out_of_turn(s, "Need MAIL before DATA");
	else if (s->chunking)
		out_of_turn(s, "Need the last chunk, or RSET, before DATA");
	else if (s->recipients == 0)
		session_refuse(
		    s, "smtpd:no recipient", "554 5.5.1 No valid recipients");
	else if (!out_of_step(s)) {
		session_reply(s, "354 End data with <CR><LF>.<CR><LF>");
		data_start(s);
	}
}

/* --- the rest ------------------------------------------------------------- */

static void
rset(struct session *s, char *argument)
{
	(void)argument;
	session_reset(s);
	session_reply(s, "250 2.0.0 Reset state");
}

static void
noop(struct session *s, char *argument)
{
	(void)argument;
	session_reply(s, "250 2.0.0 OK");
}

static void
quit(struct session *s, char *argument)
{
	(void)argument;
	session_reply(s, "221 2.0.0 %s closing connection", s->config->me);
	session_end(s, "quit");
}

static void
help(struct session *s, char *argument)
{
	(void)argument;
	session_reply(
	    s, "214-2.0.0 This is the mail server of %s", s->config->me);
	session_reply(s,
	    "214 2.0.0 It knows EHLO HELO MAIL RCPT DATA BDAT RSET "
	    "NOOP VRFY HELP QUIT");
}

static void
vrfy(struct session *s, char *argument)
{
	if (*argument == '\0')
		session_refuse(
		    s, "smtpd:syntax", "501 5.5.4 VRFY needs an address");
	else
		session_reply(s, "252 2.1.5 Nobody is named here; try RCPT");
}

static void
not_here(struct session *s, char *argument)
{
	(void)argument;
	session_refuse(
	    s, "smtpd:not offered", "502 5.5.1 Command not implemented");
}

/* A browser was led here to say our commands in its body. */
static void
foreign(struct session *s, char *argument)
{
	(void)argument;
	session_reply(s, "221 2.7.0 %s speaks SMTP", s->config->me);
	session_end(s, "speaks another protocol");
}

static const struct command commands[] = {
    {"EHLO", ehlo, ALWAYS},
    {"HELO", helo, ALWAYS},
    {"MAIL", mail, 0},
    {"RCPT", rcpt, 0},
    {"DATA", data, NO_ARGUMENT},
    {"RSET", rset, NO_ARGUMENT | JUNK | ALWAYS},
    {"NOOP", noop, JUNK | ALWAYS},
    {"QUIT", quit, NO_ARGUMENT | ALWAYS},
    {"HELP", help, JUNK},
    {"VRFY", vrfy, JUNK},
    {"EXPN", not_here, JUNK},
    {"ETRN", not_here, JUNK},
    {"BDAT", chunk_start, ALWAYS}, /* whose chunk must be read */
    {"STARTTLS", not_here, 0},
    {"AUTH", not_here, 0},
    {"GET", foreign, ALWAYS},
    {"POST", foreign, ALWAYS},
    {"PUT", foreign, ALWAYS},
    {"HEAD", foreign, ALWAYS},
    {"DELETE", foreign, ALWAYS},
    {"OPTIONS", foreign, ALWAYS},
    {"CONNECT", foreign, ALWAYS},
    {"USER", foreign, ALWAYS},
};

static const struct command *
find(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i].verb) == len &&
		    strncasecmp(commands[i].verb, line, len) == 0)
			return &commands[i];
	return NULL;
}

void
command_run(struct session *s, char *line, size_t len)
{
	const size_t verb = strcspn(line, " ");
	const struct command *c = find(line, verb);
	char *argument = line + verb + strspn(line + verb, " "), *end;
	const bool nul = memchr(line, '\0', len) != NULL;

	/* Trailing blanks mean nothing (RFC 5321 4.1.1: tolerate them). */
	for (end = line + strlen(line); end > argument && end[-1] == ' ';)
		*--end = '\0';
	if (c == NULL) {
		session_refuse(
		    s, "smtpd:syntax", "500 5.5.1 Command unrecognized");
		return;
	}
	s->junk += (c->flags & JUNK) != 0;
	if (nul) {
		session_refuse(s, "smtpd:NUL", "501 5.5.4 NUL in a command");
		if (c->run == chunk_start) /* who knows how much follows? */
			session_end(s, "BDAT without a size");
	} else if ((c->flags & NO_ARGUMENT) != 0 && *argument != '\0')
		session_refuse(s, "smtpd:syntax",
		    "501 5.5.4 %s takes no argument", c->verb);
	else if (s->reject != NULL && (c->flags & ALWAYS) == 0) {
		s->errors += s->reject[0] != '5';
		session_refuse(s, s->reject_rule, "%s", s->reject);
	} else
		c->run(s, argument);
}
