/*
 * route - where an address goes, by sendmail's tables
 *
 * Pure look-ups in the maps of the configuration folder: local-host-names,
 * virtusertable, aliases, mailertable, domaintable, relayhost, mailboxes.
 * Changed maps count at the next call.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "alias.h"

struct router;

enum target_kind {
	TARGET_LOCAL,   /* user (and extension) on this host */
	TARGET_REMOTE,  /* to host, as remote takes it: one, or several */
	TARGET_DISCARD, /* thrown away by rule */
	TARGET_ERROR,   /* fails with status and text */
	TARGET_PROGRAM, /* router_follow: text is the command */
	TARGET_FILE     /* router_follow: text is the path */
};

struct target {
	enum target_kind kind;
	char *recipient; /* the address that is delivered to */
	char *user;      /* local: lower case, without extension */
	char *extension; /* local: behind the +, or NULL */
	char *mailer;    /* as mailertable has it: esmtp, relay, local ... */
	char *host;      /* remote: the next hop or hops */
	char *status;    /* error: 5.1.1 ... */
	char *text;      /* error: the reply text */
	char *code;      /* error: the SMTP reply code */
	bool direct;     /* local: no alias and no .forward applies (\user) */
	char *rule;      /* the entry that decided, "table:key" */
	char *sender;    /* owner-: the envelope sender from here on, or NULL */
	char *about;     /* error: the address that is wrong, as written */
	char *where;     /* router_follow: "FILE: line N" that named it */
	char *alias;     /* router_hop: local follows that entry; or NULL */
};

struct targets {
	size_t count;
	struct target *list;
};

/* trace, if not NULL, gets a line for each look-up (route -v). */
struct router *router_open(const char *confdir, FILE *trace);
void router_close(struct router *);
/* The tables that it looks into; they go with it. */
struct tables *router_tables(struct router *);

/*
 * Expand a recipient: virtusertable and aliases with plain addresses, to the
 * end, double targets dropped.  An alias with :include:, |program or /file is
 * one local target.  0; -1 if a map cannot be read now (errno; the reason
 * names it): try later.
 */
int router_expand(struct router *, const char *recipient, struct targets *,
    char *reason, size_t size);
/*
 * What stands behind the users of this host, for whoever may look.  Without
 * include and forward, users are ends; user is asked where aliases lead back to
 * where they began.
 */
struct house {
	/* 1: there is such an account; 0: not; -1: cannot be told now. */
	int (*user)(const char *name, void *arg);
	/* 1 and items; 0 and why not. */
	int (*include)(const char *path, struct alias_items *, char *why,
	    size_t size, void *arg);
	/* 1, items and the path; 0: the user has no .forward that counts. */
	int (*forward)(const char *user, struct alias_items *, char *path,
	    size_t size, void *arg);
	void *arg;
};
/*
 * To the very end, as sendmail -bv: what users have in their .forward, what
 * lists include, and whether the users exist.
 */
int router_follow(struct router *, const char *recipient, const struct house *,
    struct targets *, char *reason, size_t size);
/* The first step only: no alias, no user is looked up. */
int router_step(struct router *, const char *recipient, struct target *,
    char *reason, size_t size);
/*
 * The next hop of an address that was expanded before; for a local one also the
 * alias of that name, which counts unless the expansion said direct.  Every
 * field is set anew, so free the old ones (target_free).
 */
int router_hop(struct router *, const char *address, struct target *,
    char *reason, size_t size);

void target_free(struct target *);
void targets_free(struct targets *);

/*
 * The user that an alias named like this address is for: 1 and the name; 0 the
 * address is another host's; -1 a table cannot be read.
 */
int router_alias_name(
    struct router *, const char *address, char *name, size_t size);

/* Is the domain one of ours (class w)?  -1 if a table cannot be read. */
int router_is_local(struct router *, const char *domain);

#endif
