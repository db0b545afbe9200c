#include "limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "reply.h"

static const struct look_step rate_steps[] = {
    {LOOK_ADDRESS, "clientrate:", false},
    {0, NULL, false},
};
static const struct look_step connection_steps[] = {
    {LOOK_ADDRESS, "clientconn:", false},
    {0, NULL, false},
};
static const struct look_step pause_steps[] = {
    {LOOK_DOMAIN, "greetpause:", false},
    {LOOK_ADDRESS, "greetpause:", false},
    {0, NULL, false},
};

/* --- control files -------------------------------------------------------- */

static const char *
take_word(struct limit *limit, const char *word)
{
	if (strcasecmp(word, "no") == 0)
		limit->on = false;
	else if (strcasecmp(word, "nodelay") == 0)
		limit->nodelay = true;
	else if (strcasecmp(word, "terminate") == 0)
		limit->terminate = true;
	else if (strcasecmp(word, "yes") != 0)
		return "neither yes, no, nodelay nor terminate";
	return NULL;
}

static const char *
take_words(const char *line, void *limit)
{
	char copy[CONF_LINE], *rest = copy, *word;
	const char *why;

	strlcpy(copy, line, sizeof(copy));
	while ((word = strsep(&rest, " \t,")) != NULL)
		if (*word != '\0' && (why = take_word(limit, word)) != NULL)
			return why;
	return NULL;
}

static void
read_limit(struct limit *limit, const char *dir, const char *name)
{
	memset(limit, 0, sizeof(*limit));
	limit->on = true;
	if (!conf_each(dir, name, take_words, limit))
		limit->on = false;
}

static const char *
take_pause(const char *line, void *arg)
{
	struct limits *l = arg;
	const char *wrong;

	if (strcasecmp(line, "no") == 0) {
		l->pauses = false;
		return NULL;
	}
	l->pause = (unsigned)strtonum(line, 0, PAUSE_MAX, &wrong);
	return wrong == NULL ? NULL : "no number of milliseconds up to 300000";
}

void
limits_read(struct limits *l, const char *dir)
{
	memset(l, 0, sizeof(*l));
	read_limit(&l->rate, dir, "ratecontrol");
	read_limit(&l->connections, dir, "conncontrol");
	l->pauses = true;
	if (!conf_each(dir, "greet_pause", take_pause, l))
		l->pauses = false;
}

/* --- look-ups ------------------------------------------------------------- */

/*
 * The number that the table has for the client, by its address or else by the
 * bare tag.  1 and *n; 0: none, or the entry is no number; -1.
 */
static int
find_limit(struct look *look, const struct look_step *steps,
    const struct question *q, struct hit *hit, unsigned *n)
{
	struct subject s = {.name = q->name, .address = q->key};
	struct tables *t = look->t;
	const char *wrong;
	int got;

	if (look_list(look, steps, &s, hit) == -1)
		return -1;
	if (!hit->found) {
		got = tables_find(
		    t, t->access, steps->tag, hit->value, hit->rule);
		if (got != 1)
			return got;
	}
	/* What a value has behind the number, as a CR, does not count. */
	hit->value[strspn(hit->value, "0123456789")] = '\0';
	*n = (unsigned)strtonum(hit->value, 0, UINT32_MAX, &wrong);
	return wrong == NULL;
}

static int
over(const struct limit *limit, const struct look_step *steps,
    struct look *look, const struct question *q, struct verdict *v)
{
	bool rate = steps == rate_steps;
	char text[128];
	struct hit hit;
	unsigned most;
	int got;

	got = find_limit(look, steps, q, &hit, &most);
	if (got != 1 || most == 0 ||
	    most >= (rate ? q->client_rate : q->client_connections))
		return got == -1 ? -1 : 0;
	snprintf(text, sizeof(text), "%s 4.3.2 %s",
	    limit->terminate ? "421" : "452",
	    rate ? "Connection rate limit exceeded."
		 : "Too many open connections.");
	reply_text(v, NULL, text, hit.rule);
	return 1;
}

int
limits_judge(const struct limits *l, bool nodelay, struct look *look,
    const struct question *q, struct verdict *v)
{
	int got = 0;

	if (l->rate.on && l->rate.nodelay == nodelay && q->client_rate > 0)
		got = over(&l->rate, rate_steps, look, q, v);
	if (got == 0 && l->connections.on &&
	    l->connections.nodelay == nodelay && q->client_connections > 0)
		got = over(&l->connections, connection_steps, look, q, v);
	return got;
}

int
limits_pause(const struct limits *l, struct look *look,
    const struct question *q, char rule[RULE_SIZE])
{
	struct subject s = {.name = q->name, .address = q->key};
	const char *wrong;
	struct hit hit;
	int pause;

	if (!l->pauses)
		return 0;
	if (look_list(look, pause_steps, &s, &hit) == -1)
		return -1;
	if (!hit.found) {
		strlcpy(rule, "access:greet_pause", RULE_SIZE);
		return (int)l->pause;
	}
	hit.value[strspn(hit.value, "0123456789")] = '\0';
	pause = (int)strtonum(hit.value, 0, INT32_MAX, &wrong);
	strlcpy(rule, hit.rule, RULE_SIZE);
	return wrong != NULL ? 0 : pause < PAUSE_MAX ? pause : PAUSE_MAX;
}
