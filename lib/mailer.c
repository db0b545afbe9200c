#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mailer.h"

static const struct {
	const char *name;
	enum mailer_kind kind;
} mailers[] = {
    {"smtp", MAILER_SMTP},
    {"esmtp", MAILER_SMTP},
    {"smtp8", MAILER_SMTP},
    {"dsmtp", MAILER_SMTP},
    {"relay", MAILER_SMTP},
    {"local", MAILER_LOCAL},
    {"error", MAILER_ERROR},
    {"discard", MAILER_DISCARD},
};

static const char *
past_name(const char *p)
{
	while (
	    isalnum((unsigned char)*p) || *p == '-' || *p == '_' || *p == '.')
		p++;
	return p;
}

static const char *
past_bracket(const char *p)
{
	const char *start = ++p;

	while (isalnum((unsigned char)*p) || strchr("-_.:%", *p) != NULL) {
		if (*p == '\0')
			return NULL;
		p++;
	}
	return *p == ']' && p > start ? p + 1 : NULL;
}

/* Past the first host of a list, or NULL. */
static const char *
past_host(const char *p)
{
	const char *end = *p == '[' ? past_bracket(p) : past_name(p);

	return end == p ? NULL : end;
}

/* Past ":port" at p, or p if there is none. */
static const char *
past_port(const char *p)
{
	size_t len = *p == ':' ? strspn(p + 1, "0123456789") : 0;

	if (len == 0 || len > 5 || (p[1 + len] != '\0' && p[1 + len] != ':'))
		return p;
	return p + 1 + len;
}

bool
mailer_is_host(const char *text)
{
	const char *end = past_host(text);

	return end != NULL && *past_port(end) == '\0';
}

/*
 * sendmail takes all that colons part for hosts to be tried in turn; here a
 * number behind a host is its port.
 */
bool
mailer_is_list(const char *text)
{
	const char *end;

	for (;; text = end + 1) {
		if ((end = past_host(text)) == NULL)
			return false;
		end = past_port(end);
		if (*end == '\0')
			return true;
		if (*end != ':')
			return false;
	}
}

static void
wrong(struct mailer *m, const char *text)
{
	m->kind = MAILER_ERROR;
	rhs_error(text, &m->error);
}

/* As an address is read: blanks within become dots. */
static void
set_host(struct mailer *m, const char *text)
{
	char *to = m->host;
	const char *end = m->host + sizeof(m->host) - 1;

	for (; *text != '\0' && to < end; text++) {
		if (*text != ' ' && *text != '\t')
			*to++ = *text;
		else if (to > m->host && to[-1] != '.')
			*to++ = '.';
	}
	*to = '\0';
	addr_fold(m->host);
}

static void
smtp(struct mailer *m, const char *text)
{
	const char *at = strrchr(text, '@');

	if (at != NULL) {
		strlcpy(m->user, text, sizeof(m->user));
		text = at + 1;
	}
	set_host(m, text);
	if (!mailer_is_list(m->host))
		wrong(m, "554 5.3.5 mailertable: no valid host name");
}

static void
use(struct mailer *m, const char *name, const char *text)
{
	char message[128];
	size_t i, count = sizeof(mailers) / sizeof(mailers[0]);

	strlcpy(m->name, name, sizeof(m->name));
	addr_fold(m->name);
	for (i = 0; i < count && strcmp(mailers[i].name, m->name) != 0; i++)
		;
	if (i == count) {
		strlcpy(m->host, text, sizeof(m->host));
		snprintf(message, sizeof(message),
		    "554 5.3.5 unknown mailer %.64s", name);
		wrong(m, message);
		return;
	}
	m->kind = mailers[i].kind;
	if (m->kind == MAILER_SMTP)
		smtp(m, text);
	else if (m->kind == MAILER_LOCAL)
		strlcpy(m->user, text, sizeof(m->user));
	else if (m->kind == MAILER_ERROR)
		rhs_keyword_error(text, ':', &m->error);
}

/* "mailer:rest".  false: no colon, as if the entry were not there. */
static bool
apply(struct mailer *m, char *value, const char *const args[4])
{
	char text[ADDR_SIZE], *colon, *rest;
	size_t len = strlen(value);

	while (len > 0 && strchr(" \t\r\v\f", value[len - 1]) != NULL)
		value[--len] = '\0';
	if ((colon = strchr(value, ':')) == NULL || *value == '[')
		return false;
	*colon = '\0';
	rest = colon + 1 + strspn(colon + 1, " \t");
	value[strcspn(value, " \t")] = '\0';
	if (rhs_expand(rest, args, text, sizeof(text)))
		use(m, value, text);
	else
		wrong(m, "554 5.3.5 mailertable: entry too long");
	return true;
}

/*
 * Look key up.  before is what stands in front of it in the domain: %1, and its
 * last label %2.
 */
static bool
ask(struct tables *t, const char *key, const char *before, struct mailer *m,
    char rule[RULE_SIZE])
{
	char value[MAP_VALUE];
	const char *args[4] = {key, before, NULL, NULL};
	int got = tables_find(t, t->mailertable, key, value, rule);

	if (got == -1)
		m->kind = MAILER_TEMP;
	if (got != 1)
		return got == -1;
	if (before != NULL) {
		args[2] = strrchr(before, '.');
		args[2] = args[2] != NULL ? args[2] + 1 : before;
	}
	return apply(m, value, args);
}

void
mailer_find(struct tables *t, const char *domain, struct mailer *m,
    char rule[RULE_SIZE])
{
	char before[ADDR_SIZE];
	const char *dot;

	memset(m, 0, sizeof(*m));
	strlcpy(m->name, "esmtp", sizeof(m->name));
	if (ask(t, domain, NULL, m, rule))
		return;
	for (dot = strchr(domain, '.'); dot != NULL;
	     dot = strchr(dot + 1, '.')) {
		snprintf(before, sizeof(before), "%.*s", (int)(dot - domain),
		    domain);
		if (ask(t, dot, before, m, rule))
			return;
	}
	ask(t, ".", domain, m, rule);
}
