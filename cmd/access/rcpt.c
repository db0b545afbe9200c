/*
 * rcpt - sendmail's check_rcpt: may this recipient be taken?
 *
 * Errors of the address itself, of virtusertable and mailertable; what the
 * table says of it; relaying; with delay_checks the sender and the client; then
 * whether there is such a user.
 */
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "order.h"
#include "reply.h"
#include "route_one.h"
#include "stages.h"

#define NESTED_MOST 50 /* addresses within each other */

struct rcpt {
	struct judge *j;
	const struct question *q;
	struct verdict *v;
	struct target target;
	struct addr canonical; /* as it was meant: user%host@domain */
	struct addr parsed;    /* as it is judged: user@host */
};

/* --- the address -----------------------------------------------------------
 */

/*
 * A local part that holds a further address, at a domain that we relay for, is
 * that address; one that has no end is none.
 */
static enum addr_fault
unwrap(struct rcpt *r)
{
	const struct addr_world *world = &r->j->look.t->world;
	enum addr_fault fault = ADDR_OK;
	struct verdict unused;
	char text[ADDR_SIZE];
	int i;

	for (i = 0; fault == ADDR_OK && i < NESTED_MOST; i++) {
		addr_dequote(r->parsed.local);
		if (!addr_is_nested(r->parsed.local))
			return fault;
		switch (judge_domain(r->j, &r->parsed, &unused)) {
		case STEP_ERROR:
			return ADDR_TEMP;
		case STEP_DONE:
			break;
		default:
			return fault;
		}
		strlcpy(text, r->parsed.local, sizeof(text));
		fault = addr_canon(text, world, &r->parsed);
	}
	return fault == ADDR_OK ? ADDR_ROUTE : fault;
}

static enum step
parse(struct rcpt *r)
{
	enum addr_fault fault =
	    addr_canon(r->q->recipient, &r->j->look.t->world, &r->canonical);

	r->parsed = r->canonical;
	if (fault == ADDR_OK)
		fault = unwrap(r);
	if (fault == ADDR_TEMP)
		return STEP_ERROR;
	if (fault == ADDR_OK)
		return STEP_NEXT;
	reply_text(r->v, r->q->recipient, addr_reply(fault), "address:syntax");
	return STEP_DONE;
}

/* --- where it goes ---------------------------------------------------------
 */

static enum step
reply_target(struct rcpt *r)
{
	struct rhs error = {.kind = RHS_ERROR};

	strlcpy(error.code, r->target.code, sizeof(error.code));
	strlcpy(error.status, r->target.status, sizeof(error.status));
	strlcpy(error.text, r->target.text, sizeof(error.text));
	reply_error(r->v, r->q->recipient, &error, r->target.rule);
	return STEP_DONE;
}

/*
 * Errors of an address itself and of virtusertable and mailertable come before
 * any rule.  That it names a program or a file, or that its host is none, comes
 * after them all.
 */
static enum step
refused_by_route(struct rcpt *r)
{
	const char *rule = r->target.rule;

	if (r->target.kind != TARGET_ERROR ||
	    strcmp(rule, "address:special") == 0 ||
	    strcmp(rule, "address:host") == 0)
		return STEP_NEXT;
	return reply_target(r);
}

/* Of the hosts that are none only those are told that a next hop may misread.
 */
static enum step
refused_at_last(struct rcpt *r)
{
	if (r->target.kind != TARGET_ERROR ||
	    (strcmp(r->target.rule, "address:host") == 0 &&
		strpbrk(r->parsed.domain, "/!") == NULL))
		return STEP_NEXT;
	return reply_target(r);
}

/* --- the table -------------------------------------------------------------
 */

/* Values that mean something else, or nothing, where recipients are blocked. */
static bool
is_no_block(const struct rcpt *r, const char *value)
{
	bool delay = (r->j->features & FEATURE_DELAY) != 0;

	return rhs_is(value, "OK") || rhs_is(value, "RELAY") ||
	       ((r->j->features & FEATURE_SKIP) != 0 &&
		   rhs_is(value, "SKIP")) ||
	       (delay && rhs_is(value, "SPAMFRIEND")) ||
	       (delay && rhs_is(value, "SPAMHATER"));
}

/* May mail go to it at all? */
static enum step
blocked(struct rcpt *r)
{
	struct subject s = {.name = r->parsed.domain, .local = r->parsed.local};
	struct tables *t = r->j->look.t;
	bool ours = *s.name == '\0' || tables_local(t, s.name) != NULL;
	struct hit hit;

	if ((r->j->features & FEATURE_BLOCKLIST) == 0)
		return STEP_NEXT;
	if (look_list(
		&r->j->look, ours ? order_local : order_remote, &s, &hit) == -1)
		return STEP_ERROR;
	if (!hit.found || is_no_block(r, hit.value))
		return STEP_NEXT;
	reply_entry(r->v, &hit, r->q->recipient,
	    "550 5.2.1 Mailbox disabled for this recipient");
	return STEP_DONE;
}

/*
 * May we take it?  Mail for user%ours@relayed goes to the host that we relay
 * for, so it is that host's entry which grants it.
 */
static enum step
relayed(struct rcpt *r)
{
	struct tables *t = r->j->look.t;
	const char *domain = r->canonical.domain;
	enum step got = judge_relay(r->j, r->q, &r->parsed, r->v);

	if (got == STEP_DONE && r->v->kind == VERDICT_PASS && *domain != '\0' &&
	    tables_local(t, domain) == NULL)
		got = judge_domain(r->j, &r->canonical, r->v);
	return got;
}

/* --- delay_checks ----------------------------------------------------------
 */

