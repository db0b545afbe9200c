/*
 * tables - the administrator's tables, opened together
 *
 * What access, route and qmgr look into, with one way to look: keys are made
 * lower case and lose quotes and backslashes (as in every map look-up of
 * sendmail), each look-up can be traced, and one that fails says which file.
 */
#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>
#include <stdio.h>

#include "addr.h"
#include "class.h"
#include "map.h"
#include "paths.h"
#include "watch.h"

struct tables {
	char dir[PATH_SIZE];
	char me[256];
	char relayhost[256]; /* "" if there is none */
	struct map *access, *virtusertable, *aliases, *mailertable,
	    *domaintable, *mailboxes;
	struct class *local;   /* class w */
	struct class *relay;   /* class R */
	struct class *virtual; /* virtuser-domains: class VirtHost */
	bool virtual_below;    /* and what lies below them */
	struct addr_world world;
	struct watch *watch;
	bool settled;    /* until watch tells of a change */
	bool trusted;    /* nothing need be looked at now, see tables_trust */
	FILE *trace;     /* NULL: no trace */
	char *traced;    /* its last line */
	unsigned nested; /* route_one within itself */
	char reason[PATH_SIZE + 128];
};

/* Exits 100 if a control file makes no sense. */
struct tables *tables_open(const char *dir, FILE *trace);
void tables_close(struct tables *);

/*
 * Look which files have changed, and stay with that state until tables_end.  0,
 * or -1: a class file cannot be read (reason).
 */
int tables_begin(struct tables *);
/*
 * What will be asked now was sent before the last tables_begin: that one saw
 * all changes that count for it.
 */
void tables_trust(struct tables *, bool);
/* The same for classes alone; other tables are looked at when they are asked.
 */
int tables_check(struct tables *);
void tables_end(struct tables *);
/* The same for a class that is not among them. */
int tables_check_class(struct tables *, struct class *);

/* 1, 0, or -1 with reason set.  rule becomes "table:key" if it is found. */
#define RULE_SIZE (ADDR_SIZE * 2 + 96)
int tables_find(struct tables *, struct map *, const char *key,
    char value[MAP_VALUE], char rule[RULE_SIZE]);
/* Need it be asked?  Not if it is none, but for who traces. */
bool tables_holds(struct tables *, struct map *);
/* The same for a value of any length; rule may be NULL. */
int tables_load(struct tables *, struct map *, const char *key, char **value,
    char rule[RULE_SIZE]);

/* Is the domain in class w?  The word, or NULL. */
const char *tables_local(struct tables *, const char *domain);
/* Does virtusertable hold for it, though it is not ours? */
bool tables_virtual(struct tables *, const char *domain);
/* Note in the trace what was asked.  value: what was found, or NULL. */
void tables_trace(
    struct tables *, const char *table, const char *key, const char *value);
/* The same for a class. */
void tables_trace_class(
    struct tables *, const struct class *, const char *word, const char *hit);

#endif
