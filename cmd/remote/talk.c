#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

static enum outcome_class
class_of(int code)
{
	return code / 100 == 2   ? OUTCOME_DONE
	       : code / 100 == 5 ? OUTCOME_FAILED
				 : OUTCOME_DEFERRED;
}

/* All that were accepted and have no outcome yet. */
void
talk_decide(struct engine *e, enum outcome_class class, const char *what)
{
	size_t i;

	for (i = 0; i < e->now.count; i++)
		if (e->now.accepted[i])
			outcome_quote(
			    &e->now.envelope->outcomes[e->now.chosen[i]], class,
			    e->setup.peer, &e->reply, what);
}

#define STEP_RSET 0
#define STEP_MAIL 1
#define STEP_RCPT 2 /* and on */

/* Why this server cannot have it for that recipient; NULL if it can. */
static const char *
obstacle(const struct engine *e, const struct envelope *envelope, size_t i,
    const char **status)
{
	*status = "5.3.4";
	if (e->size_limit > 0 && envelope->size > e->size_limit)
		return "takes no message as long as this one";
	/* RFC 6152 3: it may not be sent as it is. */
	*status = "5.6.3";
	if (envelope->eightbit && !e->eightbitmime)
		return "takes no 8-bit text, which this message has";
	/* RFC 6531 3.5 */
	*status = "5.6.7";
	if (!e->smtputf8 && (!utf8_is_ascii(envelope->sender) ||
				!utf8_is_ascii(envelope->recipients[i])))
		return "takes no address that is not ASCII";
	if (!e->smtputf8 && envelope->utf8)
		return "takes no header that is not ASCII";
	return NULL;
}

static void
choose(const struct engine *e, struct transaction *t)
{
	const char *status, *why;
	size_t i;

	for (i = 0; i < t->envelope->count; i++) {
		struct outcome *o = &t->envelope->outcomes[i];

		if (o->class != OUTCOME_OPEN)
			continue;
		if ((why = obstacle(e, t->envelope, i, &status)) != NULL)
			outcome_set(
			    o, OUTCOME_FAILED, status, e->setup.peer, why);
		else
			t->chosen[t->count++] = i;
	}
}

static bool
needs_utf8(const struct transaction *t)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		if (!utf8_is_ascii(t->envelope->recipients[t->chosen[i]]))
			return true;
	return t->envelope->utf8 || !utf8_is_ascii(t->envelope->sender);
}

static size_t
data_step(const struct transaction *t)
{
	return STEP_RCPT + t->count;
}

static void
send_mail(struct engine *e, const struct transaction *t)
{
	const struct envelope *envelope = t->envelope;

	engine_say(e, "MAIL FROM:<%s>", envelope->sender);
	if (e->with_size)
		engine_say(e, " SIZE=%llu", (unsigned long long)envelope->size);
	if (envelope->eightbit)
		engine_say(e, " BODY=8BITMIME");
	if (e->smtputf8 && needs_utf8(t))
		engine_say(e, " SMTPUTF8");
	if (e->dsn && envelope->ret != NULL)
		engine_say(e, " RET=%s", envelope->ret);
	if (e->dsn && envelope->envid != NULL)
		engine_say(e, " ENVID=%s", envelope->envid);
	engine_say(e, "\r\n");
}

/* A server without DSN is not asked; we tell of the success (RFC 3461 5.2.2).
 */
static void
send_rcpt(struct engine *e, struct envelope *envelope, size_t i)
{
	engine_say(e, "RCPT TO:<%s>", envelope->recipients[i]);
	envelope->passed_on[i] = e->dsn && envelope->notifies[i] != NULL;
	if (envelope->passed_on[i])
		engine_say(e, " NOTIFY=%s", envelope->notifies[i]);
	if (e->dsn && envelope->orcpts[i] != NULL)
		engine_say(e, " ORCPT=%s", envelope->orcpts[i]);
	engine_say(e, "\r\n");
}

static void
send_step(struct engine *e, const struct transaction *t, size_t step)
{
	if (step == STEP_RSET) {
		engine_say(e, "RSET\r\n");
	} else if (step == STEP_MAIL) {
		send_mail(e, t);
	} else if (step < data_step(t)) {
		send_rcpt(e, t->envelope, t->chosen[step - STEP_RCPT]);
	} else {
		engine_say(e, "DATA\r\n");
	}
}

