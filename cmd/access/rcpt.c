#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "rcpt.h"
#include "reply.h"
#include "route_one.h"

#define NESTED_MOST 50 /* addresses within each other */

/* 4.3: user@ counts only where users are ours. */
static const struct look_step local_steps[] = {
    {LOOK_FULL, "to:", true},
    {LOOK_USER, "to:", true},
    {LOOK_AT, "to:", true},
    {LOOK_DOMAIN, "to:", true},
    {0, NULL, false},
};

static const struct look_step remote_steps[] = {
    {LOOK_FULL, "to:", true},
    {LOOK_AT, "to:", true},
    {LOOK_DOMAIN, "to:", true},
    {0, NULL, false},
};

/* What the steps below decide about. */
struct relay {
	struct judge *j;
	const struct question *q;
	struct verdict *v;
	struct addr rcpt; /* canonical */
};

enum step {
	STEP_ERROR = -1,
	STEP_NEXT,
	STEP_DONE /* the verdict stands */
};

static enum step
pass(struct relay *r)
{
	reply_pass(r->v);
	return STEP_DONE;
}

static enum step
grant(struct relay *r, const char *table, const char *key)
{
	char rule[RULE_SIZE];

	snprintf(rule, sizeof(rule), "%s:%s", table, key);
	reply_relay(r->v, rule);
	return STEP_DONE;
}

static enum step
deny(struct relay *r, const char *text)
{
	reply_text(r->v, r->q->recipient, text, "default:relay");
	return STEP_DONE;
}

/* What was found grants relaying only if it says RELAY. */
static enum step
grant_hit(struct relay *r, const struct hit *hit)
{
	struct rhs rhs;

	if (!hit->found)
		return STEP_NEXT;
	rhs_parse(hit->value, &rhs);
	if (rhs.kind != RHS_RELAY)
		return STEP_NEXT;
	reply_relay(r->v, hit->rule);
	return STEP_DONE;
}

static enum step
grant_if_relay(
    struct relay *r, const struct look_step *step, const struct subject *s)
{
	struct hit hit;

	if (look_up(&r->j->look, step, s, &hit) == -1)
		return STEP_ERROR;
	return grant_hit(r, &hit);
}

static enum step
domain_is_ours(struct relay *r)
{
	if (*r->rcpt.domain == '\0' ||
	    tables_local(r->j->look.t, r->rcpt.domain) == NULL)
		return STEP_NEXT;
	return pass(r);
}

static enum step
domain_is_relayed(struct relay *r)
{
	struct tables *t = r->j->look.t;
	const char *hit = class_suffix(t->relay, r->rcpt.domain);

	tables_trace_class(t, t->relay, r->rcpt.domain, hit);
	return hit == NULL ? STEP_NEXT : grant(r, "relay-domains", hit);
}

static enum step
at_domain_says_relay(struct relay *r)
{
	static const struct look_step step = {LOOK_AT, "to:", true};
	struct subject s = {.name = r->rcpt.domain};

	return grant_if_relay(r, &step, &s);
}

static enum step
to_domain_says_relay(struct relay *r)
{
	static const struct look_step step = {LOOK_DOMAIN, "to:", true};
	struct subject s = {.name = r->rcpt.domain};

	return grant_if_relay(r, &step, &s);
}

static enum step
there_is_no_domain(struct relay *r)
{
	return *r->rcpt.domain == '\0' ? pass(r) : STEP_NEXT;
}

static enum step
client_is_this_host(struct relay *r)
{
	if (!r->q->loopback)
		return STEP_NEXT;
	return grant(r, "client", r->q->plain);
}

static enum step
address_is_relayed(struct relay *r)
{
	struct tables *t = r->j->look.t;
	const char *hit = class_prefix(t->relay, r->q->key);

	tables_trace_class(t, t->relay, r->q->key, hit);
	return hit == NULL ? STEP_NEXT : grant(r, "relay-domains", hit);
}

/* The first entry counts: a more specific OK or REJECT grants nothing. */
static enum step
address_says_relay(struct relay *r)
{
	static const struct look_step steps[] = {
	    {LOOK_ADDRESS, "connect:", true},
	    {LOOK_NETWORK, "connect:", true},
	    {0, NULL, false},
	};
	struct subject s = {.address = r->q->key,
	    .family = r->q->family,
	    .net = &r->q->address};
	struct hit hit;

	if (look_list(&r->j->look, steps, &s, &hit) == -1)
		return STEP_ERROR;
	return grant_hit(r, &hit);
}

static enum step
address_is_ours(struct relay *r)
{
	char name[80];

	if (r->q->family == 0)
		return STEP_NEXT;
	snprintf(name, sizeof(name), "[%s]", r->q->key);
	if (tables_local(r->j->look.t, name) != NULL)
		return grant(r, "local-host-names", name);
	if (r->q->family != AF_INET6)
		return STEP_NEXT;
	snprintf(name, sizeof(name), "[ipv6:%s]", r->q->plain);
	if (tables_local(r->j->look.t, name) != NULL)
		return grant(r, "local-host-names", name);
	return STEP_NEXT;
}

