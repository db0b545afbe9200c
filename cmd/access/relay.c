/*
 * relay - may mail for this address be taken from this client?
 *
 * sendmail's Rcpt_ok and Relay_ok.  The steps at the end, in their order, are
 * the whole decision.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "glue.h"
#include "order.h"
#include "reply.h"
#include "stages.h"

/* What the steps decide about. */
struct relay {
	struct judge *j;
	const struct question *q;
	const struct addr *rcpt;
	struct verdict *v;
};

static bool
has_feature(const struct relay *r, unsigned feature)
{
	return (r->j->features & feature) != 0;
}

static enum step
decide(
    struct relay *r, enum verdict_kind kind, const char *table, const char *key)
{
	char rule[RULE_SIZE];

	glue(rule, sizeof(rule), table, ":", key, NULL);
	reply(r->v, kind, "", rule);
	return STEP_DONE;
}

static enum step
grant(struct relay *r, const char *table, const char *key)
{
	return decide(r, VERDICT_RELAY, table, key);
}

static enum step
deny(struct relay *r, const char *text)
{
	reply_text(r->v, r->q->recipient, text, "default:relay");
	return STEP_DONE;
}

/* The first entry counts: it grants relaying only if it says RELAY. */
static enum step
grant_if_relay(
    struct relay *r, const struct look_step *order, const struct subject *s)
{
	struct hit hit;

	if (look_list(&r->j->look, order, s, &hit) == -1)
		return STEP_ERROR;
	if (!hit.found || !rhs_is(hit.value, "RELAY"))
		return STEP_NEXT;
	reply(r->v, VERDICT_RELAY, "", hit.rule);
	return STEP_DONE;
}

/* relay_entire_domain: this host's own domain, the m in sendmail's class m. */
static bool
in_own_domain(const struct relay *r, const char *name)
{
	const char *dot = strchr(r->j->look.t->me, '.');
	size_t len = strlen(name), own;

	if (!has_feature(r, FEATURE_ENTIRE) || dot == NULL)
		return false;
	own = strlen(dot);
	if (strcasecmp(name, dot + 1) == 0)
		return true;
	return len > own && strcasecmp(name + len - own, dot) == 0;
}

/* A word of relay-domains that a name ends in, or is (relay_hosts_only). */
static const char *
relay_word(struct relay *r, const char *name)
{
	struct tables *t = r->j->look.t;
	const char *hit = has_feature(r, FEATURE_HOSTS_ONLY)
			      ? class_has(t->relay, name)
			      : class_suffix(t->relay, name);

	tables_trace_class(t, t->relay, name, hit);
	return hit;
}

/* --- what the recipient alone may decide -----------------------------------
 */

static enum step
domain_is_ours(struct relay *r)
{
	const char *hit = NULL;

	if (*r->rcpt->domain != '\0')
		hit = tables_local(r->j->look.t, r->rcpt->domain);
	return hit == NULL ? STEP_NEXT
			   : decide(r, VERDICT_PASS, "local-host-names", hit);
}

static enum step
domain_is_next_to_us(struct relay *r)
{
	return in_own_domain(r, r->rcpt->domain)
		   ? grant(r, "relay_entire_domain", r->rcpt->domain)
		   : STEP_NEXT;
}

static enum step
domain_is_relayed(struct relay *r)
{
	const char *hit = relay_word(r, r->rcpt->domain);

	return hit == NULL ? STEP_NEXT : grant(r, "relay-domains", hit);
}

static enum step
at_domain_says_relay(struct relay *r)
{
	struct subject s = {.name = r->rcpt->domain};

	return grant_if_relay(r, order_to_at, &s);
}

static enum step
domain_says_relay(struct relay *r)
{
	struct subject s = {.name = r->rcpt->domain};

	return grant_if_relay(r,
	    has_feature(r, FEATURE_HOSTS_ONLY) ? order_to_host : order_to, &s);
}

static enum step
address_says_relay(struct relay *r)
{
	struct subject s = {.name = r->rcpt->domain, .local = r->rcpt->local};

	if (!has_feature(r, FEATURE_FULL_ADDRESS))
		return domain_says_relay(r);
	return grant_if_relay(r,
	    has_feature(r, FEATURE_HOSTS_ONLY) ? order_to_full_host
					       : order_to_address,
	    &s);
}

static enum step
there_is_no_domain(struct relay *r)
{
	return *r->rcpt->domain == '\0'
		   ? decide(r, VERDICT_PASS, "recipient", "unqualified")
		   : STEP_NEXT;
}

/* --- what the client and the sender may decide -----------------------------
 */

static enum step
client_is_this_host(struct relay *r)
{
	return r->q->loopback ? grant(r, "client", r->q->plain) : STEP_NEXT;
}

static enum step
client_is_relayed(struct relay *r)
{
	struct tables *t = r->j->look.t;
	const char *hit = class_prefix(t->relay, r->q->key);

	tables_trace_class(t, t->relay, r->q->key, hit);
	return hit == NULL ? STEP_NEXT : grant(r, "relay-domains", hit);
}

