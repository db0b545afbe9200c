/*
 * resolve_host - where mail for a domain goes: MX, then addresses
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exits.h"
#include "log.h"
#include "resolve_dns.h"
#include "resolve_mx.h"
#include "resolve_net.h"

#define HOST_SECONDS 30

struct host_lookup {
	struct lookup head;
	char asked[RESOLVE_NAME];
	char me[RESOLVE_NAME];
	bool implicit; /* the domain itself stands for an MX */
	bool admins;   /* [name]: only the administrator writes that */
	bool decided;
	struct dns_query *mx;
	size_t pending;
	struct dns_query *queries[2 * MX_HOSTS]; /* A and AAAA of each host */
	struct mx_list list;
	struct exchangers result;
	void (*found)(const struct exchangers *, void *arg);
	void *arg;
};

static void
release_host(struct lookup *lookup)
{
	struct host_lookup *host = (struct host_lookup *)lookup;
	size_t i;

	if (host->mx != NULL)
		dns_cancel(host->mx);
	for (i = 0; i < 2 * MX_HOSTS; i++)
		if (host->queries[i] != NULL)
			dns_cancel(host->queries[i]);
}

/* Neither has the only name an address, nor may it yet be found. */
static bool
no_address(const struct host_lookup *host)
{
	const struct mx_host *one = &host->list.hosts[0];

	return (host->implicit || host->admins) && !one->temp &&
	       one->four + one->six == 0;
}

static void
decide(struct host_lookup *host)
{
	struct exchangers *result = &host->result;

	host->decided = true;
	if (no_address(host) && host->admins)
		/* A typing error there must not return everybody's mail. */
		mx_failed(result, -1, "4.4.4", host->asked,
		    "has no address, but the configuration names it");
	else if (no_address(host))
		mx_failed(result, 1, "5.1.2", host->asked,
		    "has neither MX nor address records");
	else
		mx_merge(result, &host->list, &host->head.resolver->own,
		    host->asked, arc4random_uniform);
}

static void
finish_host(struct lookup *lookup)
{
	struct host_lookup *host = (struct host_lookup *)lookup;
	void (*found)(const struct exchangers *, void *) = host->found;
	struct exchangers result;
	void *arg = host->arg;
	size_t i;

	for (i = 0; i < 2 * MX_HOSTS; i++)
		if (host->queries[i] != NULL)
			host->list.hosts[i / 2].temp = true;
	if (!host->decided && host->mx != NULL)
		mx_failed(&host->result, -1, "4.4.3", host->asked,
		    "cannot be looked up now: no answer in time");
	else if (!host->decided)
		decide(host);
	result = host->result;
	lookup_end(lookup);
	found(&result, arg);
}

static void
finish_failed(
    struct host_lookup *host, int failed, const char *status, const char *why)
{
	mx_failed(&host->result, failed, status, host->asked, why);
	host->decided = true;
	lookup_soon(&host->head);
}

static void
address_done(struct dns_query *query, const struct answer *answer, void *arg)
{
	struct host_lookup *host = arg;
	size_t i;

	for (i = 0; host->queries[i] != query; i++)
		;
	host->queries[i] = NULL;
	mx_addresses(
	    &host->list.hosts[i / 2], i % 2 == 0 ? DNS_A : DNS_AAAA, answer);
	if (--host->pending == 0)
		finish_host(&host->head);
}

/* RFC 6761 6.3: nobody asks DNS for it. */
static bool
is_localhost(const char *name)
{
	size_t len = strlen(name);

	return strcasecmp(name, "localhost") == 0 ||
	       (len > 10 && strcasecmp(name + len - 10, ".localhost") == 0);
}

static size_t
from_hosts(const struct resolver *resolver, struct mx_host *one)
{
	struct sockaddr_storage found[MX_ADDRESSES];
	socklen_t lens[MX_ADDRESSES];
	const char *name = one->name;
	size_t i, n;

	if (is_localhost(name))
		name = "localhost";
	n = hosts_forward(resolver->hosts, name, found, lens, MX_ADDRESSES);
	for (i = 0; i < n; i++)
		if (found[i].ss_family == AF_INET)
			memcpy(one->four_list[one->four++],
			    &((struct sockaddr_in *)&found[i])->sin_addr, 4);
		else
			memcpy(one->six_list[one->six++],
			    &((struct sockaddr_in6 *)&found[i])->sin6_addr, 16);
	return n;
}

static void
ask_addresses(struct host_lookup *host)
{
	struct resolver *resolver = host->head.resolver;
	size_t i;

	own_refresh(&resolver->own);
	for (i = 0; i < host->list.count; i++) {
		struct mx_host *one = &host->list.hosts[i];

		if (from_hosts(resolver, one) > 0 || is_localhost(one->name))
			continue;
		host->queries[2 * i] =
		    dns_ask(resolver, one->name, DNS_A, address_done, host);
		host->queries[2 * i + 1] =
		    dns_ask(resolver, one->name, DNS_AAAA, address_done, host);
		host->pending += 2;
	}
	if (host->pending == 0)
		lookup_soon(&host->head);
}

