/*
 * facts - what only the system knows: whether an account or a domain exists
 */
#ifndef FACTS_H
#define FACTS_H

#include <stdbool.h>

#include "accounts.h"
#include "domains.h"

#define FACT_SIZE 1200 /* "account NAME", "domain NAME" */

struct facts {
	struct accounts *accounts;
	struct domains *domains; /* NULL: every domain exists */
	bool served;             /* nobody may be kept waiting */
	char asked[FACT_SIZE];   /* the last question that is pending */
	void (*known)(const char *fact, void *arg);
	void *arg;
};

/*
 * dns: domains are looked up, with the name servers of confdir.  served: people
 * are waited for by helpers, so that nobody waits for a neighbour; known is
 * called with what was asked.
 */
void facts_open(struct facts *, struct event_base *, const char *confdir,
    bool dns, bool served, void (*known)(const char *fact, void *arg),
    void *arg);
void facts_close(struct facts *);

/* For struct judge, whose arg is the facts. */
enum account facts_account(const char *name, void *facts);
enum domain facts_domain(const char *name, void *facts);

#endif