static enum step
client_says_relay(struct relay *r)
{
	struct subject s = {.address = r->q->key,
	    .family = r->q->family,
	    .net = &r->q->address};

	return grant_if_relay(r, order_client_address, &s);
}

static enum step
client_is_ours(struct relay *r)
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

/* Only where a feature says so: a sender is whatever the sender says. */
static enum step
sender_says_relay(struct relay *r)
{
	const struct look_step *order = order_from;
	enum step got = STEP_NEXT;
	struct subject s = {.family = 0};
	const char *hit;
	struct addr a;

	if (!has_feature(r, FEATURE_LOCAL_FROM | FEATURE_MAIL_FROM) ||
	    *r->q->sender == '\0' ||
	    addr_canon(r->q->sender, &r->j->look.t->world, &a) != ADDR_OK)
		return STEP_NEXT;
	if (has_feature(r, FEATURE_LOCAL_FROM) && *a.domain != '\0' &&
	    (hit = tables_local(r->j->look.t, a.domain)) != NULL)
		return grant(r, "local-host-names", hit);
	addr_dequote(a.local);
	s.name = a.domain;
	s.local = a.local;
	if (has_feature(r, FEATURE_FROM_DOMAIN))
		order = has_feature(r, FEATURE_HOSTS_ONLY) ? order_from_host
							   : order_from_domain;
	if (has_feature(r, FEATURE_MAIL_FROM))
		got = grant_if_relay(r, order, &s);
	if (got == STEP_NEXT && has_feature(r, FEATURE_FROM_USER))
		got = grant_if_relay(r, order_from_user, &s);
	return got;
}

/* From here on the client's name counts, so it must have one. */
static enum step
client_has_no_name(struct relay *r)
{
	const char *why, *open = "[", *close = "]";
	char text[256];

	if (r->q->family == 0)
		return STEP_NEXT;
	switch (r->q->resolve) {
	case CLIENT_TEMP:
		why = "450 4.4.0 Relaying temporarily denied. "
		      "Cannot resolve PTR record for";
		open = close = "";
		break;
	case CLIENT_FORGED:
		why = "550 5.7.1 Relaying denied. IP name possibly forged";
		break;
	case CLIENT_FAIL:
		why = "550 5.7.1 Relaying denied. IP name lookup failed";
		break;
	default:
		return STEP_NEXT;
	}
	snprintf(text, sizeof(text), "%s %s%s%s", why, open, r->q->key, close);
	return deny(r, text);
}

static enum step
name_is_ours(struct relay *r)
{
	const char *hit =
	    r->q->verified ? tables_local(r->j->look.t, r->q->name) : NULL;

	return hit == NULL ? STEP_NEXT : grant(r, "local-host-names", hit);
}

static enum step
name_is_next_to_us(struct relay *r)
{
	return r->q->verified && in_own_domain(r, r->q->name)
		   ? grant(r, "relay_entire_domain", r->q->name)
		   : STEP_NEXT;
}

static enum step
name_is_relayed(struct relay *r)
{
	const char *hit = r->q->verified ? relay_word(r, r->q->name) : NULL;

	return hit == NULL ? STEP_NEXT : grant(r, "relay-domains", hit);
}

static enum step
name_says_relay(struct relay *r)
{
	struct subject s = {.name = r->q->name};

	if (!r->q->verified)
		return STEP_NEXT;
	return grant_if_relay(r,
	    has_feature(r, FEATURE_HOSTS_ONLY) ? order_client_host
					       : order_client_name,
	    &s);
}

static enum step
nothing_grants_it(struct relay *r)
{
	return deny(r, "550 5.7.1 Relaying denied");
}

/* --- the order -------------------------------------------------------------
 */

typedef enum step relay_step(struct relay *);

/* The first that is done decides. */
static relay_step *const all_steps[] = {
    domain_is_ours,
    domain_is_next_to_us,
    domain_is_relayed,
    at_domain_says_relay,
    address_says_relay,
    there_is_no_domain,
    client_is_this_host,
    client_is_relayed,
    client_says_relay,
    client_is_ours,
    sender_says_relay,
    client_has_no_name,
    name_is_next_to_us,
    name_is_ours,
    name_is_relayed,
    name_says_relay,
    nothing_grants_it,
    NULL,
};

/* What unwraps user%host@domain: the domain is one that we relay for. */
static relay_step *const domain_steps[] = {
    domain_is_next_to_us,
    domain_is_relayed,
    at_domain_says_relay,
    domain_says_relay,
    NULL,
};

static enum step
walk(struct relay *r, relay_step *const *step)
{
	enum step got = STEP_NEXT;

	for (; got == STEP_NEXT && *step != NULL; step++)
		got = (*step)(r);
	return got;
}

enum step
judge_relay(struct judge *j, const struct question *q, const struct addr *rcpt,
    struct verdict *v)
{
	struct relay r = {.j = j, .q = q, .rcpt = rcpt, .v = v};

	return walk(&r, all_steps);
}

enum step
judge_domain(struct judge *j, const struct addr *rcpt, struct verdict *v)
{
	struct relay r = {.j = j, .rcpt = rcpt, .v = v};

	return walk(&r, domain_steps);
}
