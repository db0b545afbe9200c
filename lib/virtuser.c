#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "glue.h"
#include "virtuser.h"

/* The parts of local = user + detail that keys and %1 to %3 are made of. */
struct parts {
	char local[ADDR_SIZE]; /* the whole of it */
	char user[ADDR_SIZE];  /* up to the first + */
	const char *plus;      /* from the + on, or NULL */
};

/* When is a key asked? */
enum when {
	ALWAYS,
	WITH_PLUS,   /* there is a + */
	WITH_DETAIL, /* something stands behind it */
};

/* sendmail's order; the first that is there decides. */
static const struct {
	enum when when;
	bool user;        /* the key begins with the user */
	const char *mark; /* and then this */
	bool whole;       /* local instead, and %1 is all of it */
} keys[] = {
    {ALWAYS, false, "", true},         /* user+detail@domain */
    {WITH_DETAIL, true, "++", false},  /* user++@domain */
    {WITH_PLUS, true, "+*", false},    /* user+*@domain */
    {WITH_PLUS, true, "", false},      /* user@domain */
    {WITH_DETAIL, false, "++", false}, /* ++@domain */
    {WITH_PLUS, false, "+*", false},   /* +*@domain */
    {ALWAYS, false, "", false},        /* @domain */
};

static void
part(struct parts *p, const char *local)
{
	char *plus;

	strlcpy(p->local, local, sizeof(p->local));
	strlcpy(p->user, local, sizeof(p->user));
	plus = strchr(p->user, '+');
	if (plus != NULL)
		*plus = '\0';
	p->plus = strchr(p->local, '+');
}

static bool
applies(enum when when, const struct parts *p)
{
	switch (when) {
	case WITH_PLUS:
		return p->plus != NULL;
	case WITH_DETAIL:
		return p->plus != NULL && p->plus[1] != '\0';
	default:
		return true;
	}
}

static void
trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\v\f", text[len - 1]) != NULL)
		text[--len] = '\0';
}

static enum virtuser
apply(char value[MAP_VALUE], const char *const args[4], char out[ADDR_SIZE],
    struct rhs *error)
{
	trim(value);
	if (strncasecmp(value, "error:", 6) == 0) {
		rhs_keyword_error(value + 6, ' ', error);
		return VIRTUSER_ERROR;
	}
	if (rhs_expand(value, args, out, ADDR_SIZE))
		return VIRTUSER_MAPPED;
	rhs_error("553 5.1.1 Address too long", error);
	return VIRTUSER_ERROR;
}

enum virtuser
virtuser_map(struct tables *t, const struct addr *a, char out[ADDR_SIZE],
    struct rhs *error, char rule[RULE_SIZE])
{
	char key[ADDR_SIZE * 2 + 8], value[MAP_VALUE];
	struct parts p;
	const char *args[4];
	size_t i;
	int got;

	if (!tables_holds(t, t->virtusertable))
		return VIRTUSER_NONE;
	part(&p, a->local);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!applies(keys[i].when, &p))
			continue;
		glue(key, sizeof(key),
		    keys[i].whole  ? p.local
		    : keys[i].user ? p.user
				   : "",
		    keys[i].mark, "@", a->domain, NULL);
		got = tables_find(t, t->virtusertable, key, value, rule);
		if (got == -1)
			return VIRTUSER_TEMP;
		if (got == 0)
			continue;
		args[0] = key;
		args[1] = keys[i].whole ? p.local : p.user;
		args[2] = keys[i].whole || p.plus == NULL ? NULL : p.plus + 1;
		args[3] = keys[i].whole ? NULL : p.plus;
		return apply(value, args, out, error);
	}
	return VIRTUSER_NONE;
}
