#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "alias.h"
#include "exits.h"
#include "expand.h"
#include "expand_node.h"
#include "route_one.h"

#define DEPTH_MAX   10     /* sendmail's MaxAliasRecursion */
#define TARGETS_MAX 100000 /* of one recipient */

static int send_to(struct walk *, struct node *, unsigned depth);

static struct rhs
reply(const char *code, const char *status, const char *text)
{
	struct rhs error = {.kind = RHS_ERROR};

	strlcpy(error.code, code, sizeof(error.code));
	strlcpy(error.status, status, sizeof(error.status));
	strlcpy(error.text, text, sizeof(error.text));
	return error;
}

/* --- users ----------------------------------------------------------------
 */

static bool
follows(const struct walk *w)
{
	return w->house != NULL && w->house->include != NULL;
}

/* 1, 0, or -1: cannot be told now. */
static int
exists(struct walk *w, const struct target *t)
{
	char *mailbox;
	int got;

	if (t->kind != TARGET_LOCAL || !account_name(t->user))
		return 0;
	got = tables_load(w->t, w->t->mailboxes, t->user, &mailbox, NULL);
	free(mailbox);
	if (got != 0 || w->house == NULL)
		return got;
	got = w->house->user(t->user, w->house->arg);
	tables_trace(w->t, "passwd", t->user, got == 1 ? "found" : NULL);
	if (got == -1)
		snprintf(w->t->reason, sizeof(w->t->reason),
		    "passwd: not known yet whether there is %.100s", t->user);
	return got;
}

/*
 * Does it lead back to where it came from?  Then the first user on the way up
 * is meant as such, and this one is not followed: 1.  0 if it does not, or if
 * there is no user.
 */
static int
loops(struct walk *w, const struct node *n)
{
	struct node *up = n->up;
	int got = 0;

	if (up != NULL && strcmp(up->key, n->key) == 0)
		up->self = true;
	while (up != NULL && strcmp(up->key, n->key) != 0)
		up = up->up;
	for (; up != NULL && got == 0; up = up->up) {
		/* A list is no user, but it has been followed. */
		got = up->list ? 1 : exists(w, &up->t);
		up->self |= got == 1;
	}
	return got;
}

/* --- lists ----------------------------------------------------------------
 */

/* What an item stands for.  0 or -1. */
static int
resolve(struct walk *w, const struct alias_item *item, struct node *n)
{
	struct target *t = &n->t;

	memset(t, 0, sizeof(*t));
	if (item->kind == ALIAS_ADDRESS) {
		if (route_one(w->t, item->text, true, t) == -1)
			return -1;
	} else if (item->kind == ALIAS_USER) {
		target_local(t, w->t, item->text, "");
		t->direct = true;
	} else {
		t->kind =
		    item->kind == ALIAS_FILE ? TARGET_FILE : TARGET_PROGRAM;
		n->list = item->kind == ALIAS_INCLUDE;
		t->recipient = text_make("%s", n->about);
		t->text = text_make("%s", item->text);
	}
	if (t->rule == NULL || t->kind == TARGET_LOCAL ||
	    strncmp(t->rule, "mx:", 3) == 0)
		text_replace(&t->rule, w->rule);
	node_key(n);
	return 0;
}

static struct node *
node_of(const struct alias_item *item, struct node *up)
{
	static const char *const marks[] = {
	    [ALIAS_ADDRESS] = "",
	    [ALIAS_USER] = "\\",
	    [ALIAS_PROGRAM] = "|",
	    [ALIAS_FILE] = "",
	    [ALIAS_INCLUDE] = ":include:",
	};
	char *about = text_make("%s%s", marks[item->kind], item->text);
	struct node *n = node_new(up, about, item->line);

	free(about);
	return n;
}

/* Everybody in the list of n.  How many there were, or -1. */
static int
send_list(struct walk *w, const struct alias_items *items, struct node *n,
    unsigned depth)
{
	struct node **all = calloc(items->count + 1, sizeof(struct node *));
	size_t i, count = 0, sent = 0;
	int got = 0;

	if (all == NULL)
		err(EXIT_TEMP, "route");
	/* Loops are found before anybody is followed, as sendmail does. */
	for (i = 0; got != -1 && i < items->count; i++) {
		all[count] = node_of(&items->list[i], n);
		got = resolve(w, &items->list[i], all[count]);
		if (got == 0)
			got = loops(w, all[count]);
		if (got == 0)
			count++;
		else
			node_free(all[count]);
	}
	for (; sent < count && got != -1; sent++) {
		if (!w->within)
			w->line = all[sent]->line;
		got = send_to(w, all[sent], depth + 1);
	}
	for (; sent < count; sent++)
		node_free(all[sent]);
	free(all);
	return got == -1 ? -1 : (int)count;
}

/* The list in a file that stands for n. */
static int
send_file(struct walk *w, const char *path, const struct alias_items *items,
    struct node *n, unsigned depth)
{
	const char *file = w->file, *rule = w->rule;
	unsigned line = w->line;
	bool within = w->within;
	char *own = text_make("%s:%s", n->list ? "include" : "forward", path);
	int got;

	w->file = path;
	w->rule = own;
	w->within = false;
	n->self = false;
	got = send_list(w, items, n, depth);
	n->dead = got > 0 && !n->self;
	w->file = file;
	w->rule = rule;
	w->line = line;
	w->within = within;
	free(own);
	return got == -1 ? -1 : 0;
}

