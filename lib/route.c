#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "alias.h"
#include "exits.h"
#include "route.h"
#include "route_one.h"
#include "tables.h"

#define DEPTH_MAX   10     /* sendmail's MaxAliasRecursion */
#define TARGETS_MAX 100000 /* of one recipient */

struct router {
	struct tables *t;
};

/* One recipient's expansion. */
struct walk {
	struct tables *t;
	struct targets *out;
	const char *chain[DEPTH_MAX + 1]; /* aliases that led here */
	unsigned depth;
	const char *sender; /* by the innermost owner- alias, or NULL */
	void *seen;         /* tsearch: targets and aliases we had */
	bool looped;
};

struct router *
router_open(const char *confdir, FILE *trace)
{
	struct router *r = calloc(1, sizeof(*r));

	if (r == NULL)
		err(EXIT_TEMP, "router");
	r->t = tables_open(confdir, trace);
	return r;
}

void
router_close(struct router *r)
{
	if (r == NULL)
		return;
	tables_close(r->t);
	free(r);
}

void
targets_free(struct targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++)
		target_free(&targets->list[i]);
	free(targets->list);
	memset(targets, 0, sizeof(*targets));
}

static char *
copy(const char *text)
{
	char *new = strdup(text);

	if (new == NULL)
		err(EXIT_TEMP, "route");
	return new;
}

