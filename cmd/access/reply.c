#include <stdio.h>
#include <string.h>

#include "reply.h"

/* The reply is one line: what does not fit or could end it is left out. */
static void
put(struct verdict *v, const char *action, const char *text, const char *rule)
{
	char *p;

	snprintf(v->action, sizeof(v->action), "%s%s%s", action,
	    *text != '\0' ? " " : "", text);
	for (p = v->action; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	strlcpy(v->rule, rule, sizeof(v->rule));
	for (p = v->rule; *p != '\0'; p++)
		if (*p == '\n')
			*p = '?';
}

void
reply_pass(struct verdict *v)
{
	put(v, "DUNNO", "", "");
}

void
reply_relay(struct verdict *v, const char *rule)
{
	put(v, "OK", "", rule);
}

void
reply_error(struct verdict *v, const char *address, const struct rhs *error,
    const char *rule)
{
	char start[ADDR_SIZE + 64];

	if (address != NULL && rhs_is_prefixed(error->code))
		snprintf(start, sizeof(start), "%s %s <%.1024s>...",
		    error->code, error->status, address);
	else
		snprintf(
		    start, sizeof(start), "%s %s", error->code, error->status);
	put(v, start, error->text, rule);
}

void
reply_text(
    struct verdict *v, const char *address, const char *text, const char *rule)
{
	struct rhs error = {.kind = RHS_ERROR};
	const char *status = strchr(text, ' ') + 1;
	const char *rest = strchr(status, ' ') + 1;

	snprintf(error.code, sizeof(error.code), "%.3s", text);
	snprintf(error.status, sizeof(error.status), "%.*s",
	    (int)(rest - status - 1), status);
	strlcpy(error.text, rest, sizeof(error.text));
	reply_error(v, address, &error, rule);
}

void
reply_entry(struct verdict *v, const struct hit *hit, const char *address,
    const char *reject)
{
	struct rhs rhs;

	rhs_parse(hit->value, &rhs);
	switch (rhs.kind) {
	case RHS_OK:
	case RHS_RELAY:
		put(v, "DUNNO", "", hit->rule);
		break;
	case RHS_REJECT:
		reply_text(v, address, reject, hit->rule);
		break;
	case RHS_DISCARD:
		put(v, "DISCARD", "", hit->rule);
		break;
	case RHS_QUARANTINE:
		put(v, "HOLD", rhs.text, hit->rule);
		break;
	case RHS_ERROR:
		reply_error(v, address, &rhs, hit->rule);
		break;
	}
}