/* All at once, or one after the reply to the other (RFC 2920). */
static void
send_steps(struct engine *e)
{
	while (e->now.sent <= data_step(&e->now) &&
	       (e->pipelining || e->now.sent == e->now.answered)) {
		if (!e->pipelining &&
		    (e->now.refused || (e->now.sent == data_step(&e->now) &&
					   e->now.taken == 0))) {
			engine_ready(e);
			return;
		}
		send_step(e, &e->now, e->now.sent++);
	}
	engine_wait(
	    e, engine_limit(e, e->now.answered == data_step(&e->now) ? 2 : 5));
}

/* false: all are decided, and there is nothing to be sent. */
static bool
transaction_begin(
    const struct engine *e, struct transaction *t, struct envelope *envelope)
{
	memset(t, 0, sizeof(*t));
	t->envelope = envelope;
	choose(e, t);
	if (t->count == 0)
		t->envelope = NULL;
	return t->count > 0;
}

void
engine_begin(struct engine *e, struct envelope *envelope)
{
	if (!transaction_begin(e, &e->now, envelope))
		return;
	e->spoke = false;
	e->now.sent = e->now.answered = e->dirty ? STEP_RSET : STEP_MAIL;
	e->dirty = false;
	e->phase = PHASE_ENVELOPE;
	send_steps(e);
}

/* --- behind the dot ------------------------------------------------------- */

/* Who is to be asked again comes first. */
bool
engine_may_follow(const struct engine *e)
{
	size_t i;

	if (e->phase != PHASE_DOT || !e->pipelining || e->setup.no_ahead ||
	    e->next.envelope != NULL || e->next.forsaken || e->now.taken == 0)
		return false;
	for (i = 0; i < e->now.count; i++)
		if (e->now.again[i])
			return false;
	return true;
}

bool
engine_follow(struct engine *e, struct envelope *envelope)
{
	struct transaction *t = &e->next;

	if (!transaction_begin(e, t, envelope))
		return false;
	t->ahead = true;
	t->answered = STEP_MAIL;
	for (t->sent = STEP_MAIL; t->sent <= data_step(t); t->sent++)
		send_step(e, t, t->sent);
	return true;
}

void
engine_forsake(struct engine *e)
{
	e->next.envelope = NULL;
	e->next.forsaken = true;
}

/* The dot was answered: the next transaction is in hand. */
static void
go_on(struct engine *e)
{
	if (e->next.forsaken) {
		e->phase = PHASE_READY;
		engine_fail(e, "4.3.0", "is left: nobody waits for the rest");
		return;
	}
	if (e->next.envelope == NULL) {
		engine_ready(e);
		return;
	}
	e->now = e->next;
	e->next.envelope = NULL;
	e->spoke = false;
	e->phase = PHASE_ENVELOPE;
	/* It has the commands already, unless it threw them away. */
	engine_wait(e, engine_limit(e, 1));
}

void
talk_doubt(struct engine *e)
{
	size_t i;

	for (i = 0; i < e->now.count; i++)
		outcome_free(&e->now.envelope->outcomes[e->now.chosen[i]]);
	e->spoke = e->silent = false;
	/* Who takes leave with a word has heard us. */
	e->shy = e->reply.code != 421;
}

static void
mail_answered(struct engine *e)
{
	enum outcome_class class = class_of(e->reply.code);
	size_t i;

	e->dirty = true;
	if (class == OUTCOME_DONE)
		return;
	if (e->now.ahead) {
		engine_quote(e, "MAIL FROM behind a message");
		return;
	}
	e->now.refused = true;
	for (i = 0; i < e->now.count; i++)
		outcome_quote(&e->now.envelope->outcomes[e->now.chosen[i]],
		    class, e->setup.peer, &e->reply, "MAIL FROM");
}

/*
 * RFC 5321 4.5.3.1.10: too many recipients is 452, and 552 from the old.  Such
 * a reply with a status that says something else means what it says.
 */
