#include <err.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "forward.h"

static int
by_place(const void *a, const void *b)
{
	const struct place *one = a, *two = b;

	if (one->direct != two->direct)
		return one->direct - two->direct;
	return strcasecmp(one->text, two->text);
}

/* The places are not moved while seen, which points at them, is in use. */
static void
add_place(struct plan *p, void **seen, const char *text, bool direct)
{
	struct place *place = &p->places[p->nplaces];

	place->text = text;
	place->direct = direct;
	if (tfind(place, seen, by_place) != NULL)
		return;
	if (tsearch(place, seen, by_place) == NULL)
		err(EXIT_TEMP, NULL);
	p->nplaces++;
}

static void
add_step(struct plan *p, enum step_kind kind, const char *text)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->steps[i].kind == kind &&
		    strcmp(p->steps[i].text, text) == 0)
			return;
	p->steps[p->count].kind = kind;
	p->steps[p->count++].text = text;
}

static void
add_sends(struct plan *p)
{
	size_t at, n;

	for (at = 0; at < p->nplaces; at += n) {
		n = p->nplaces - at;
		if (n > FORWARD_SEND)
			n = FORWARD_SEND;
		p->steps[p->count++] =
		    (struct step){STEP_SEND, p->places[at].text, at, n};
	}
}

/* Does the address mean the user's own mailbox?  1, 0, -1. */
static int
is_self(const char *address, const struct forward_self *self)
{
	const char *at = strrchr(address, '@');
	size_t len = at == NULL ? strlen(address) : (size_t)(at - address);

	if (strcasecmp(address, self->recipient) == 0)
		return 1;
	if (len != strlen(self->account) ||
	    strncasecmp(address, self->account, len) != 0)
		return 0;
	return at == NULL ? 1 : self->is_ours(at + 1, self->arg);
}

static void
add_kind(struct plan *p, const struct alias_items *items, enum alias_kind from,
    enum step_kind to)
{
	size_t i;

	for (i = 0; i < items->count; i++)
		if (items->list[i].kind == from)
			add_step(p, to, items->list[i].text);
}

static void
forget(void *place)
{
	(void)place; /* the plan's */
}

/* 0 and whether the own mailbox is among them; -1. */
static int
add_places(struct plan *p, const struct alias_items *items,
    const struct forward_self *self, bool *keep)
{
	const struct alias_item *item;
	void *seen = NULL;
	int own = 0;
	size_t i;

	for (i = 0; i < items->count && own != -1; i++) {
		item = &items->list[i];
		if (item->kind != ALIAS_ADDRESS && item->kind != ALIAS_USER)
			continue;
		if ((own = is_self(item->text, self)) == -1)
			break;
		if (own == 0)
			add_place(
			    p, &seen, item->text, item->kind == ALIAS_USER);
		else if (self->alias)
			add_place(p, &seen, self->account, true);
		else
			*keep = true;
	}
	tdestroy(seen, forget);
	return own == -1 ? -1 : 0;
}

int
forward_plan(const struct alias_items *items, const struct forward_self *self,
    struct plan *p)
{
	bool keep = false;

	p->count = p->nplaces = 0;
	p->steps = calloc(items->count + 2, sizeof(*p->steps));
	p->places = calloc(items->count + 1, sizeof(*p->places));
	if (p->steps == NULL || p->places == NULL)
		err(EXIT_TEMP, NULL);
	add_kind(p, items, ALIAS_PROGRAM, STEP_PROGRAM);
	add_kind(p, items, ALIAS_FILE, STEP_FILE);
	if (add_places(p, items, self, &keep) == -1) {
		plan_free(p);
		return -1;
	}
	if (keep)
		add_step(p, STEP_KEEP, "keep");
	add_sends(p);
	return 0;
}

void
plan_free(struct plan *p)
{
	free(p->steps);
	free(p->places);
	memset(p, 0, sizeof(*p));
}

void
forward_judge(const struct fate *parts, size_t count, struct fate *f)
{
	const struct fate *worst = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (worst == NULL || parts[i].class == FATE_DEFERRED ||
		    (parts[i].class == FATE_FAILED &&
			worst->class == FATE_DONE)) {
			worst = &parts[i];
			if (worst->class == FATE_DEFERRED)
				break;
		}
	if (worst == NULL)
		fate_set(f, FATE_DONE, "2.0.0", "nothing to do");
	else if (worst->class == FATE_DONE && count > 1)
		fate_set(f, FATE_DONE, "2.0.0", "%zu steps done", count);
	else
		*f = *worst;
}