static char *
rule_text(const char *table, const char *key)
{
	char *text;

	if (asprintf(&text, "%s:%s", table, key) == -1)
		err(EXIT_TEMP, "route");
	return text;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* true if the text was not there yet. */
static bool
first_time(struct walk *w, const char *text)
{
	char *key;

	if (tfind(text, &w->seen, by_text) != NULL)
		return false;
	key = copy(text);
	if (tsearch(key, &w->seen, by_text) == NULL)
		err(EXIT_TEMP, "route");
	return true;
}

/* Is it the same delivery as one that we have? */
static bool
is_new(struct walk *w, const struct target *t)
{
	char key[ADDR_SIZE * 4];

	if (t->kind == TARGET_LOCAL)
		snprintf(key, sizeof(key), "%s+%s", t->user,
		    t->extension != NULL ? t->extension : "");
	else
		snprintf(key, sizeof(key), "%d %s %s", (int)t->kind,
		    t->recipient, t->text != NULL ? t->text : "");
	return first_time(w, key);
}

/* Takes what the target holds. */
static void
add(struct walk *w, struct target *t)
{
	struct targets *out = w->out;

	if (!is_new(w, t) || out->count == TARGETS_MAX) {
		target_free(t);
		return;
	}
	if (w->sender != NULL) {
		free(t->sender);
		t->sender = copy(w->sender);
	}
	if ((out->count & (out->count - 1)) == 0) {
		out->list = reallocarray(out->list,
		    out->count == 0 ? 1 : out->count * 2, sizeof(*out->list));
		if (out->list == NULL)
			err(EXIT_TEMP, "route");
	}
	out->list[out->count++] = *t;
	memset(t, 0, sizeof(*t));
}

static void
add_error(
    struct walk *w, const char *recipient, const char *reply, const char *alias)
{
	char *rule = rule_text("aliases", alias);
	struct target t;
	struct rhs error;

	rhs_error(reply, &error);
	target_error(&t, recipient, &error, rule);
	add(w, &t);
	free(rule);
}

static int follow(struct walk *, struct target *);

/* A member of the list of the alias that is last in the chain. */
static int
member(struct walk *w, const struct alias_item *item)
{
	const char *self = w->chain[w->depth - 1];
	struct target t;
	unsigned i;

	if (item->kind == ALIAS_USER) {
		target_local(&t, w->t, item->text, "");
		t.direct = true;
	} else if (route_one(w->t, item->text, true, &t) == -1)
		return -1;
	if (t.kind == TARGET_LOCAL || strncmp(t.rule, "mx:", 3) == 0) {
		free(t.rule);
		t.rule = rule_text("aliases", self);
	}
	/* An alias that holds its own name means the user of that name. */
	if (t.kind == TARGET_LOCAL && strcmp(t.user, self) == 0)
		t.direct = true;
	for (i = 0; t.kind == TARGET_LOCAL && !t.direct && i < w->depth; i++) {
		if (strcmp(t.user, w->chain[i]) == 0) {
			w->looped = true;
			target_free(&t);
			return 0;
		}
	}
	return follow(w, &t);
}

/* owner-NAME, if there is one, gets what becomes of NAME's messages. */
static int
find_owner(struct walk *w, const char *name, char *sender, size_t size)
{
	char key[ADDR_SIZE + 16], *value;
	struct alias_items items;
	const char *reason, *owner = key;
	unsigned line;
	int got;

	snprintf(key, sizeof(key), "owner-%s",
	    strncmp(name, "owner-", 6) == 0 ? "owner" : name);
	got = tables_load(w->t, w->t->aliases, key, &value, NULL);
	if (got != 1)
		return got;
	if (alias_parse(value, strlen(value), &items, &line, &reason) == -1) {
		free(value);
		return 0;
	}
	if (items.count == 1 && items.list[0].kind == ALIAS_ADDRESS)
		owner = items.list[0].text;
	got = addr_join(sender, size, owner,
		  strchr(owner, '@') == NULL ? w->t->me : "")
		  ? 1
		  : 0;
	alias_free(&items);
	free(value);
	return got;
}

static int
each_member(struct walk *w, const struct alias_items *items, const char *name)
{
	char sender[ADDR_SIZE];
	const char *before = w->sender;
	int got = find_owner(w, name, sender, sizeof(sender));
	size_t i;

	if (got == 1)
		w->sender = sender;
	w->chain[w->depth++] = name;
	for (i = 0; got != -1 && i < items->count; i++)
		got = member(w, &items->list[i]);
	w->depth--;
	w->sender = before;
	return got == -1 ? -1 : 0;
}

/* The list of the alias name that t led to. */
static int
open_alias(
    struct walk *w, struct target *t, const char *value, const char *name)
{
	char key[RULE_SIZE + 8], sender[ADDR_SIZE];
	struct alias_items items;
	const char *reason;
	unsigned line;
	int got = 0;

	if (alias_parse(value, strlen(value), &items, &line, &reason) == -1) {
		snprintf(w->t->reason, sizeof(w->t->reason),
		    "aliases:%.500s: %s", name, reason);
		return -1;
	}
	snprintf(key, sizeof(key), "alias %s", name);
	if (!alias_is_plain(&items)) {
		/* local follows it; the name is all that it needs. */
		got = find_owner(w, name, sender, sizeof(sender));
		if (got == 1)
			t->sender = copy(sender);
		if (got != -1)
			add(w, t);
	} else if (w->depth == DEPTH_MAX)
		add_error(w, t->recipient,
		    "554 5.4.6 \"aliasing/forwarding loop broken "
		    "(11 aliases deep; 10 max)\"",
		    name);
	else if (first_time(w, key))
		got = each_member(w, &items, name);
	alias_free(&items);
	return got == -1 ? -1 : 0;
}

/* Nobody has that name: another one gets the mail. */
static int
stand_in(struct walk *w, struct target *t, const char *other)
{
	char *mailbox;
	int got = tables_load(w->t, w->t->mailboxes, t->user, &mailbox, NULL);

	free(mailbox);
	if (got == -1)
		return -1;
	if (got == 1) {
		add(w, t);
		return 0;
	}
	mailbox = rule_text("default", t->user);
	target_free(t);
	target_local(t, w->t, other, "");
	t->rule = mailbox;
	return follow(w, t);
}

/* Takes the target: into the list, or what its alias says. */
static int
follow(struct walk *w, struct target *t)
{
	char name[RULE_SIZE], *value;
	const char *other;
	int got;

	if (t->kind != TARGET_LOCAL || t->direct) {
		add(w, t);
		return 0;
	}
	if ((got = route_alias(w->t, t, &value, name)) == 1)
		got = open_alias(w, t, value, name);
	else if (got == 0 && (other = route_stand_in(t->user)) != NULL)
		got = stand_in(w, t, other);
	else if (got == 0)
		add(w, t);
	free(value);
	target_free(t);
	return got;
}

static int
expand(struct walk *w, const char *recipient)
{
	struct target t;

	if (route_one(w->t, recipient, true, &t) == -1 || follow(w, &t) == -1)
		return -1;
	if (w->out->count == 0)
		add_error(w, recipient,
		    w->looped ? "554 5.4.6 \"aliasing/forwarding loop broken\""
			      : "550 5.3.5 alias holds nothing",
		    recipient);
	return 0;
}

static int
later(struct tables *t, char *reason, size_t size)
{
	strlcpy(reason, t->reason, size);
	errno = EAGAIN;
	return -1;
}

int
router_expand(struct router *r, const char *recipient, struct targets *targets,
    char *reason, size_t size)
{
	struct walk w = {.t = r->t, .out = targets};
	int got = tables_begin(r->t);

	memset(targets, 0, sizeof(*targets));
	if (got == 0) {
		got = expand(&w, recipient);
		tables_end(r->t);
	}
	tdestroy(w.seen, free);
	if (got == 0)
		return 0;
	targets_free(targets);
	return later(r->t, reason, size);
}

int
router_hop(struct router *r, const char *address, struct target *t,
    char *reason, size_t size)
{
	int got = tables_begin(r->t);

	memset(t, 0, sizeof(*t));
	if (got == 0) {
		got = route_one(r->t, address, false, t);
		tables_end(r->t);
	}
	return got == 0 ? 0 : later(r->t, reason, size);
}

int
router_is_local(struct router *r, const char *domain)
{
	int got = tables_begin(r->t);

	if (got == 0) {
		got = tables_local(r->t, domain) != NULL;
		tables_end(r->t);
	}
	return got;
}