static bool
too_many(const struct engine *e)
{
	const char *status = e->reply.status;

	if (e->reply.code != 452 && e->reply.code != 552)
		return false;
	return status[0] == '\0' || strcmp(status + 1, ".5.3") == 0;
}

static void
rcpt_answered(struct engine *e, size_t i)
{
	struct outcome *o = &e->now.envelope->outcomes[e->now.chosen[i]];
	enum outcome_class class = class_of(e->reply.code);

	if (e->now.refused)
		return;
	if (class == OUTCOME_DONE) {
		e->now.accepted[i] = true;
		e->now.taken++;
		return;
	}
	e->now.again[i] = too_many(e) && e->now.taken > 0;
	if (too_many(e))
		class = OUTCOME_DEFERRED;
	outcome_quote(o, class, e->setup.peer, &e->reply, "RCPT TO");
}

static void
data_answered(struct engine *e)
{
	int class = e->reply.code / 100;

	if ((class == 4 || class == 5) && e->now.ahead && e->now.taken > 0) {
		engine_quote(e, "DATA behind a message");
	} else if (class == 4 || class == 5) {
		if (!e->now.refused)
			talk_decide(e, class_of(e->reply.code), "DATA");
		engine_ready(e);
	} else if (e->reply.code != 354) {
		engine_break(e, "in its reply to DATA");
	} else if (e->now.refused || e->now.taken == 0) {
		/* RFC 2920 3.1: it waits for a message that is for nobody. */
		engine_say(e, ".\r\n");
		e->phase = PHASE_DOT;
		engine_wait(e, engine_limit(e, 10));
	} else {
		e->phase = PHASE_BODY;
		body_begin(&e->body);
		engine_wait(e, engine_limit(e, 3));
	}
}

void
talk_step(struct engine *e)
{
	size_t step = e->now.answered++;

	e->spoke = true;
	if (step < data_step(&e->now) && e->reply.code / 100 == 3) {
		engine_break(e, "with a reply that fits no command");
		return;
	}
	if (step == STEP_RSET) {
		if (e->reply.code / 100 != 2) {
			engine_quote(e, "RSET");
			return;
		}
	} else if (step == STEP_MAIL) {
		mail_answered(e);
		if (e->phase == PHASE_OVER)
			return;
	} else if (step < data_step(&e->now)) {
		rcpt_answered(e, step - STEP_RCPT);
	} else {
		data_answered(e);
		return;
	}
	send_steps(e);
}

void
engine_body(struct engine *e, const char *bytes, size_t len)
{
	body_add(&e->body, bytes, len, e->out);
	engine_wait(e, engine_limit(e, 3));
}

void
engine_body_end(struct engine *e)
{
	body_end(&e->body, e->out);
	e->phase = PHASE_DOT;
	engine_wait(e, engine_limit(e, 10));
}

/* A server that refuses in the middle will not take the rest. */
void
talk_interrupted(struct engine *e)
{
	if (e->reply.code / 100 < 4) {
		engine_break(e, "by a reply before the end of the message");
		return;
	}
	talk_decide(e, class_of(e->reply.code), "the message");
	engine_quote(e, "the message");
}

void
talk_dot(struct engine *e)
{
	size_t i;

	if (e->reply.code / 100 == 3) {
		engine_break(e, "in its reply to the message");
		return;
	}
	e->dirty = false;
	talk_decide(e, class_of(e->reply.code), "the message");
	for (i = 0; i < e->now.count && e->reply.code / 100 == 2; i++)
		if (e->now.again[i])
			outcome_free(
			    &e->now.envelope->outcomes[e->now.chosen[i]]);
	go_on(e);
}

/*
 * The whole message was sent and no reply tells what became of it.  To try
 * again may make two, not to try might make none.
 */
void
talk_forget(struct engine *e, const char *why)
{
	char text[REPLY_TEXT];
	size_t i;

	(void)snprintf(text, sizeof(text),
	    "%s after the whole message was sent: it may have been delivered",
	    why);
	for (i = 0; i < e->now.count; i++) {
		struct outcome *o =
		    &e->now.envelope->outcomes[e->now.chosen[i]];

		if (!e->now.accepted[i])
			continue;
		outcome_set(o, OUTCOME_DEFERRED, "4.4.2", e->setup.peer, text);
		o->of_host = true;
	}
}
