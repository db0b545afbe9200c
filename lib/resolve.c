#include "resolve.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>

#include "conf.h"
#include "exits.h"
#include "log.h"
#include "resolve_dns.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define HOSTS_FILE  "/etc/hosts"

/*
 * All questions go to the forwarders, so no root hint is ever primed.  The
 * validator stays out until there is a trust anchor for it.
 */
static const struct {
	const char *name, *value;
} options[] = {
    {"module-config:", "iterator"},
    {"do-not-query-localhost:", "no"},
    {"unblock-lan-zones:", "yes"},
    /* RFC 9715: no answer that a path would have to break up */
    {"edns-buffer-size:", "1232"},
    {"outgoing-range:", "512"},
    {"num-queries-per-thread:", "1024"},
    {"outgoing-num-tcp:", "16"},
    {"msg-cache-size:", "4m"},
    {"rrset-cache-size:", "8m"},
    {"cache-max-negative-ttl:", "900"},
    /* A server that is back is noticed at once. */
    {"infra-keep-probing:", "yes"},
    {"infra-host-ttl:", "60"},
    /* All servers dead: that is known after five seconds, not seventeen. */
    {"outbound-msg-retry:", "3"},
};

/* Zones that libunbound would answer by itself; the forwarder knows better. */
static const char *const builtin[] = {"test.", "home.arpa."};

static void
configure(struct ub_ctx *ub)
{
	size_t i;
	int why;

	(void)ub_ctx_debugout(ub, NULL);
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		why = ub_ctx_set_option(ub, options[i].name, options[i].value);
		if (why != 0)
			errx(EXIT_TEMP, "libunbound %s %s: %s", options[i].name,
			    options[i].value, ub_strerror(why));
	}
}

static const char *
forward_to(struct ub_ctx *ub, const char *address)
{
	int why = ub_ctx_set_fwd(ub, address);

	return why == 0 ? NULL : ub_strerror(why);
}

static const char *
take_nameserver(const char *line, void *arg)
{
	char address[NAMESERVER_SIZE];
	const char *why;

	if ((why = nameserver_parse(line, address)) != NULL)
		return why;
	return forward_to(arg, address);
}