/* Only with the control file relay-mail-from: a sender is easily forged. */
static enum step
sender_says_relay(struct relay *r)
{
	static const struct look_step steps[] = {
	    {LOOK_FULL, "from:", false},
	    {LOOK_USER, "from:", true},
	    {LOOK_AT, "from:", true},
	    {LOOK_DOMAIN, "from:", false},
	    {0, NULL, false},
	};
	struct subject s = {.family = 0};
	const struct look_step *step;
	enum step got = STEP_NEXT;
	struct addr a;

	if (!r->j->relay_mail_from || *r->q->sender == '\0')
		return STEP_NEXT;
	if (addr_canon(r->q->sender, &r->j->look.t->world, &a) != ADDR_OK)
		return STEP_NEXT;
	addr_dequote(a.local);
	s.name = a.domain;
	s.local = a.local;
	for (step = steps; step->tag != NULL && got == STEP_NEXT; step++)
		got = grant_if_relay(r, step, &s);
	return got;
}

/* From here on the client's name counts, so it must have one. */
static enum step
client_has_no_name(struct relay *r)
{
	char text[256];

	if (r->q->family == 0)
		return STEP_NEXT;
	switch (r->q->resolve) {
	case CLIENT_TEMP:
		snprintf(text, sizeof(text),
		    "450 4.4.0 Relaying temporarily denied. "
		    "Cannot resolve PTR record for %s",
		    r->q->key);
		return deny(r, text);
	case CLIENT_FORGED:
		snprintf(text, sizeof(text),
		    "550 5.7.1 Relaying denied. IP name possibly forged [%s]",
		    r->q->key);
		return deny(r, text);
	case CLIENT_FAIL:
		snprintf(text, sizeof(text),
		    "550 5.7.1 Relaying denied. IP name lookup failed [%s]",
		    r->q->key);
		return deny(r, text);
	default:
		return STEP_NEXT;
	}
}

static enum step
name_is_ours(struct relay *r)
{
	const char *hit =
	    r->q->verified ? tables_local(r->j->look.t, r->q->name) : NULL;

	return hit == NULL ? STEP_NEXT : grant(r, "local-host-names", hit);
}

static enum step
name_is_relayed(struct relay *r)
{
	struct tables *t = r->j->look.t;
	const char *hit = NULL;

	if (r->q->verified) {
		hit = class_suffix(t->relay, r->q->name);
		tables_trace_class(t, t->relay, r->q->name, hit);
	}
	return hit == NULL ? STEP_NEXT : grant(r, "relay-domains", hit);
}

static enum step
name_says_relay(struct relay *r)
{
	static const struct look_step step = {LOOK_DOMAIN, "connect:", true};
	struct subject s = {.name = r->q->name};

	return r->q->verified ? grant_if_relay(r, &step, &s) : STEP_NEXT;
}

static enum step
nothing_grants_it(struct relay *r)
{
	return deny(r, "550 5.7.1 Relaying denied");
}

/* 4.4: the first that is done decides. */
static enum step (*const relay_steps[])(struct relay *) = {
    domain_is_ours,
    domain_is_relayed,
    at_domain_says_relay,
    to_domain_says_relay,
    there_is_no_domain,
    client_is_this_host,
    address_is_relayed,
    address_says_relay,
    address_is_ours,
    sender_says_relay,
    client_has_no_name,
    name_is_ours,
    name_is_relayed,
    name_says_relay,
    nothing_grants_it,
};

static enum step
judge_relay(struct relay *r)
{
	enum step got = STEP_NEXT;
	size_t i;

	for (i = 0; got == STEP_NEXT &&
		    i < sizeof(relay_steps) / sizeof(relay_steps[0]);
	     i++)
		got = relay_steps[i](r);
	return got;
}

/* 4.3: may mail go to it at all? */
static enum step
judge_block(struct relay *r)
{
	struct subject s = {.name = r->rcpt.domain, .local = r->rcpt.local};
	bool ours = *r->rcpt.domain == '\0' ||
		    tables_local(r->j->look.t, r->rcpt.domain) != NULL;
	struct hit hit;
	struct rhs rhs;

	if (look_list(
		&r->j->look, ours ? local_steps : remote_steps, &s, &hit) == -1)
		return STEP_ERROR;
	if (!hit.found)
		return STEP_NEXT;
	rhs_parse(hit.value, &rhs);
	if (rhs.kind == RHS_OK || rhs.kind == RHS_RELAY)
		return STEP_NEXT;
	reply_entry(r->v, &hit, r->q->recipient,
	    "550 5.2.1 Mailbox disabled for this recipient");
	return STEP_DONE;
}

