/*
 * look - the kinds of keys that the access table has, and how they are asked
 *
 * Each kind is a walk over keys, most specific first; every key is asked with
 * its tag ("connect:10.1.2.3") and, if the question says so, without; the first
 * that is there ends the walk.
 */
#ifndef LOOK_H
#define LOOK_H

#include <stdbool.h>

#include "cidr.h"
#include "tables.h"

struct look {
	struct tables *t;
	bool skip;                 /* SKIP ends a walk: nothing found */
	bool dotdomain;            /* .b.c is asked for a.b.c, before b.c */
	struct cidr_set *networks; /* the table's keys that hold a slash */
	unsigned long version;     /* of the table they were taken from */
};

struct hit {
	bool found;
	char value[MAP_VALUE];
	char rule[RULE_SIZE];
};

enum look_kind {
	LOOK_DOMAIN,  /* a.b.c  b.c  c; [10.1.2.3]  [10.1.2] ... */
	LOOK_EXACT,   /* a.b.c */
	LOOK_ADDRESS, /* 10.1.2.3  10.1.2  10.1  10; IPv6 likewise */
	LOOK_NETWORK, /* 10.1.0.0/16, the longest prefix */
	LOOK_FULL,    /* user@domain; with detail user+*@domain, user@domain */
	LOOK_USER,    /* user@; with detail user+*@, user@ */
	LOOK_LOCAL,   /* user+detail@ as it stands */
	LOOK_AT       /* @domain: that domain and none below */
};

/* What a walk is about; what is not set is not asked. */
struct subject {
	const char *name;    /* LOOK_DOMAIN, LOOK_EXACT, LOOK_AT */
	const char *address; /* LOOK_ADDRESS: as the table spells it */
	int family;          /* LOOK_NETWORK: AF_INET or AF_INET6, 0: none */
	const void *net;   /* LOOK_NETWORK: the address, as inet_pton has it */
	const char *local; /* LOOK_FULL (with name), LOOK_USER, LOOK_LOCAL */
};

/* One row of a list of look-ups. */
struct look_step {
	enum look_kind kind;
	const char *tag; /* "connect:" */
	bool untagged;   /* the key without its tag as well */
};

/* 0, or -1: a table cannot be read now (t->reason). */
int look_up(struct look *, const struct look_step *, const struct subject *,
    struct hit *);
/* The steps in turn up to the first hit; the list ends with a NULL tag. */
int look_list(struct look *, const struct look_step *, const struct subject *,
    struct hit *);
/* Take the networks from the table anew if it has changed. */
int look_refresh(struct look *);
void look_close(struct look *);

#endif