static int
include(struct walk *w, struct node *n, unsigned depth)
{
	struct alias_items items;
	struct rhs error;
	char why[256];
	int got;

	got = w->house->include(
	    n->t.text, &items, why, sizeof(why), w->house->arg);
	tables_trace(w->t, "include", n->t.text, got == 1 ? "read" : why);
	if (got == 1) {
		got = send_file(w, n->t.text, &items, n, depth);
		n->dead = true;
		alias_free(&items);
		return got;
	}
	error = reply("550", "5.2.4", "");
	snprintf(error.text, sizeof(error.text), "Cannot open %.200s: %s",
	    n->t.text, why);
	node_fail(w, n, &error, w->rule);
	return 0;
}

/* owner-NAME, if there is one, gets what becomes of NAME's messages. */
static int
find_owner(struct walk *w, const char *name, char *sender, size_t size)
{
	char key[RULE_SIZE + 16], *value;
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
	got = addr_join(
	    sender, size, owner, strchr(owner, '@') == NULL ? w->t->me : "");
	alias_free(&items);
	free(value);
	return got;
}

/* The alias is followed elsewhere, or here. */
static int
send_alias(struct walk *w, const char *name, const struct alias_items *items,
    struct node *n, unsigned depth)
{
	const char *sender = w->sender, *rule = w->rule;
	bool within = w->within;
	char owner[ADDR_SIZE], *own;
	int got = find_owner(w, name, owner, sizeof(owner));

	if (got == -1)
		return -1;
	if (got == 1)
		w->sender = owner;
	if (!follows(w) && !alias_is_plain(items)) {
		text_replace(&n->t.sender, w->sender);
		w->sender = sender;
		return 0;
	}
	own = text_make("aliases:%s", name);
	w->rule = own;
	w->within = true;
	n->self = false;
	got = send_list(w, items, n, depth);
	n->dead = got > 0 && !n->self;
	if (!n->dead) {
		/* Whoever delivers to it must not find the alias again. */
		n->t.direct = !follows(w);
		text_replace(&n->t.rule, own);
		text_replace(&n->t.sender, w->sender);
	}
	w->rule = rule;
	w->sender = sender;
	w->within = within;
	free(own);
	return got == -1 ? -1 : 0;
}

/* --- one address ----------------------------------------------------------
 */

/* Nobody has that name: another one gets the mail. */
static int
stand_in(struct walk *w, struct node *n, const char *other, unsigned depth)
{
	struct node *m;
	int got = exists(w, &n->t);

	if (got != 0)
		return got == 1 ? 0 : -1;
	n->dead = true;
	m = node_new(n, n->about, n->line);
	target_local(&m->t, w->t, other, "");
	m->t.rule = text_make("default:%s", n->t.user);
	node_key(m);
	return send_to(w, m, depth);
}

/* A user who is meant as such: does he exist, and what is his wish? */
static int
send_user(struct walk *w, struct node *n, unsigned depth)
{
	struct alias_items items;
	struct rhs error;
	char path[PATH_SIZE];
	int got = exists(w, &n->t);

	if (got == 0) {
		error = reply("550", "5.1.1", "User unknown");
		node_fail(w, n, &error, "passwd:unknown");
	}
	if (got != 1 || n->t.direct)
		return got == -1 ? -1 : 0;
	got = w->house->forward(
	    n->t.user, &items, path, sizeof(path), w->house->arg);
	tables_trace(w->t, "forward", got == 1 ? path : n->t.user,
	    got == 1 ? "read" : NULL);
	if (got != 1)
		return 0;
	got = send_file(w, path, &items, n, depth);
	alias_free(&items);
	return got;
}

static int
send_local(struct walk *w, struct node *n, unsigned depth)
{
	char name[RULE_SIZE], *value;
	struct alias_items items;
	const char *reason, *other = route_stand_in(n->t.user);
	unsigned line;
	int got = route_alias(w->t, &n->t, &value, name);

	if (got == 1 &&
	    alias_parse(value, strlen(value), &items, &line, &reason) == -1) {
		snprintf(w->t->reason, sizeof(w->t->reason),
		    "aliases:%.500s: %s", name, reason);
		got = -1;
	} else if (got == 1) {
		got = send_alias(w, name, &items, n, depth);
		alias_free(&items);
	} else if (got == 0 && other != NULL && !n->t.direct)
		got = stand_in(w, n, other, depth);
	free(value);
	if (got == -1 || n->dead || !follows(w))
		return got;
	return send_user(w, n, depth);
}

static int
send_to(struct walk *w, struct node *n, unsigned depth)
{
	struct rhs error;

	if (depth > DEPTH_MAX) {
		error = reply("554", "5.4.6",
		    "aliasing/forwarding loop broken (11 aliases deep; 10 "
		    "max)");
		node_fail(w, n, &error, w->rule);
		node_key(n);
	}
	if (w->count == TARGETS_MAX) {
		node_free(n);
		return 0;
	}
	if (!walk_take(w, n))
		return 0;
	text_replace(&n->t.sender, w->sender);
	if (n->t.kind == TARGET_LOCAL)
		return send_local(w, n, depth);
	if (n->list)
		return include(w, n, depth);
	if (n->t.kind == TARGET_ERROR && n->t.about == NULL)
		n->t.about = text_make("%s", n->about);
	if (n->t.kind == TARGET_ERROR && n->t.where == NULL && w->file != NULL)
		n->t.where = text_make("%s: line %u", w->file, w->line);
	return 0;
}

/* --- all of it ------------------------------------------------------------
 */

int
expand(struct tables *t, const char *recipient, const struct house *house,
    struct targets *out)
{
	struct walk w = {.t = t, .house = house};
	struct node *n = node_new(NULL, recipient, 0);
	int got = route_one(t, recipient, true, &n->t);

	memset(out, 0, sizeof(*out));
	if (got == 0) {
		node_key(n);
		got = send_to(&w, n, 0);
	} else
		node_free(n);
	if (got == 0)
		walk_gather(&w, recipient, out);
	walk_free(&w);
	return got;
}
