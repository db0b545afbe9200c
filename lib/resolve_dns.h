/*
 * resolve_dns - the inside of resolve: one question to libunbound, and what
 * all look-ups have in common
 */
#ifndef RESOLVE_DNS_H
#define RESOLVE_DNS_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <unbound.h>

#include "resolve.h"
#include "resolve_answer.h"
#include "resolve_hosts.h"
#include "resolve_own.h"

struct dns_query {
	LIST_ENTRY(dns_query) entry;
	struct resolver *resolver;
	int type;
	bool cancelled;        /* libunbound still holds it */
	struct answer *answer; /* it came, and is given in the next turn */
	struct event later;
	void (*done)(struct dns_query *, const struct answer *, void *arg);
	void *arg;
};

/*
 * Ask for name and type.  done is called once, never before this returns;
 * then the query is gone.
 */
struct dns_query *dns_ask(struct resolver *, const char *name, int type,
    void (*done)(struct dns_query *, const struct answer *, void *arg),
    void *arg);
/* done will not be called. */
void dns_cancel(struct dns_query *);

struct resolver {
	struct event_base *base;
	struct ub_ctx *ub;
	struct hosts *hosts;
	struct own own;
	LIST_HEAD(, dns_query) queries;
	LIST_HEAD(, lookup) lookups;
};

/* The first member of every look-up. */
struct lookup {
	LIST_ENTRY(lookup) entry;
	struct resolver *resolver;
	struct event timer;
	void (*fire)(struct lookup *);    /* the time is over */
	void (*release)(struct lookup *); /* cancel its queries */
};

/* Take a look-up (allocated and zeroed) into the list; its time begins. */
void lookup_begin(struct lookup *, struct resolver *, unsigned seconds);
/* It is decided already: fire in the next turn of the loop. */
void lookup_soon(struct lookup *);
/* Out of the list, and freed. */
void lookup_end(struct lookup *);

#endif
