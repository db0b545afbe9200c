#include "engine.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exits.h"
#include "offer.h"
#include "talk.h"

unsigned
engine_limit(const struct engine *e, unsigned fifths)
{
	unsigned seconds = e->setup.timeout * fifths / 5;

	return seconds == 0 ? 1 : seconds;
}

void
engine_wait(struct engine *e, unsigned seconds)
{
	e->seconds = seconds;
	e->turn++;
}

void
engine_say(struct engine *e, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (evbuffer_add_vprintf(e->out, format, ap) == -1)
		err(EXIT_TEMP, "output");
	va_end(ap);
}

void
engine_init(struct engine *e, const struct engine_setup *setup)
{
	memset(e, 0, sizeof(*e));
	e->setup = *setup;
	if ((e->out = evbuffer_new()) == NULL)
		err(EXIT_TEMP, "output");
	reply_begin(&e->reply);
	e->phase = PHASE_GREETING;
	engine_wait(e, engine_limit(e, 5));
}

void
engine_free(struct engine *e)
{
	evbuffer_free(e->out);
	outcome_free(&e->failure);
}

/* --- the end -------------------------------------------------------------- */

static void
be_over(struct engine *e)
{
	if (e->phase == PHASE_ENVELOPE && e->now.ahead)
		talk_doubt(e);
	e->phase = PHASE_OVER;
	engine_wait(e, 0);
}

void
engine_fail(struct engine *e, const char *status, const char *why)
{
	if (e->phase == PHASE_DOT)
		talk_forget(e, why);
	outcome_set(&e->failure, OUTCOME_DEFERRED, status, e->setup.peer, why);
	e->failure.of_host = true;
	be_over(e);
}

void
engine_quote(struct engine *e, const char *what)
{
	outcome_quote(
	    &e->failure, OUTCOME_DEFERRED, e->setup.peer, &e->reply, what);
	/* It takes no mail now, which is no matter of the recipients. */
	(void)strlcpy(e->failure.status, "4.3.2", sizeof(e->failure.status));
	e->failure.of_host = true;
	be_over(e);
}

void
engine_break(struct engine *e, const char *what)
{
	char text[REPLY_TEXT + 64];

	(void)snprintf(text, sizeof(text), "broke the protocol %s", what);
	engine_fail(e, "4.4.2", text);
}

void
engine_lost(struct engine *e, const char *why)
{
	if (e->phase == PHASE_OVER)
		return;
	engine_fail(e, "4.4.2", why);
}

void
engine_timeout(struct engine *e)
{
	static const char *const what[] = {
	    [PHASE_GREETING] = "did not greet in time",
	    [PHASE_EHLO] = "did not answer EHLO in time",
	    [PHASE_HELO] = "did not answer HELO in time",
	    [PHASE_ENVELOPE] = "did not answer in time",
	    [PHASE_BODY] = "takes the message too slowly",
	    [PHASE_DOT] = "did not answer in time",
	};

	if (e->phase == PHASE_ENVELOPE && e->pipelining)
		e->silent = true;
	engine_lost(e,
	    e->phase >= sizeof(what) / sizeof(what[0]) || what[e->phase] == NULL
		? "was idle"
		: what[e->phase]);
}

/* --- greeting and EHLO ---------------------------------------------------- */

/* RFC 5321 has the server's name as the first word; ours is ourselves. */
static bool
is_ourselves(struct engine *e)
{
	const char *name = e->reply.words;
	size_t len = strcspn(name, " \t");

	if (!e->setup.find_loop || len != strlen(e->setup.me) ||
	    strncasecmp(name, e->setup.me, len) != 0)
		return false;
	outcome_set(&e->failure, OUTCOME_FAILED, "5.4.6", e->setup.peer,
	    "is this host itself: the mail would go round in a loop");
	e->loop = true;
	be_over(e);
	return true;
}

static void
greeted(struct engine *e)
{
	if (e->reply.code == 220) {
		e->phase = PHASE_EHLO;
		engine_say(e, "EHLO %s\r\n", e->setup.me);
		engine_wait(e, engine_limit(e, 5));
	} else {
		engine_quote(e, "the connection");
	}
}

void
engine_ready(struct engine *e)
{
	e->phase = PHASE_READY;
	e->now.envelope = NULL;
	engine_wait(e, 0);
}

