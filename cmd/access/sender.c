/*
 * sender - sendmail's check_mail: may mail come from this address?
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "order.h"
#include "reply.h"
#include "stages.h"

#define MOVED ".REDIRECT"

static int
nothing_local(const char *domain, void *arg)
{
	(void)domain;
	(void)arg;
	return 0;
}

/* A sender's domain that is only another name for whoever says it. */
static bool
is_loopback(const char *domain, const char *me)
{
	static const char *const names[] = {"localhost", "localhost.uucp",
	    "[127.0.0.1]", "[ipv6:::1]", "[ipv6:0:0:0:0:0:0:0:1]"};
	const char *dot = strchr(me, '.');
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(domain, names[i]) == 0)
			return true;
	return dot != NULL && strncasecmp(domain, "localhost", 9) == 0 &&
	       strcasecmp(domain + 9, dot) == 0;
}

/* Replies name an address without its quotes. */
static void
bare(char *local)
{
	char *to = local;

	for (; *local != '\0'; local++)
		if (*local != '"' && *local != '\\')
			*to++ = *local;
	*to = '\0';
}

/*
 * As it is written; at RCPT sendmail sees what it has made of it by then, so
 * that localhost is this host.
 */
static bool
claims_loopback(
    struct judge *j, const struct question *q, const struct addr *canonical)
{
	static const struct addr_world plain = {
	    "localhost", nothing_local, NULL, NULL};
	struct addr a = *canonical;

	if ((j->features & FEATURE_UNQUALIFIED) != 0)
		return false;
	if (q->stage == STAGE_MAIL &&
	    addr_canon(q->sender, &plain, &a) != ADDR_OK)
		return false;
	return is_loopback(a.domain, j->look.t->me) && *q->name != '\0' &&
	       tables_local(j->look.t, q->name) == NULL;
}

/* What DNS says of the domain counts where no entry does. */
static enum step
domain_exists(struct judge *j, const struct addr *a, const char *text,
    const char *prefix, struct verdict *v)
{
	size_t len = strlen(a->domain);
	char reply_line[ADDR_SIZE * 3];
	bool missing = true;

	if (strcasecmp(a->domain, j->look.t->me) == 0 ||
	    (len >= sizeof(MOVED) &&
		strcasecmp(a->domain + len - strlen(MOVED), MOVED) == 0) ||
	    (j->features & FEATURE_UNRESOLVABLE) != 0)
		return STEP_NEXT;
	switch (j->domain(a->domain, j->arg)) {
	case DOMAIN_YES:
		return STEP_NEXT;
	case DOMAIN_PENDING:
		return STEP_PENDING;
	case DOMAIN_ERROR:
		missing = false;
		break;
	default:
		break;
	}
	snprintf(reply_line, sizeof(reply_line),
	    "%s Domain of sender address %s %s",
	    missing ? "553 5.1.8" : "451 4.1.8", text,
	    missing ? "does not exist" : "does not resolve");
	reply_text(v, prefix, reply_line, "dns:sender");
	return STEP_DONE;
}

/* Nobody from outside is one of our users. */
static enum step
has_domain(struct judge *j, const struct question *q, const char *text,
    const char *prefix, struct verdict *v)
{
	char reply_line[ADDR_SIZE * 3];

	if ((j->features & FEATURE_UNQUALIFIED) != 0 || q->family == 0)
		return STEP_NEXT;
	snprintf(reply_line, sizeof(reply_line),
	    "553 5.5.4 Domain name required for sender address %s", text);
	reply_text(v, prefix, reply_line, "sender:unqualified");
	return STEP_DONE;
}

enum step
judge_sender_syntax(
    struct judge *j, const struct question *q, struct verdict *v)
{
	enum addr_fault fault;
	struct addr a;

	if (*q->sender == '\0')
		return STEP_NEXT;
	fault = addr_canon(q->sender, &j->look.t->world, &a);
	if (fault == ADDR_TEMP)
		return STEP_ERROR;
	if (fault == ADDR_OK)
		return STEP_NEXT;
	reply_text(v, q->sender, addr_reply(fault), "address:syntax");
	return STEP_DONE;
}

enum step
judge_sender(struct judge *j, const struct question *q, const char *prefix,
    struct verdict *v)
{
	char text[ADDR_SIZE * 2];
	enum step got = judge_sender_syntax(j, q, v);
	struct subject s = {.family = 0};
	struct hit hit;
	struct addr a;

	if (got != STEP_NEXT || *q->sender == '\0')
		return got;
	(void)addr_canon(q->sender, &j->look.t->world, &a);
	if (claims_loopback(j, q, &a)) {
		reply_text(v, prefix,
		    "553 5.5.4 Real domain name required for sender address",
		    "sender:loopback");
		return STEP_DONE;
	}
	addr_dequote(a.local);
	s.name = a.domain;
	s.local = a.local;
	if (look_list(&j->look, order_sender, &s, &hit) == -1)
		return STEP_ERROR;
	if (hit.found) {
		reply_entry(v, &hit, prefix, "550 5.7.1 Access denied");
		return STEP_DONE;
	}
	bare(a.local);
	addr_join(text, sizeof(text), a.local, a.domain);
	return *a.domain == '\0' ? has_domain(j, q, text, prefix, v)
				 : domain_exists(j, &a, text, prefix, v);
}
