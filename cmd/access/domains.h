/*
 * domains - does a sender's domain exist, without waiting for DNS
 *
 * Answers are remembered for a short while; what cannot be found out in time is
 * an error, never a no.
 */
#ifndef DOMAINS_H
#define DOMAINS_H

#include <event2/event.h>

enum domain {
	DOMAIN_NO, /* it definitely does not */
	DOMAIN_YES,
	DOMAIN_ERROR,  /* cannot be found out now */
	DOMAIN_PENDING /* known() will be called; then ask again */
};

struct domains;

/*
 * known is called with the name whose answer has come, never from within a
 * question.  Name servers as resolver_new has them; exits 111 on failure.
 */
struct domains *domains_new(struct event_base *, const char *confdir,
    void (*known)(const char *name, void *arg), void *arg);
void domains_free(struct domains *);
/* A domain, or "[address]", which exists if it has a name. */
enum domain domains_ask(struct domains *, const char *name);

#endif