static void
ehlo_answered(struct engine *e)
{
	if (e->reply.code / 100 == 2) {
		engine_ready(e);
	} else if (e->reply.code / 100 == 5) {
		e->phase = PHASE_HELO;
		engine_say(e, "HELO %s\r\n", e->setup.me);
		engine_wait(e, engine_limit(e, 5));
	} else {
		engine_quote(e, "EHLO");
	}
}

static void
helo_answered(struct engine *e)
{
	if (e->reply.code / 100 == 2)
		engine_ready(e);
	else
		engine_quote(e, "HELO");
}

/* A line of the reply to EHLO, the first excepted. */
static void
take_offer(struct engine *e)
{
	struct offer offer;

	offer_parse(e->reply.words, &offer);
	switch (offer.kind) {
	case OFFER_PIPELINING:
		e->pipelining = !e->setup.no_pipelining;
		break;
	case OFFER_8BITMIME:
		e->eightbitmime = true;
		break;
	case OFFER_SMTPUTF8:
		e->smtputf8 = true;
		break;
	case OFFER_DSN:
		e->dsn = true;
		break;
	case OFFER_SIZE:
		e->with_size = true;
		e->size_limit = offer.size;
		break;
	case OFFER_UNKNOWN:
		break;
	}
}

void
engine_quit(struct engine *e)
{
	engine_say(e, "QUIT\r\n");
	e->phase = PHASE_QUIT;
	engine_wait(e, 5);
}

/* --- input ---------------------------------------------------------------- */

/* RFC 5321 3.8: it closes now, whatever was asked. */
static void
closing(struct engine *e)
{
	if (e->phase == PHASE_DOT || e->phase == PHASE_BODY)
		talk_decide(e, OUTCOME_DEFERRED, "the message");
	engine_quote(e, e->phase == PHASE_GREETING ? "the connection"
						   : "what was sent to it");
}

static void
answered(struct engine *e)
{
	static void (*const handlers[])(struct engine *) = {
	    [PHASE_GREETING] = greeted,
	    [PHASE_EHLO] = ehlo_answered,
	    [PHASE_HELO] = helo_answered,
	    [PHASE_ENVELOPE] = talk_step,
	    [PHASE_BODY] = talk_interrupted,
	    [PHASE_DOT] = talk_dot,
	    [PHASE_QUIT] = be_over,
	};

	if (e->reply.code == 421)
		closing(e);
	else if (e->phase == PHASE_READY)
		engine_break(e, "by a reply to nothing");
	else if (e->phase != PHASE_OVER)
		handlers[e->phase](e);
}

/* Was this the reply to the last command that was sent? */
static bool
owes_nothing(const struct engine *e)
{
	if (e->phase == PHASE_DOT)
		return e->next.envelope == NULL;
	return e->phase != PHASE_ENVELOPE || e->now.sent == e->now.answered + 1;
}

/*
 * The last line of a reply.  What stands behind it already cannot answer what
 * is sent now: such a server is out of step.  A 421 that follows the reply to
 * the message is none of that; READY sees to it.
 */
static void
take_last(struct engine *e, bool more)
{
	bool early = more && owes_nothing(e);

	answered(e);
	if (early && e->phase < PHASE_BODY && e->phase != PHASE_READY)
		engine_break(e, "by two replies to one command");
}

static void
take_line(struct engine *e, bool last, bool more)
{
	bool first = e->reply.lines == 1;
	bool good = e->reply.code / 100 == 2;

	if (first && good &&
	    (e->phase == PHASE_GREETING || e->phase == PHASE_EHLO) &&
	    is_ourselves(e))
		return;
	if (e->phase == PHASE_EHLO && good && !first)
		take_offer(e);
	if (!last)
		return;
	take_last(e, more);
	reply_begin(&e->reply);
}

void
engine_feed(struct engine *e, const char *bytes, size_t len)
{
	enum reply_event event;
	size_t used;

	while (len > 0 && e->phase != PHASE_OVER) {
		event = reply_feed(&e->reply, bytes, len, &used);
		bytes += used;
		len -= used;
		if (event == REPLY_BAD)
			engine_break(e, "by what is no reply");
		else if (event != REPLY_MORE)
			take_line(e, event == REPLY_LAST, len > 0);
	}
}
