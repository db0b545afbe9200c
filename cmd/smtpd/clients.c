#include "clients.h"

#include <err.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/tree.h>

#include "exits.h"

#define KEY_SIZE 8

struct client {
	RB_ENTRY(client) entry;
	unsigned char key[KEY_SIZE]; /* IPv4: zeros in front */
	unsigned count;
};

RB_HEAD(client_tree, client);

struct clients {
	struct client_tree tree;
};

static int
compare(const struct client *a, const struct client *b)
{
	return memcmp(a->key, b->key, KEY_SIZE);
}

RB_PROTOTYPE(client_tree, client, entry, compare)
RB_GENERATE(client_tree, client, entry, compare)
/* false if it is not counted */
static bool
make_key(const struct sockaddr *address, unsigned char key[KEY_SIZE])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

	memset(key, 0, KEY_SIZE);
	if (address->sa_family == AF_INET) {
		memcpy(key + 4, &v4->sin_addr, 4);
		return key[4] != IN_LOOPBACKNET;
	}
	if (address->sa_family == AF_INET6) {
		memcpy(key, &v6->sin6_addr, KEY_SIZE);
		return !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
	return false;
}

struct clients *
clients_new(void)
{
	struct clients *all;

	if ((all = calloc(1, sizeof(*all))) == NULL)
		err(EXIT_TEMP, "clients");
	RB_INIT(&all->tree);
	return all;
}

void
clients_free(struct clients *all)
{
	struct client *c;

	while ((c = RB_MIN(client_tree, &all->tree)) != NULL) {
		RB_REMOVE(client_tree, &all->tree, c);
		free(c);
	}
	free(all);
}

unsigned
clients_add(struct clients *all, const struct sockaddr *address)
{
	struct client wanted, *c;

	if (!make_key(address, wanted.key))
		return 0;
	if ((c = RB_FIND(client_tree, &all->tree, &wanted)) == NULL) {
		if ((c = calloc(1, sizeof(*c))) == NULL)
			err(EXIT_TEMP, "client");
		memcpy(c->key, wanted.key, KEY_SIZE);
		RB_INSERT(client_tree, &all->tree, c);
	}
	return ++c->count;
}

void
clients_remove(struct clients *all, const struct sockaddr *address)
{
	struct client wanted, *c;

	if (!make_key(address, wanted.key) ||
	    (c = RB_FIND(client_tree, &all->tree, &wanted)) == NULL)
		return;
	if (--c->count == 0) {
		RB_REMOVE(client_tree, &all->tree, c);
		free(c);
	}
}