/* Does the recipient want mail unchecked?  1, 0, -1. */
static int
is_friend(struct rcpt *r)
{
	struct tables *t = r->j->look.t;
	bool hater = (r->j->features & FEATURE_HATER) != 0;
	struct subject s = {.local = r->canonical.local};
	struct hit hit;
	bool ours;

	if ((r->j->features & (FEATURE_FRIEND | FEATURE_HATER)) == 0)
		return 0;
	addr_dequote(r->canonical.local);
	s.name = *r->canonical.domain != '\0' ? r->canonical.domain : t->me;
	ours = tables_local(t, s.name) != NULL;
	if (look_list(&r->j->look, ours ? order_spam_local : order_spam_remote,
		&s, &hit) == -1)
		return -1;
	if (hater)
		return !hit.found || !rhs_is(hit.value, "HATER");
	return hit.found && rhs_is(hit.value, "FRIEND");
}

/*
 * The sender, then the client, whom an entry for the sender spares.  STEP_NEXT:
 * nothing against them.
 */
static enum step
delayed(struct rcpt *r)
{
	struct verdict v;
	enum step got;
	int spared;

	if ((r->j->features & FEATURE_DELAY) == 0)
		return STEP_NEXT;
	if ((spared = is_friend(r)) != 0)
		return spared == -1 ? STEP_ERROR : STEP_NEXT;
	got = judge_sender(r->j, r->q, r->q->recipient, &v);
	if (got == STEP_NEXT)
		got = judge_client(r->j, r->q, r->q->recipient, &v);
	if (got == STEP_DONE && v.kind == VERDICT_PASS)
		return STEP_NEXT;
	if (got == STEP_DONE)
		*r->v = v;
	return got;
}

/* --- the user --------------------------------------------------------------
 */

/* Somebody gets the mail: an alias, a mailbox.  1, 0, -1. */
static int
has_mailbox(struct rcpt *r)
{
	struct tables *t = r->j->look.t;
	char name[RULE_SIZE], *value = NULL;
	int got = route_alias(t, &r->target, &value, name);

	free(value);
	if (got != 0 || route_stand_in(r->target.user) != NULL)
		return got == -1 ? -1 : 1;
	if (!account_name(r->target.user))
		return 0;
	got = tables_load(t, t->mailboxes, r->target.user, &value, NULL);
	free(value);
	return got;
}

/* Nobody is told of users for a message that nobody will get.  1, 0, -1. */
static int
is_discarded(struct rcpt *r)
{
	struct verdict v = {.kind = VERDICT_PASS};

	if (r->q->discard || r->v->kind == VERDICT_DISCARD)
		return 1;
	if ((r->j->features & FEATURE_DELAY) != 0)
		return 0;
	switch (judge_client(r->j, r->q, NULL, &v)) {
	case STEP_ERROR:
		return -1;
	case STEP_DONE:
		if (v.kind == VERDICT_DISCARD)
			return 1;
		break;
	default:
		break;
	}
	if (judge_sender(r->j, r->q, NULL, &v) == STEP_ERROR)
		return -1;
	return v.kind == VERDICT_DISCARD;
}

static enum step
no_user(struct rcpt *r)
{
	struct verdict unknown;

	reply_text(&unknown, r->q->recipient, "550 5.1.1 User unknown",
	    "passwd:unknown");
	switch (is_discarded(r)) {
	case -1:
		return STEP_ERROR;
	case 0:
		*r->v = unknown;
		break;
	default:
		break;
	}
	return STEP_DONE;
}

/* STEP_NEXT: there is one, or it is another host's business. */
static enum step
user_exists(struct rcpt *r)
{
	int got;

	if (r->target.kind != TARGET_LOCAL)
		return STEP_NEXT;
	if ((got = has_mailbox(r)) != 0)
		return got == 1 ? STEP_NEXT : STEP_ERROR;
	switch (account_name(r->target.user)
		    ? r->j->account(r->target.user, r->j->arg)
		    : ACCOUNT_NO) {
	case ACCOUNT_YES:
		return STEP_NEXT;
	case ACCOUNT_PENDING:
		return STEP_PENDING;
	case ACCOUNT_ERROR:
		reply_text(r->v, NULL, REPLY_UNREADABLE, "passwd:unavailable");
		return STEP_DONE;
	default:
		return no_user(r);
	}
}

/* --- all together ----------------------------------------------------------
 */

/* Of the address and the client; STEP_NEXT: r->v is a verdict that lets it in.
 */
static enum step
check(struct rcpt *r)
{
	enum step got;

	if ((got = refused_by_route(r)) != STEP_NEXT ||
	    (got = parse(r)) != STEP_NEXT)
		return got;
	if ((got = blocked(r)) == STEP_NEXT) {
		got = relayed(r);
		if (got == STEP_DONE && r->v->kind != VERDICT_REPLY)
			got = delayed(r);
	}
	if (got == STEP_DONE && r->v->kind == VERDICT_HOLD)
		return STEP_NEXT;
	return got;
}

enum step
judge_rcpt(struct judge *j, const struct question *q, struct verdict *v)
{
	struct rcpt r; /* large: each step fills in what is its own */
	enum step got;

	r.j = j;
	r.q = q;
	r.v = v;
	if (*q->recipient == '\0') {
		reply_text(
		    v, q->recipient, addr_reply(ADDR_EMPTY), "address:syntax");
		return STEP_DONE;
	}
	if (route_one(j->look.t, q->recipient, true, &r.target) == -1)
		return STEP_ERROR;
	if ((got = check(&r)) == STEP_NEXT &&
	    (got = refused_at_last(&r)) == STEP_NEXT)
		got = user_exists(&r);
	target_free(&r.target);
	return got == STEP_NEXT ? STEP_DONE : got;
}
