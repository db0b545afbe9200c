#include "doors.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"

static int
order(const char *owner, const char *alias, const struct door *d)
{
	int r = strcmp(owner, d->owner);

	return r != 0 ? r : strcmp(alias, d->alias);
}

static int
door_compare(const struct door *a, const struct door *b)
{
	return order(a->owner, a->alias, b);
}

/* What sys/tree.h expects of a BSD's sys/cdefs.h. */
#ifndef __unused
#define __unused __attribute__((unused))
#endif
RB_PROTOTYPE_STATIC(door_tree, door, node, door_compare)
RB_GENERATE_STATIC(door_tree, door, node, door_compare)

void
doors_init(struct doors *doors)
{
	RB_INIT(&doors->tree);
	TAILQ_INIT(&doors->open);
	TAILQ_INIT(&doors->waiting);
	doors->count = 0;
}

static struct door *
find(const struct doors *doors, const char *owner, const char *alias)
{
	struct door *d = RB_ROOT(&doors->tree);
	int r;

	while (d != NULL && (r = order(owner, alias, d)) != 0)
		d = r < 0 ? RB_LEFT(d, node) : RB_RIGHT(d, node);
	return d;
}

struct door *
doors_get(struct doors *doors, const char *owner, const char *alias)
{
	size_t len = strlen(alias) + 1;
	struct door *d = find(doors, owner, alias);

	if (d != NULL)
		return d;
	if ((d = calloc(1, sizeof(*d) + len)) == NULL)
		err(EXIT_TEMP, "door of %s", owner);
	strlcpy(d->owner, owner, sizeof(d->owner));
	memcpy(d->alias, alias, len);
	LIST_INIT(&d->lanes);
	STAILQ_INIT(&d->parcels);
	RB_INSERT(door_tree, &doors->tree, d);
	TAILQ_INSERT_TAIL(&doors->waiting, d, next);
	return d;
}

void
doors_begin(struct doors *doors, struct door *d)
{
	TAILQ_REMOVE(&doors->waiting, d, next);
	TAILQ_INSERT_TAIL(&doors->open, d, next);
	d->open = true;
	doors->count++;
}

void
doors_use(struct doors *doors, struct door *d, int64_t now)
{
	d->used = now;
	d->fed = true;
	TAILQ_REMOVE(&doors->open, d, next);
	TAILQ_INSERT_TAIL(&doors->open, d, next);
}

void
doors_free(struct doors *doors, struct door *d)
{
	TAILQ_REMOVE(d->open ? &doors->open : &doors->waiting, d, next);
	if (d->open)
		doors->count--;
	RB_REMOVE(door_tree, &doors->tree, d);
	free(d);
}

void
door_serves(struct door *d, struct lane *lane)
{
	if (lane->door != NULL)
		LIST_REMOVE(lane, beside);
	if ((lane->door = d) != NULL)
		LIST_INSERT_HEAD(&d->lanes, lane, beside);
}

static bool
is_idle(const struct door *d)
{
	return d->conn != NULL && STAILQ_EMPTY(&d->parcels) &&
	       (d->fed || LIST_EMPTY(&d->lanes));
}

struct door *
doors_spare(struct doors *doors, int64_t now)
{
	struct door *d, *found = NULL;

	TAILQ_FOREACH(d, &doors->open, next)
	if (is_idle(d) && (found == NULL || d->partial <= now)) {
		found = d;
		if (d->partial <= now)
			break;
	}
	return found;
}
