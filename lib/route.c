#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "exits.h"
#include "expand.h"
#include "route.h"
#include "route_one.h"
#include "tables.h"

struct router {
	struct tables *t;
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

struct tables *
router_tables(struct router *r)
{
	return r->t;
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

static int
later(struct tables *t, char *reason, size_t size)
{
	strlcpy(reason, t->reason, size);
	errno = EAGAIN;
	return -1;
}

int
router_follow(struct router *r, const char *recipient,
    const struct house *house, struct targets *targets, char *reason,
    size_t size)
{
	int got = tables_begin(r->t);

	memset(targets, 0, sizeof(*targets));
	if (got == 0) {
		got = expand(r->t, recipient, house, targets);
		tables_end(r->t);
	}
	return got == 0 ? 0 : later(r->t, reason, size);
}

int
router_expand(struct router *r, const char *recipient, struct targets *targets,
    char *reason, size_t size)
{
	return router_follow(r, recipient, NULL, targets, reason, size);
}

static int
first(struct router *r, const char *address, bool virtual, struct target *t,
    char *reason, size_t size)
{
	int got = tables_begin(r->t);

	memset(t, 0, sizeof(*t));
	if (got == 0) {
		got = route_one(r->t, address, virtual, t);
		tables_end(r->t);
	}
	return got == 0 ? 0 : later(r->t, reason, size);
}

int
router_step(struct router *r, const char *recipient, struct target *t,
    char *reason, size_t size)
{
	return first(r, recipient, true, t, reason, size);
}

/* The alias that was left to local. */
static int
find_alias(struct tables *tables, struct target *t)
{
	char name[RULE_SIZE], *value = NULL;
	int got = route_alias(tables, t, &value, name);

	free(value);
	if (got == -1) {
		target_free(t);
		return -1;
	}
	if (got == 1 && (t->alias = strdup(name)) == NULL)
		err(EXIT_TEMP, "route");
	return 0;
}

int
router_hop(struct router *r, const char *address, struct target *t,
    char *reason, size_t size)
{
	int got = first(r, address, false, t, reason, size);

	if (got == 0 && t->kind == TARGET_LOCAL &&
	    (got = tables_begin(r->t)) == 0) {
		got = find_alias(r->t, t);
		tables_end(r->t);
	}
	return got == 0 ? 0 : later(r->t, reason, size);
}

int
router_alias_name(
    struct router *r, const char *address, char *name, size_t size)
{
	struct addr a;
	int got = tables_check(r->t);

	if (got == -1)
		return -1;
	got = 1;
	strlcpy(a.local, address, sizeof(a.local));
	if (strpbrk(address, "@!%") != NULL) {
		switch (addr_canon(address, &r->t->world, &a)) {
		case ADDR_OK:
			got = *a.domain == '\0' ||
			      tables_local(r->t, a.domain) != NULL;
			break;
		case ADDR_TEMP:
			got = -1;
			break;
		default:
			got = 0;
		}
	}
	addr_fold(a.local);
	return got == 1 && strlcpy(name, a.local, size) >= size ? 0 : got;
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
