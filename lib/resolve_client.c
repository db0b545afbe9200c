/*
 * resolve_client - a client's name: PTR, then the way back
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "resolve_dns.h"
#include "resolve_net.h"

#define CLIENT_SECONDS 5
#define CLIENT_NAMES   5 /* PTR names that are tried */

struct client_lookup {
	struct lookup head;
	struct sockaddr_storage address;
	socklen_t len;
	struct dns_query *query;
	size_t count, next;
	char names[CLIENT_NAMES][RESOLVE_NAME];
	bool temp;
	struct client_name name;
	void (*found)(const struct client_name *, void *arg);
	void *arg;
};

const char *resolve_class_name(enum resolve_class class)
{
	switch (class) {
	case RESOLVE_OK:
		return "OK";
	case RESOLVE_FAIL:
		return "FAIL";
	case RESOLVE_FORGED:
		return "FORGED";
	case RESOLVE_TEMP:
		break;
	}
	return "TEMP";
}

static void
release_client(struct lookup *lookup)
{
	struct client_lookup *client = (struct client_lookup *)lookup;

	if (client->query != NULL)
		dns_cancel(client->query);
}

/* With what is known by now, which is TEMP if time ran out. */
static void
finish_client(struct lookup *lookup)
{
	struct client_lookup *client = (struct client_lookup *)lookup;
	void (*found)(const struct client_name *, void *) = client->found;
	struct client_name name = client->name;
	void *arg = client->arg;

	lookup_end(lookup);
	found(&name, arg);
}

static void
finish_as(struct client_lookup *client, enum resolve_class class)
{
	client->name.class = class;
	if (class == RESOLVE_OK)
		(void)strlcpy(client->name.verified, client->name.reverse,
		    sizeof(client->name.verified));
	finish_client(&client->head);
}

static bool
holds_client(const struct client_lookup *client, const struct answer *answer)
{
	struct sockaddr_storage one;
	size_t i;

	for (i = 0; i < answer->count; i++) {
		(void)net_from_bytes(client->address.ss_family,
		    answer->records[i].address, &one);
		if (net_equal((const struct sockaddr *)&one,
			(const struct sockaddr *)&client->address))
			return true;
	}
	return false;
}

static void try_name(struct client_lookup *);

static void
forward_done(struct dns_query *query, const struct answer *answer, void *arg)
{
	struct client_lookup *client = arg;

	(void)query;
	client->query = NULL;
	if (answer->class == ANSWER_TEMP)
		client->temp = true;
	if (holds_client(client, answer)) {
		(void)strlcpy(client->name.reverse, client->names[client->next],
		    RESOLVE_NAME);
		finish_as(client, RESOLVE_OK);
		return;
	}
	client->next++;
	try_name(client);
}

static void
try_name(struct client_lookup *client)
{
	if (client->next == client->count) {
		finish_as(client, client->temp ? RESOLVE_TEMP : RESOLVE_FORGED);
		return;
	}
	client->query =
	    dns_ask(client->head.resolver, client->names[client->next],
		client->address.ss_family == AF_INET ? DNS_A : DNS_AAAA,
		forward_done, client);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
reverse_done(struct dns_query *query, const struct answer *answer, void *arg)
{
	struct client_lookup *client = arg;
	size_t i;

	(void)query;
	client->query = NULL;
	if (answer->class == ANSWER_TEMP) {
		finish_as(client, RESOLVE_TEMP);
		return;
	}
	for (i = 0; i < answer->count && client->count < CLIENT_NAMES; i++)
		if (answer->records[i].name[0] != '\0')
			(void)strlcpy(client->names[client->count++],
			    answer->records[i].name, RESOLVE_NAME);
	if (client->count == 0) {
		finish_as(client, RESOLVE_FAIL);
		return;
	}
	/* Servers rotate; the name in the log should not. */
	qsort(client->names, client->count, sizeof(client->names[0]),
	    compare_names);
	(void)strlcpy(client->name.reverse, client->names[0], RESOLVE_NAME);
	try_name(client);
}

/* What /etc/hosts says needs no confirmation. */
static bool
in_hosts(struct client_lookup *client)
{
	const char *name;

	name = hosts_reverse(client->head.resolver->hosts,
	    (const struct sockaddr *)&client->address);
	if (name == NULL)
		return false;
	client->name.class = RESOLVE_OK;
	(void)strlcpy(client->name.reverse, name, RESOLVE_NAME);
	(void)strlcpy(client->name.verified, name, RESOLVE_NAME);
	return true;
}

struct lookup *
resolve_client(struct resolver *resolver, const struct sockaddr *address,
    void (*found)(const struct client_name *, void *arg), void *arg)
{
	struct client_lookup *client;
	char reverse[NET_REVERSE];

	if ((client = calloc(1, sizeof(*client))) == NULL)
		err(EXIT_TEMP, "look-up");
	client->head.fire = finish_client;
	client->head.release = release_client;
	client->found = found;
	client->arg = arg;
	client->name.class = RESOLVE_TEMP;
	(void)strlcpy(client->name.verified, "unknown", RESOLVE_NAME);
	(void)strlcpy(client->name.reverse, "unknown", RESOLVE_NAME);
	lookup_begin(&client->head, resolver, CLIENT_SECONDS);
	client->len = address->sa_family == AF_INET6
			  ? sizeof(struct sockaddr_in6)
			  : sizeof(struct sockaddr_in);
	memcpy(&client->address, address, client->len);
	net_unmap(&client->address, &client->len);
	if (in_hosts(client)) {
		lookup_soon(&client->head);
	} else if (net_reverse((struct sockaddr *)&client->address, reverse) ==
		   -1) {
		client->name.class = RESOLVE_FAIL; /* no Internet address */
		lookup_soon(&client->head);
	} else {
		client->query =
		    dns_ask(resolver, reverse, DNS_PTR, reverse_done, client);
	}
	return &client->head;
}
