/*
 * client - sendmail's check_relay: may this host talk to us?
 */
#include <stdio.h>

#include "limits.h"
#include "order.h"
#include "reply.h"
#include "stages.h"

/* require_rdns: a name, and one that leads back. */
static enum step
has_name(struct judge *j, const struct question *q, const char *prefix,
    struct verdict *v)
{
	const char *before, *after = "";
	char text[256];

	if ((j->features & FEATURE_RDNS) == 0 || q->family == 0 ||
	    class_prefix(j->look.t->relay, q->key) != NULL)
		return STEP_NEXT;
	switch (q->resolve) {
	case CLIENT_FAIL:
		before = "550 5.7.1 Fix reverse DNS for";
		break;
	case CLIENT_TEMP:
		before = "451 4.1.8 Client IP address";
		after = " does not resolve";
		break;
	case CLIENT_FORGED:
		before = "451 4.1.8 Possibly forged hostname for";
		break;
	default:
		return STEP_NEXT;
	}
	snprintf(text, sizeof(text), "%s %s%s", before, q->key, after);
	reply_text(v, prefix, text, "require_rdns:client");
	return STEP_DONE;
}

enum step
judge_client(struct judge *j, const struct question *q, const char *prefix,
    struct verdict *v)
{
	struct subject s = {.name = q->name,
	    .address = q->key,
	    .family = q->family,
	    .net = &q->address};
	struct hit hit;
	int got;

	if (look_list(&j->look, order_client, &s, &hit) == -1)
		return STEP_ERROR;
	if (hit.found) {
		reply_entry(v, &hit, prefix, "550 5.7.1 Access denied");
		return STEP_DONE;
	}
	if (j->limits != NULL &&
	    (got = limits_judge(j->limits, false, &j->look, q, v)) != 0)
		return got == 1 ? STEP_DONE : STEP_ERROR;
	return has_name(j, q, prefix, v);
}
