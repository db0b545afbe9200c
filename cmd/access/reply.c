#include <stdio.h>
#include <string.h>

#include "glue.h"
#include "reply.h"

static const char *const words[] = {
    [VERDICT_PASS] = "DUNNO",
    [VERDICT_RELAY] = "OK",
    [VERDICT_DISCARD] = "DISCARD",
    [VERDICT_HOLD] = "HOLD ",
    [VERDICT_REPLY] = "",
};

/* An answer is one line: what could end it is left out. */
static void
mask(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

void
reply(struct verdict *v, enum verdict_kind kind, const char *text,
    const char *rule)
{
	v->kind = kind;
	glue(v->action, sizeof(v->action), words[kind], text, NULL);
	glue(v->rule, sizeof(v->rule), rule, NULL);
	mask(v->action);
	mask(v->rule);
}

void
reply_error(struct verdict *v, const char *address, const struct rhs *error,
    const char *rule)
{
	char text[ACTION_SIZE], prefix[ADDR_SIZE + 8] = "";

	if (address != NULL && rhs_is_prefixed(error->code))
		snprintf(prefix, sizeof(prefix), "<%.1024s>... ", address);
	snprintf(text, sizeof(text), "%s %s %s%s", error->code, error->status,
	    prefix, error->text);
	reply(v, VERDICT_REPLY, text, rule);
}

void
reply_text(
    struct verdict *v, const char *address, const char *text, const char *rule)
{
	struct rhs error;

	rhs_reply(text, &error);
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
		reply(v, VERDICT_PASS, "", hit->rule);
		break;
	case RHS_REJECT:
		reply_text(v, address, reject, hit->rule);
		break;
	case RHS_DISCARD:
		reply(v, VERDICT_DISCARD, "", hit->rule);
		break;
	case RHS_QUARANTINE:
		reply(v, VERDICT_HOLD, rhs.text, hit->rule);
		break;
	case RHS_ERROR:
		reply_error(v, address, &rhs, hit->rule);
		break;
	}
}
