/*
 * What access is asked: the policy protocol's question (PROTOCOL in smtpd(8)).
 */
#include <string.h>

#include "engine.h"

/* Ask to be counted, or tell what access had counted. */
static int
add_counts(struct session *s)
{
	struct record *q = &s->question;

	if (s->phase == PHASE_CONNECT)
		return record_add(q, "count", "yes");
	if (s->client_rate == 0)
		return 0;
	return record_addf(q, "client_rate", "%u", s->client_rate) |
	       record_addf(
		   q, "client_connections", "%u", s->client_connections);
}

/* What Postfix says besides, for servers that look for it. */
static int
add_postfix(struct session *s)
{
	static const char *const empty[] = {"queue_id", "etrn_domain", "stress",
	    "sasl_method", "sasl_username", "sasl_sender", "ccert_subject",
	    "ccert_issuer", "ccert_fingerprint", "encryption_protocol",
	    "encryption_cipher", "encryption_keysize", "policy_context"};
	struct record *q = &s->question;
	int bad = 0;
	size_t i;

	/* One for each message, whatever its recipients are. */
	bad |= record_addf(q, "instance", "%s.%u", s->name, s->transactions);
	bad |= record_add(q, "recipient_count", "0");
	for (i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		bad |= record_add(q, empty[i], "");
	return bad;
}

static int
compose(struct session *s, const char *state, const char *recipient)
{
	struct record *q = &s->question;
	int bad = 0;

	record_clear(q);
	bad |= record_add(q, "request", "smtpd_access_policy");
	bad |= record_add(q, "protocol_state", state);
	bad |= record_add(q, "protocol_name", s->esmtp ? "ESMTP" : "SMTP");
	bad |= record_add(q, "client_address", s->address);
	bad |= record_add(q, "client_name", s->client.verified);
	bad |= record_add(q, "reverse_client_name", s->client.reverse);
	bad |= record_add(
	    q, "client_resolve", resolve_class_name(s->client.class));
	bad |= add_counts(s);
	if (s->helo != NULL)
		bad |= record_add(q, "helo_name", s->helo);
	if (s->discard || s->always_discard)
		bad |= record_add(q, "discard", "yes");
	if (s->sender != NULL) {
		/* Never last: there it would announce content. */
		bad |= record_addf(q, "size", "%ju", (uintmax_t)s->declared);
		bad |= record_add(q, "sender", s->sender);
	}
	if (s->server > 0)
		bad |= add_postfix(s);
	if (recipient != NULL)
		bad |= record_add(q, "recipient", recipient);
	return bad;
}

void
session_ask(struct session *s, enum phase phase, const char *recipient)
{
	static const char *const states[] = {
	    [PHASE_CONNECT] = "CONNECT",
	    [PHASE_MAIL] = "MAIL",
	    [PHASE_RCPT] = "RCPT",
	};

	s->phase = phase;
	if (recipient != s->asked)
		strlcpy(s->asked, recipient == NULL ? "" : recipient,
		    sizeof(s->asked));
	if (compose(s, states[phase], recipient) == 0)
		s->deed = DEED_ASK;
	else
		session_judged(s, NULL, s->now);
}
