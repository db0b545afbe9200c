/*
 * Do this host's name and the domains of local-host-names lead here?  Others
 * may know better (behind a NAT, a backup, a split horizon), so what is found
 * is a warning.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <err.h>
#include <event2/event.h>

#include "doctor.h"
#include "exits.h"
#include "resolve.h"
#include "resolve_own.h"

#define PATIENCE    10 /* seconds for one name */
#define DOMAINS_MAX 100

struct asker {
	struct doctor *d;
	struct event_base *base;
	struct resolver *resolver;
	struct own own;
	struct exchangers found;
	enum resolve_class class;
	bool answered;
};

static void
on_found(const struct exchangers *found, void *arg)
{
	struct asker *a = arg;

	a->found = *found;
	a->answered = true;
	event_base_loopbreak(a->base);
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct asker *a = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(a->base);
}

static void
on_class(enum resolve_class class, void *arg)
{
	struct asker *a = arg;

	a->class = class;
	a->answered = true;
	event_base_loopbreak(a->base);
}

/* true if the answer came in time; else the look-up is given up. */
static bool
await(struct asker *a, struct lookup *lookup, const char *host)
{
	const struct timeval patience = {PATIENCE, 0};
	struct event *late = evtimer_new(a->base, on_late, a);

	if (late == NULL || evtimer_add(late, &patience) == -1)
		err(EXIT_TEMP, "timer");
	if (!a->answered)
		event_base_dispatch(a->base);
	event_free(late);
	if (a->answered)
		return true;
	resolve_cancel(lookup);
	doctor_warning(
	    a->d, "%s: no answer from DNS in %d seconds", host, PATIENCE);
	return false;
}

/* true and a->found */
static bool
ask(struct asker *a, const char *host, const char *me)
{
	a->answered = false;
	return await(
	    a, resolve_exchangers(a->resolver, host, me, on_found, a), host);
}

/* Is there such a name, be it one that no mail can be sent to? */
static bool
exists(struct asker *a, const char *host)
{
	a->answered = false;
	return await(a, resolve_domain(a->resolver, host, on_class, a), host) &&
	       a->class == RESOLVE_OK;
}

static bool
is_here(const struct asker *a)
{
	size_t i;

	for (i = 0; i < a->found.count; i++)
		if (own_has(&a->own,
			(const struct sockaddr *)&a->found.hosts[i].address))
			return true;
	return false;
}

static void
check_me(struct asker *a)
{
	const char *me = a->d->me;

	if (!ask(a, me, ""))
		return;
	if (a->found.failed != 0) {
		/* /etc/hosts of many a host says 127.0.1.1. */
		if (!exists(a, me))
			doctor_warning(a->d, "%s: this host's name: %s", me,
			    a->found.text);
	} else if (!is_here(a))
		doctor_warning(
		    a->d, "%s: this host's name leads to another host", me);
}

/*
 * Hosts that are not better than me are left out, so an MX that names me leaves
 * none: a loop, were it mail that is sent.
 */
static void
check_domain(struct asker *a, const char *domain)
{
	if (!ask(a, domain, a->d->me))
		return;
	if (a->found.failed != 0 && strcmp(a->found.status, "5.4.6") == 0)
		return;
	if (a->found.failed != 0)
		doctor_warning(
		    a->d, "%s: is a domain of ours: %s", domain, a->found.text);
	else if (!is_here(a))
		doctor_warning(a->d,
		    "%s: is a domain of ours, but its mail goes to %s", domain,
		    a->found.hosts[0].name);
}

/* Names that mean this host whatever DNS says have no mail from elsewhere. */
static bool
is_public(const char *word)
{
	return strchr(word, '.') != NULL && *word != '[' &&
	       strcasecmp(word, "localhost.localdomain") != 0;
}

static void
check_domains(struct asker *a, FILE *file)
{
	char *line = NULL, *word;
	unsigned n = 0;
	size_t room = 0;

	while (n < DOMAINS_MAX && getline(&line, &room, file) != -1) {
		word = line + strspn(line, " \t\r\n");
		word[strcspn(word, " \t\r\n")] = '\0';
		if (*line == '#' || !is_public(word) ||
		    strcasecmp(word, a->d->me) == 0)
			continue;
		check_domain(a, word);
		n++;
	}
	free(line);
}

void
check_dns(struct doctor *d)
{
	struct asker a = {.d = d};
	char path[PATH_SIZE];
	FILE *file;

	if ((a.base = event_base_new()) == NULL)
		err(EXIT_TEMP, "event base");
	a.resolver = resolver_new(a.base, d->paths.conf);
	own_refresh(&a.own);
	if (is_public(d->me))
		check_me(&a);
	path_join(path, d->paths.conf, "local-host-names");
	if ((file = fopen(path, "re")) != NULL) {
		check_domains(&a, file);
		fclose(file);
	}
	resolver_free(a.resolver);
	event_base_free(a.base);
}