static void
read_resolv_conf(struct ub_ctx *ub)
{
	char address[NAMESERVER_SIZE], *line = NULL;
	const char *why;
	size_t size = 0, count = 0;
	FILE *file;

	if ((file = fopen(RESOLV_CONF, "re")) == NULL && errno != ENOENT)
		err(EXIT_TEMP, RESOLV_CONF);
	while (file != NULL && getline(&line, &size, file) != -1) {
		if (!resolv_line(line, address))
			continue;
		if ((why = forward_to(ub, address)) != NULL)
			errx(EXIT_TEMP, RESOLV_CONF ": %s: %s", address, why);
		count++;
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	/* resolv.conf(5): without one, it is the server on this machine. */
	if (count == 0 && (why = forward_to(ub, "127.0.0.1")) != NULL)
		errx(EXIT_TEMP, "127.0.0.1: %s", why);
}

static void
ignore_answer(struct dns_query *query, const struct answer *answer, void *arg)
{
	(void)query;
	(void)answer;
	(void)arg;
}

struct resolver *
resolver_new(struct event_base *base, const char *confdir)
{
	struct resolver *resolver;
	size_t i;

	if ((resolver = calloc(1, sizeof(*resolver))) == NULL)
		err(EXIT_TEMP, "resolver");
	resolver->base = base;
	LIST_INIT(&resolver->queries);
	LIST_INIT(&resolver->lookups);
	resolver->hosts = hosts_new();
	hosts_load(resolver->hosts, HOSTS_FILE);
	own_refresh(&resolver->own);
	if ((resolver->ub = ub_ctx_create_event(base)) == NULL)
		errx(EXIT_TEMP, "libunbound cannot start");
	configure(resolver->ub);
	if (!conf_each(confdir, "nameserver", take_nameserver, resolver->ub))
		read_resolv_conf(resolver->ub);
	for (i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		(void)ub_ctx_zone_remove(resolver->ub, builtin[i]);
	/* The first question makes it open all it needs: see the chroot. */
	(void)dns_ask(resolver, "localhost", DNS_A, ignore_answer, NULL);
	return resolver;
}

void
resolver_free(struct resolver *resolver)
{
	struct lookup *lookup;
	struct dns_query *query;

	if (resolver == NULL)
		return;
	while ((lookup = LIST_FIRST(&resolver->lookups)) != NULL)
		lookup_end(lookup);
	ub_ctx_delete(resolver->ub);
	while ((query = LIST_FIRST(&resolver->queries)) != NULL) {
		LIST_REMOVE(query, entry);
		(void)event_del(&query->later);
		free(query->answer);
		free(query);
	}
	hosts_free(resolver->hosts);
	free(resolver);
}

/* --- one question --------------------------------------------------------- */

static void
give(evutil_socket_t fd, short what, void *arg)
{
	struct dns_query *query = arg;

	(void)fd;
	(void)what;
	LIST_REMOVE(query, entry);
	if (!query->cancelled)
		query->done(query, query->answer, query->arg);
	free(query->answer);
	free(query);
}

/* The owner hears of it from the loop, not from within libunbound. */
static void
arrived(void *arg, int rcode, void *packet, int len, int secure, char *bogus,
    int limited)
{
	struct dns_query *query = arg;
	struct answer *answer;

	(void)secure;
	(void)limited;
	if (bogus != NULL || (rcode != 0 && rcode != 3))
		answer = answer_empty(ANSWER_TEMP);
	else if (packet != NULL && len > 0)
		answer = answer_parse(query->type, packet, (size_t)len);
	else
		answer =
		    answer_empty(rcode == 3 ? ANSWER_NXDOMAIN : ANSWER_TEMP);
	query->answer = answer;
	event_active(&query->later, EV_TIMEOUT, 0);
}

struct dns_query *
dns_ask(struct resolver *resolver, const char *name, int type,
    void (*done)(struct dns_query *, const struct answer *, void *arg),
    void *arg)
{
	struct dns_query *query;
	int why;

	if ((query = calloc(1, sizeof(*query))) == NULL)
		err(EXIT_TEMP, "look-up");
	query->resolver = resolver;
	query->type = type;
	query->done = done;
	query->arg = arg;
	LIST_INSERT_HEAD(&resolver->queries, query, entry);
	(void)evtimer_assign(&query->later, resolver->base, give, query);
	why =
	    ub_resolve_event(resolver->ub, name, type, 1, query, arrived, NULL);
	if (why != 0 && query->answer == NULL) {
		log_event("look-up failed", "name", name, "reason",
		    ub_strerror(why), NULL);
		query->answer = answer_empty(ANSWER_TEMP);
		event_active(&query->later, EV_TIMEOUT, 0);
	}
	return query;
}

void
dns_cancel(struct dns_query *query)
{
	/* ub_cancel would do it by a pipe; the answer comes soon enough. */
	query->cancelled = true;
	query->arg = NULL;
}

/* --- all look-ups --------------------------------------------------------- */

static void
fire(evutil_socket_t fd, short what, void *arg)
{
	struct lookup *lookup = arg;

	(void)fd;
	(void)what;
	lookup->fire(lookup);
}

void
lookup_begin(struct lookup *lookup, struct resolver *resolver, unsigned seconds)
{
	struct timeval limit = {(time_t)seconds, 0};

	lookup->resolver = resolver;
	LIST_INSERT_HEAD(&resolver->lookups, lookup, entry);
	(void)evtimer_assign(&lookup->timer, resolver->base, fire, lookup);
	(void)evtimer_add(&lookup->timer, &limit);
}

void
lookup_soon(struct lookup *lookup)
{
	static const struct timeval now = {0, 0};

	(void)evtimer_add(&lookup->timer, &now);
}

void
lookup_end(struct lookup *lookup)
{
	LIST_REMOVE(lookup, entry);
	(void)evtimer_del(&lookup->timer);
	lookup->release(lookup);
	free(lookup);
}

void
resolve_cancel(struct lookup *lookup)
{
	if (lookup != NULL)
		lookup_end(lookup);
}
