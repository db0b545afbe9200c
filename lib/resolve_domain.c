/*
 * resolve_domain - is there such a domain: MX, A, AAAA, in turn
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "resolve_dns.h"
#include "resolve_net.h"

#define DOMAIN_SECONDS 10

static const int types[] = {DNS_MX, DNS_A, DNS_AAAA};

#define TYPES (sizeof(types) / sizeof(types[0]))

struct domain_lookup {
	struct lookup head;
	char name[RESOLVE_NAME];
	size_t next; /* of types */
	struct dns_query *query;
	enum resolve_class class; /* so far */
	void (*found)(enum resolve_class, void *arg);
	void *arg;
};

static void
release_domain(struct lookup *lookup)
{
	struct domain_lookup *d = (struct domain_lookup *)lookup;

	if (d->query != NULL)
		dns_cancel(d->query);
}

/* A look-up that is cut short by its deadline knows nothing. */
static void
finish_domain(struct lookup *lookup)
{
	struct domain_lookup *d = (struct domain_lookup *)lookup;
	void (*found)(enum resolve_class, void *) = d->found;
	enum resolve_class class = d->query != NULL ? RESOLVE_TEMP : d->class;
	void *arg = d->arg;

	lookup_end(lookup);
	found(class, arg);
}

static void ask_next(struct domain_lookup *);

static void
domain_done(struct dns_query *query, const struct answer *answer, void *arg)
{
	struct domain_lookup *d = arg;

	(void)query;
	d->query = NULL;
	if (answer->class == ANSWER_TEMP)
		d->class = RESOLVE_TEMP;
	else if (answer->class == ANSWER_FOUND)
		d->class = RESOLVE_OK;
	if (answer->class == ANSWER_FOUND || answer->class == ANSWER_NXDOMAIN ||
	    d->next == TYPES)
		finish_domain(&d->head);
	else
		ask_next(d);
}

static void
ask_next(struct domain_lookup *d)
{
	d->query = dns_ask(
	    d->head.resolver, d->name, types[d->next++], domain_done, d);
}

static void
name_done(struct dns_query *query, const struct answer *answer, void *arg)
{
	struct domain_lookup *d = arg;

	(void)query;
	d->query = NULL;
	d->class = answer->class == ANSWER_FOUND  ? RESOLVE_OK
		   : answer->class == ANSWER_TEMP ? RESOLVE_TEMP
						  : RESOLVE_FAIL;
	finish_domain(&d->head);
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" */
static void
ask_literal(struct domain_lookup *d, const char *domain)
{
	struct sockaddr_storage address;
	char reverse[NET_REVERSE];
	socklen_t len;
	size_t n = strlen(domain);

	d->class = RESOLVE_FAIL;
	memcpy(d->name, domain + 1, n - 2);
	d->name[n - 2] = '\0';
	if (net_literal(d->name, &address, &len) == -1 ||
	    net_reverse((struct sockaddr *)&address, reverse) == -1) {
		lookup_soon(&d->head);
	} else if (hosts_reverse(d->head.resolver->hosts,
		       (struct sockaddr *)&address) != NULL) {
		d->class = RESOLVE_OK;
		lookup_soon(&d->head);
	} else
		d->query =
		    dns_ask(d->head.resolver, reverse, DNS_PTR, name_done, d);
}

static void
ask_name(struct domain_lookup *d, const char *domain)
{
	struct sockaddr_storage address;
	socklen_t len;

	d->class = RESOLVE_FAIL;
	(void)strlcpy(d->name, domain, sizeof(d->name));
	if (hosts_forward(d->head.resolver->hosts, d->name, &address, &len, 1) >
	    0) {
		d->class = RESOLVE_OK;
		lookup_soon(&d->head);
	} else if (!host_valid(d->name))
		lookup_soon(&d->head);
	else
		ask_next(d);
}

struct lookup *
resolve_domain(struct resolver *resolver, const char *domain,
    void (*found)(enum resolve_class, void *arg), void *arg)
{
	struct domain_lookup *d;
	size_t len = strlen(domain);

	if ((d = calloc(1, sizeof(*d))) == NULL)
		err(EXIT_TEMP, "look-up");
	d->head.fire = finish_domain;
	d->head.release = release_domain;
	d->found = found;
	d->arg = arg;
	lookup_begin(&d->head, resolver, DOMAIN_SECONDS);
	if (len >= sizeof(d->name)) {
		d->class = RESOLVE_FAIL;
		lookup_soon(&d->head);
	} else if (len > 2 && domain[0] == '[' && domain[len - 1] == ']')
		ask_literal(d, domain);
	else
		ask_name(d, domain);
	return &d->head;
}
