#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "glue.h"
#include "log.h"
#include "look.h"
#include "rhs.h"

#define KEY_SIZE (ADDR_SIZE * 2 + 32)

/* Ask one key, tagged and then plain.  1: found; 0; -1. */
static int
ask(struct look *look, const struct look_step *step, const char *key,
    struct hit *hit)
{
	char tagged[KEY_SIZE];
	int got;

	glue(tagged, sizeof(tagged), step->tag, key, NULL);
	got = tables_find(
	    look->t, look->t->access, tagged, hit->value, hit->rule);
	if (got == 0 && step->untagged)
		got = tables_find(
		    look->t, look->t->access, key, hit->value, hit->rule);
	hit->found = got == 1;
	return got;
}

/* "[10.1.2.3]" is cut at its last dot (or colon) inside the brackets. */
static int
walk_literal(struct look *look, const struct look_step *step, const char *name,
    struct hit *hit)
{
	char key[ADDR_SIZE];
	char *end, *dot;
	int got;

	if (strlcpy(key, name, sizeof(key)) >= sizeof(key) - 1)
		return 0;
	if ((end = strchr(key, ']')) == NULL)
		return ask(look, step, name, hit);
	while ((got = ask(look, step, key, hit)) == 0) {
		*end = '\0';
		dot = strrchr(key, strchr(key, ':') != NULL ? ':' : '.');
		if (dot == NULL)
			return 0;
		end = dot;
		memcpy(end, "]", 2);
	}
	return got;
}

static int
walk_domain(struct look *look, const struct look_step *step,
    const struct subject *s, struct hit *hit)
{
	const char *name = s->name, *dot;
	int got;

	if (*name == '[')
		return walk_literal(look, step, name, hit);
	while ((got = ask(look, step, name, hit)) == 0) {
		if ((dot = strchr(name, '.')) == NULL || dot[1] == '\0')
			return 0;
		if (look->dotdomain && (got = ask(look, step, dot, hit)) != 0)
			return got;
		name = dot + 1;
	}
	return got;
}

static int
walk_address(struct look *look, const struct look_step *step,
    const struct subject *s, struct hit *hit)
{
	char key[64], *cut;
	int got;

	strlcpy(key, s->address, sizeof(key));
	while ((got = ask(look, step, key, hit)) == 0) {
		cut = strrchr(key, strchr(key, ':') != NULL ? ':' : '.');
		if (cut == NULL)
			return 0;
		*cut = '\0';
	}
	return got;
}

static int
walk_network(struct look *look, const struct subject *s, struct hit *hit)
{
	const struct cidr_entry *e;
	struct tables *t = look->t;

	e = cidr_set_find(look->networks, s->family, s->net);
	if (e == NULL) {
		if (t->trace != NULL)
			fputs("access:ADDRESS/PREFIX\tno entry\n", t->trace);
		return 0;
	}
	/* Asked once more by name, so that the trace shows it. */
	if (tables_find(t, t->access, e->key, hit->value, hit->rule) == -1)
		return -1;
	strlcpy(hit->value, e->value, sizeof(hit->value));
	snprintf(hit->rule, sizeof(hit->rule), "access:%s", e->key);
	hit->found = true;
	return 1;
}

/* local@domain, then without detail.  domain "" makes the keys of LOOK_USER. */
static int
walk_local(struct look *look, const struct look_step *step, const char *local,
    const char *domain, struct hit *hit)
{
	char key[KEY_SIZE];
	const char *plus = strchr(local, '+');
	int user = (int)(plus != NULL ? plus - local : 0), got;

	glue(key, sizeof(key), local, "@", domain, NULL);
	if ((got = ask(look, step, key, hit)) != 0 || plus == NULL)
		return got;
	snprintf(key, sizeof(key), "%.*s+*@%s", user, local, domain);
	if ((got = ask(look, step, key, hit)) != 0)
		return got;
	snprintf(key, sizeof(key), "%.*s@%s", user, local, domain);
	return ask(look, step, key, hit);
}