/* No MX: the domain is its own exchanger, with preference 0. */
static void
be_implicit(struct host_lookup *host)
{
	struct mx_host *one = &host->list.hosts[0];

	host->implicit = !host->admins;
	host->list.count = 1;
	(void)strlcpy(one->name, host->asked, sizeof(one->name));
	/* The administrator wrote /etc/hosts: it may lead anywhere. */
	host->list.strict =
	    !host->admins && from_hosts(host->head.resolver, one) == 0;
	one->four = one->six = 0;
	if (host->list.strict && strcasecmp(host->asked, host->me) == 0)
		finish_failed(host, 1, "5.4.6",
		    "is this host, which does not take its mail");
	else
		ask_addresses(host);
}

static void
log_unfit(const struct host_lookup *host, const struct answer *answer)
{
	size_t i;

	for (i = 0; i < answer->count; i++)
		if (answer->records[i].unfit[0] != '\0')
			log_event("mx-unfit", "domain", host->asked, "name",
			    answer->records[i].unfit, NULL);
}

static void
mx_found(struct host_lookup *host, const struct answer *answer)
{
	host->list.strict = true;
	log_unfit(host, answer);
	switch (mx_choose(&host->list, answer, host->me, arc4random_uniform)) {
	case MX_FOUND:
		ask_addresses(host);
		break;
	case MX_NULL:
		finish_failed(host, 1, "5.1.10",
		    "takes no mail: its MX record says so (RFC 7505)");
		break;
	case MX_SELF:
		finish_failed(host, 1, "5.4.6",
		    "has this host as its best exchanger, which does not "
		    "take its mail");
		break;
	case MX_UNUSABLE:
		finish_failed(
		    host, 1, "5.4.4", "has MX records without a host name");
		break;
	}
}

static void
mx_done(struct dns_query *query, const struct answer *answer, void *arg)
{
	struct host_lookup *host = arg;
	struct mx_host one = {.four = 0};
	bool listed;

	(void)query;
	host->mx = NULL;
	(void)strlcpy(one.name, host->asked, sizeof(one.name));
	listed = from_hosts(host->head.resolver, &one) > 0;
	if (answer->class == ANSWER_FOUND)
		mx_found(host, answer);
	else if (listed || answer->class == ANSWER_NODATA)
		be_implicit(host);
	else if (answer->class == ANSWER_NXDOMAIN)
		finish_failed(host, 1, "5.1.2", "does not exist");
	else
		finish_failed(host, -1, "4.4.3",
		    "cannot be looked up now: the name servers fail");
}

static void
take_literal(struct host_lookup *host)
{
	struct exchanger *one = &host->result.hosts[0];

	if (net_literal(host->asked, &one->address, &one->len) == -1)
		return;
	host->decided = true;
	host->result.count = 1;
	(void)snprintf(one->name, sizeof(one->name), "[%.80s]", host->asked);
}

/* "[x]" without the brackets, "x." without the dot. */
static void
take_name(struct host_lookup *host, const char *name)
{
	size_t len = strlen(name);

	host->admins = len > 2 && name[0] == '[' && name[len - 1] == ']';
	if (host->admins) {
		name++;
		len -= 2;
	} else if (len > 1 && name[len - 1] == '.') {
		len--;
	}
	if (len >= sizeof(host->asked))
		len = sizeof(host->asked) - 1; /* and so no host name */
	memcpy(host->asked, name, len);
	host->asked[len] = '\0';
	if (host->admins)
		take_literal(host);
}

struct lookup *
resolve_exchangers(struct resolver *resolver, const char *name, const char *me,
    void (*found)(const struct exchangers *, void *arg), void *arg)
{
	struct host_lookup *host;

	if ((host = calloc(1, sizeof(*host))) == NULL)
		err(EXIT_TEMP, "look-up");
	host->head.fire = finish_host;
	host->head.release = release_host;
	host->found = found;
	host->arg = arg;
	(void)strlcpy(host->me, me, sizeof(host->me));
	take_name(host, name);
	lookup_begin(&host->head, resolver, HOST_SECONDS);
	if (host->decided)
		lookup_soon(&host->head);
	else if (!host_valid(host->asked))
		finish_failed(host, 1, "5.1.2", "is no host name");
	else if (host->admins || is_localhost(host->asked))
		be_implicit(host);
	else
		host->mx =
		    dns_ask(resolver, host->asked, DNS_MX, mx_done, host);
	return &host->head;
}
