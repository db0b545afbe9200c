/*
 * What stands behind the address of MAIL and RCPT.
 */
#include <stdlib.h>
#include <string.h>

#include "dsn.h"
#include "engine.h"

/*
 * Each takes its value (NULL if there is none) and returns NULL or the reply
 * that refuses it.
 */
/* RFC 1870 */
static const char *
size_parameter(struct session *s, const char *value)
{
	const uint64_t limit = s->config->databytes;

	if (value == NULL || value[strspn(value, "0123456789")] != '\0' ||
	    strlen(value) > 20)
		return "501 5.5.4 SIZE needs a number";
	s->declared = strtoull(value, NULL, 10); /* at worst the largest */
	if (limit > 0 && s->declared > limit)
		return "552 5.3.4 Message too large";
	return NULL;
}

/* RFC 6152 */
static const char *
body_parameter(struct session *s, const char *value)
{
	if (value == NULL)
		return "501 5.5.4 BODY needs a value";
	s->eightbit = strcasecmp(value, "8BITMIME") == 0;
	if (!s->eightbit && strcasecmp(value, "7BIT") != 0)
		return "555 5.5.4 Unsupported BODY";
	return NULL;
}

/* RFC 6531 */
static const char *
smtputf8_parameter(struct session *s, const char *value)
{
	if (value != NULL)
		return "501 5.5.4 SMTPUTF8 takes no value";
	s->smtputf8 = true;
	return NULL;
}

static void
keep(char **place, const char *value)
{
	free(*place);
	*place = strdup(value);
}

/* RFC 3461 */
static const char *
ret_parameter(struct session *s, const char *value)
{
	if (value == NULL || !dsn_is_ret(value))
		return "501 5.5.4 RET is FULL or HDRS";
	keep(&s->ret, value);
	return NULL;
}

static const char *
envid_parameter(struct session *s, const char *value)
{
	if (value == NULL || !dsn_is_envid(value))
		return "501 5.5.4 ENVID needs up to 100 characters of xtext";
	keep(&s->envid, value);
	return NULL;
}

static const char *
notify_parameter(struct session *s, const char *value)
{
	unsigned bits;

	if (value == NULL || dsn_notify(value, &bits) == -1)
		return "501 5.5.4 NOTIFY is NEVER, or SUCCESS,FAILURE,DELAY";
	keep(&s->notify, value);
	return NULL;
}

static const char *
orcpt_parameter(struct session *s, const char *value)
{
	if (value == NULL || !dsn_is_orcpt(value))
		return "501 5.5.4 ORCPT needs a type and xtext";
	keep(&s->orcpt, value);
	return NULL;
}

static const struct parameter {
	const char *verb;
	const char *keyword;
	const char *(*take)(struct session *, const char *value);
} parameters[] = {
    {"MAIL", "SIZE", size_parameter},
    {"MAIL", "BODY", body_parameter},
    {"MAIL", "SMTPUTF8", smtputf8_parameter},
    {"MAIL", "RET", ret_parameter},
    {"MAIL", "ENVID", envid_parameter},
    {"RCPT", "NOTIFY", notify_parameter},
    {"RCPT", "ORCPT", orcpt_parameter},
};
#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static const char *
take_parameter(struct session *s, const char *verb, const char *keyword,
    const char *value, unsigned *seen)
{
	const struct parameter *p;
	size_t i;

	for (i = 0; i < PARAMETERS; i++) {
		p = &parameters[i];
		if (strcmp(p->verb, verb) != 0 ||
		    strcasecmp(p->keyword, keyword) != 0)
			continue;
		if ((*seen & (1u << i)) != 0)
			return "501 5.5.4 Parameter given twice";
		*seen |= 1u << i;
		return p->take(s, value);
	}
	return "555 5.5.4 Unknown parameter";
}

void
parameters_forget(struct session *s)
{
	free(s->notify);
	free(s->orcpt);
	s->notify = s->orcpt = NULL;
}

const char *
parameters_take(struct session *s, const char *verb, char *rest)
{
	const char *wrong;
	char *keyword, *value;
	unsigned seen = 0;
	int got;

	parameters_forget(s);
	while ((got = path_parameter(&rest, &keyword, &value)) == 1)
		if ((wrong = take_parameter(s, verb, keyword, value, &seen)) !=
		    NULL)
			return wrong;
	return got == -1 ? "501 5.5.4 Malformed parameter" : NULL;
}

int
parameters_keep(struct session *s)
{
	if (s->notify != NULL &&
	    record_add(&s->envelope, "notify", s->notify) == -1)
		return -1;
	if (s->orcpt != NULL &&
	    record_add(&s->envelope, "orcpt", s->orcpt) == -1)
		return -1;
	return 0;
}
