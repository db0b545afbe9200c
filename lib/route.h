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

struct router;

enum target_kind {
	TARGET_LOCAL,   /* user (and extension) on this host */
	TARGET_REMOTE,  /* to host, as resolve_exchangers and remote take it */
	TARGET_DISCARD, /* thrown away by rule */
	TARGET_ERROR    /* fails with status and text */
};

struct target {
	enum target_kind kind;
	char *recipient; /* the address that is delivered to */
	char *user;      /* local: lower case, without extension */
	char *extension; /* local: behind the +, or NULL */
	char *host;      /* remote: the next hop */
	char *status;    /* error: 5.1.1 ... */
	char *text;      /* error: the reply text */
	char *code;      /* error: the SMTP reply code */
	bool direct;     /* local: no alias and no .forward applies (\user) */
	char *rule;      /* the entry that decided, "table:key" */
	char *sender;    /* owner-: the envelope sender from here on, or NULL */
};

struct targets {
	size_t count;
	struct target *list;
};

/* trace, if not NULL, gets a line for each look-up (route -v). */
struct router *router_open(const char *confdir, FILE *trace);
void router_close(struct router *);

/*
 * Expand a recipient: virtusertable and aliases with plain addresses, to the
 * end, double targets dropped.  An alias with :include:, |program or /file is
 * one local target.  0; -1 if a map cannot be read now (errno; the reason
 * names it): try later.
 */
int router_expand(struct router *, const char *recipient, struct targets *,
    char *reason, size_t size);
/*
 * The next hop of an address that was expanded before.  Every field is set
 * anew, so free the old ones (target_free).
 */
int router_hop(struct router *, const char *address, struct target *,
    char *reason, size_t size);

void target_free(struct target *);
void targets_free(struct targets *);

/* Is the domain one of ours (class w)?  -1 if a table cannot be read. */
int router_is_local(struct router *, const char *domain);

#endif