/* Every way in which a recipient's domain alone may grant relaying. */
static bool
domain_grants(struct relay *r)
{
	return domain_is_relayed(r) == STEP_DONE ||
	       at_domain_says_relay(r) == STEP_DONE ||
	       to_domain_says_relay(r) == STEP_DONE;
}

/*
 * ParseRecipient: a local part that holds a further address, at a domain that
 * we relay for, is that address; one that has no end is none.
 */
static enum addr_fault
parse(struct relay *r)
{
	const struct addr_world *world = &r->j->look.t->world;
	char text[ADDR_SIZE];
	enum addr_fault fault;
	struct verdict v;
	struct relay inner = *r;
	int i;

	fault = addr_canon(r->q->recipient, world, &r->rcpt);
	for (i = 0; fault == ADDR_OK && i < NESTED_MOST; i++) {
		addr_dequote(r->rcpt.local);
		if (!addr_is_nested(r->rcpt.local))
			break;
		inner.v = &v;
		inner.rcpt = r->rcpt;
		if (!domain_grants(&inner))
			break;
		strlcpy(text, r->rcpt.local, sizeof(text));
		fault = addr_canon(text, world, &r->rcpt);
	}
	return i == NESTED_MOST ? ADDR_ROUTE : fault;
}

/* Somebody gets the mail: an alias, a mailbox, an account. */
static int
is_known(struct relay *r, const struct target *target)
{
	struct tables *t = r->j->look.t;
	char name[RULE_SIZE], *value = NULL;
	int got = route_alias(t, target, &value, name);

	free(value);
	if (got != 0 || route_stand_in(target->user) != NULL)
		return got == -1 ? STEP_ERROR : 1;
	got = tables_load(t, t->mailboxes, target->user, &value, NULL);
	free(value);
	return got;
}

static int
judge_user(struct relay *r, const struct target *target)
{
	int got = is_known(r, target);

	if (got != 0)
		return got;
	switch (account_name(target->user)
		    ? r->j->account(target->user, r->j->arg)
		    : ACCOUNT_NO) {
	case ACCOUNT_YES:
		return 1;
	case ACCOUNT_PENDING:
		return 0;
	case ACCOUNT_ERROR:
		reply_text(r->v, NULL,
		    "451 4.3.0 Temporary system failure. "
		    "Please try again later.",
		    "passwd:unavailable");
		return 1;
	default:
		reply_text(r->v, r->q->recipient, "550 5.1.1 User unknown",
		    "passwd:unknown");
		return RCPT_UNKNOWN;
	}
}

static void
reply_target(struct relay *r, const struct target *target)
{
	struct rhs error = {.kind = RHS_ERROR};

	strlcpy(error.code, target->code, sizeof(error.code));
	strlcpy(error.status, target->status, sizeof(error.status));
	strlcpy(error.text, target->text, sizeof(error.text));
	reply_error(r->v, r->q->recipient, &error, target->rule);
}

/*
 * Errors of an address itself and of virtusertable and mailertable come before
 * any rule; that it names a program, a file or no host, after them all.
 */
static bool
is_late(const struct target *target)
{
	return strcmp(target->rule, "address:special") == 0 ||
	       strcmp(target->rule, "address:host") == 0;
}

static int
judge_target(struct relay *r, const struct target *target)
{
	enum addr_fault fault;
	enum step got;

	if (target->kind == TARGET_ERROR && !is_late(target)) {
		reply_target(r, target);
		return 1;
	}
	if ((fault = parse(r)) == ADDR_TEMP)
		return -1;
	if (fault != ADDR_OK) {
		reply_text(
		    r->v, r->q->recipient, addr_reply(fault), "address:syntax");
		return 1;
	}
	if ((got = judge_block(r)) != STEP_NEXT)
		return got == STEP_DONE ? 1 : -1;
	if (judge_relay(r) == STEP_ERROR)
		return -1;
	if (strncmp(r->v->action, "DUNNO", 5) != 0 &&
	    strncmp(r->v->action, "OK", 2) != 0)
		return 1;
	if (target->kind == TARGET_ERROR)
		reply_target(r, target);
	else if (target->kind == TARGET_LOCAL)
		return judge_user(r, target);
	return 1;
}

int
judge_rcpt(struct judge *j, const struct question *q, struct verdict *v)
{
	struct relay r = {.j = j, .q = q, .v = v};
	struct target target;
	int got;

	if (*q->recipient == '\0') {
		reply_text(
		    v, q->recipient, addr_reply(ADDR_EMPTY), "address:syntax");
		return 1;
	}
	if (route_one(j->look.t, q->recipient, true, &target) == -1)
		return -1;
	got = judge_target(&r, &target);
	target_free(&target);
	return got;
}