/* Does the subject have what such a step asks for? */
static bool
has(const struct subject *s, enum look_kind kind)
{
	bool name = s->name != NULL && *s->name != '\0';

	switch (kind) {
	case LOOK_DOMAIN:
	case LOOK_EXACT:
	case LOOK_AT:
		return name;
	case LOOK_ADDRESS:
		return s->address != NULL && *s->address != '\0';
	case LOOK_NETWORK:
		return s->family != 0;
	case LOOK_FULL:
		return name && s->local != NULL;
	case LOOK_USER:
	case LOOK_LOCAL:
		return s->local != NULL;
	}
	return false;
}

/* Key by key as the table's order of precedence wants it. */
static int
walk(struct look *look, const struct look_step *step, const struct subject *s,
    struct hit *hit)
{
	char key[KEY_SIZE];

	switch (step->kind) {
	case LOOK_DOMAIN:
		return walk_domain(look, step, s, hit);
	case LOOK_EXACT:
		return ask(look, step, s->name, hit);
	case LOOK_ADDRESS:
		return walk_address(look, step, s, hit);
	case LOOK_NETWORK:
		return walk_network(look, s, hit);
	case LOOK_FULL:
		return walk_local(look, step, s->local, s->name, hit);
	case LOOK_USER:
		return walk_local(look, step, s->local, "", hit);
	case LOOK_LOCAL:
		glue(key, sizeof(key), s->local, "@", NULL);
		return ask(look, step, key, hit);
	case LOOK_AT:
		glue(key, sizeof(key), "@", s->name, NULL);
		return ask(look, step, key, hit);
	}
	return 0;
}

/* SKIP is for walks over several keys; elsewhere it is a value like any. */
static bool
is_skip(const struct look *look, enum look_kind kind, const struct hit *hit)
{
	return look->skip && hit->found &&
	       (kind == LOOK_DOMAIN || kind == LOOK_ADDRESS ||
		   kind == LOOK_NETWORK) &&
	       rhs_is(hit->value, "SKIP");
}

int
look_up(struct look *look, const struct look_step *step,
    const struct subject *s, struct hit *hit)
{
	hit->found = false;
	if (!has(s, step->kind))
		return 0;
	if (walk(look, step, s, hit) == -1)
		return -1;
	if (is_skip(look, step->kind, hit))
		hit->found = false;
	return 0;
}

int
look_list(struct look *look, const struct look_step *step,
    const struct subject *s, struct hit *hit)
{
	hit->found = false;
	for (; step->tag != NULL && !hit->found; step++)
		if (look_up(look, step, s, hit) == -1)
			return -1;
	return 0;
}

static int
add_network(const char *key, const char *value, void *arg)
{
	static const char tag[] = "connect:";
	bool tagged = strncasecmp(key, tag, sizeof(tag) - 1) == 0;
	struct cidr network;
	int got = cidr_parse(key + (tagged ? sizeof(tag) - 1 : 0), &network);

	if (got == 1)
		cidr_set_add(arg, &network, tagged, key, value);
	else if (got == -1)
		log_event("ignored", "table", "access", "key", key, "reason",
		    "malformed network", NULL);
	return 0;
}

void
look_close(struct look *look)
{
	cidr_set_free(look->networks);
	look->networks = NULL;
}

int
look_refresh(struct look *look)
{
	struct map *map = look->t->access;
	unsigned long version = map_version(map);

	if (look->networks != NULL && version == look->version)
		return 0;
	cidr_set_free(look->networks);
	look->networks = cidr_set_new();
	look->version = version;
	if (map_each(map, add_network, look->networks) == -1) {
		strlcpy(
		    look->t->reason, map_reason(map), sizeof(look->t->reason));
		return -1;
	}
	cidr_set_sort(look->networks);
	return 0;
}
