#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "conf.h"
#include "exits.h"
#include "glue.h"
#include "source.h"
#include "tables.h"

static int
world_is_local(const char *domain, void *arg)
{
	return tables_local(arg, domain) != NULL;
}

static int
world_rename(const char *domain, char name[ADDR_SIZE], void *arg)
{
	struct tables *t = arg;
	char value[MAP_VALUE], rule[RULE_SIZE];
	int got = tables_find(t, t->domaintable, domain, value, rule);

	if (got != 1)
		return got;
	value[strcspn(value, " \t\r")] = '\0';
	return strlcpy(name, value, ADDR_SIZE) < ADDR_SIZE ? 1 : 0;
}

struct tables *
tables_open(const char *dir, FILE *trace)
{
	struct tables *t = calloc(1, sizeof(*t));

	if (t == NULL)
		err(EXIT_TEMP, "tables");
	if (strlcpy(t->dir, dir, sizeof(t->dir)) >= sizeof(t->dir))
		errx(EXIT_PERM, "%s: path too long", dir);
	conf_me(dir, t->me, sizeof(t->me));
	conf_line(dir, "relayhost", NULL, t->relayhost, sizeof(t->relayhost));
	t->access = map_open(dir, "access");
	t->virtusertable = map_open(dir, "virtusertable");
	t->aliases = map_open(dir, "aliases");
	t->mailertable = map_open(dir, "mailertable");
	t->domaintable = map_open(dir, "domaintable");
	t->mailboxes = map_open(dir, "mailboxes");
	t->local = class_local(dir, t->me);
	t->relay = class_open(dir, "relay-domains");
	t->virtual = class_open(dir, "virtuser-domains");
	t->virtual_below = conf_is(dir, "virtuser_entire_domain");
	t->watch = watch_open(dir);
	t->world = (struct addr_world){t->me, world_is_local, world_rename, t};
	t->trace = trace;
	return t;
}

void
tables_close(struct tables *t)
{
	if (t == NULL)
		return;
	map_close(t->access);
	map_close(t->virtusertable);
	map_close(t->aliases);
	map_close(t->mailertable);
	map_close(t->domaintable);
	map_close(t->mailboxes);
	class_close(t->local);
	class_close(t->relay);
	class_close(t->virtual);
	watch_close(t->watch);
	free(t->traced);
	free(t);
}

static void
hold(struct tables *t, bool held)
{
	map_hold(t->access, held);
	map_hold(t->virtusertable, held);
	map_hold(t->aliases, held);
	map_hold(t->mailertable, held);
	map_hold(t->domaintable, held);
	map_hold(t->mailboxes, held);
}

int
tables_check_class(struct tables *t, struct class *class)
{
	if (class_check(class) == 0)
		return 0;
	snprintf(t->reason, sizeof(t->reason), "%s: %s", class_path(class),
	    strerror(errno));
	return -1;
}

static bool
look(struct tables *t)
{
	bool settled = map_look(t->access);

	settled &= map_look(t->virtusertable);
	settled &= map_look(t->aliases);
	settled &= map_look(t->mailertable);
	settled &= map_look(t->domaintable);
	settled &= map_look(t->mailboxes);
	return settled;
}

int
tables_check(struct tables *t)
{
	if (tables_check_class(t, t->local) == -1 ||
	    tables_check_class(t, t->relay) == -1 ||
	    tables_check_class(t, t->virtual) == -1)
		return -1;
	return 0;
}

void
tables_trust(struct tables *t, bool trusted)
{
	t->trusted = trusted;
}

int
tables_begin(struct tables *t)
{
	if ((!t->trusted && watch_changed(t->watch)) || !t->settled) {
		t->settled = false;
		if (tables_check(t) == -1)
			return -1;
		t->settled = look(t);
	}
	hold(t, true);
	return 0;
}

void
tables_end(struct tables *t)
{
	free(t->traced);
	t->traced = NULL;
	hold(t, false);
}

static bool
make_key(const char *from, char key[ADDR_SIZE * 2])
{
	size_t n = 0;

	for (; *from != '\0'; from++) {
		if (*from == '"' || *from == '\\')
			continue;
		if (n == ADDR_SIZE * 2 - 1)
			return false;
		key[n++] =
		    *from >= 'A' && *from <= 'Z' ? *from + ('a' - 'A') : *from;
	}
	key[n] = '\0';
	return true;
}

static void
trace(struct tables *t, const char *table, const char *key, const char *value)
{
	char place[PATH_SIZE + 64] = "", *line;

	if (value != NULL)
		source_place(place, sizeof(place), t->dir, table, key);
	if (asprintf(&line, "%s:%s\t%s%s%s", table, key,
		value != NULL ? value : "no entry", *place != '\0' ? "\t" : "",
		place) == -1)
		err(EXIT_TEMP, "trace");
	/* Some are asked twice in a row: that says nothing new. */
	if (t->traced == NULL || strcmp(line, t->traced) != 0)
		fprintf(t->trace, "%s\n", line);
	free(t->traced);
	t->traced = line;
}

void
tables_trace(
    struct tables *t, const char *table, const char *key, const char *value)
{
	if (t->trace != NULL)
		trace(t, table, key, value);
}

bool
tables_holds(struct tables *t, struct map *map)
{
	return t->trace != NULL || map_exists(map);
}

int
tables_load(struct tables *t, struct map *map, const char *from, char **value,
    char rule[RULE_SIZE])
{
	char key[ADDR_SIZE * 2];
	int got;

	*value = NULL;
	if (!tables_holds(t, map))
		return 0;
	if (!make_key(from, key))
		return 0; /* no table has a key of that length */
	if ((got = map_load(map, key, value)) == -1)
		strlcpy(t->reason, map_reason(map), sizeof(t->reason));
	else
		tables_trace(t, map_name(map), key, *value);
	if (got == 1 && rule != NULL)
		glue(rule, RULE_SIZE, map_name(map), ":", key, NULL);
	return got;
}

int
tables_find(struct tables *t, struct map *map, const char *key,
    char value[MAP_VALUE], char rule[RULE_SIZE])
{
	char *found;
	int got = tables_load(t, map, key, &found, rule);

	if (got == 1 && strlcpy(value, found, MAP_VALUE) >= MAP_VALUE) {
		snprintf(t->reason, sizeof(t->reason),
		    "%s/%s.cdb: value too long", t->dir, map_name(map));
		got = -1;
	}
	free(found);
	return got;
}

void
tables_trace_class(struct tables *t, const struct class *class,
    const char *word, const char *hit)
{
	tables_trace(t, class_name(class), hit != NULL ? hit : word, hit);
}

const char *
tables_local(struct tables *t, const char *domain)
{
	const char *hit = class_has(t->local, domain);

	tables_trace_class(t, t->local, domain, hit);
	return hit;
}

bool
tables_virtual(struct tables *t, const char *domain)
{
	const char *hit = t->virtual_below ? class_suffix(t->virtual, domain)
					   : class_has(t->virtual, domain);

	if (hit != NULL || t->trace != NULL)
		tables_trace_class(t, t->virtual, domain, hit);
	return hit != NULL;
}
