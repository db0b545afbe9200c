#include "place.h"

#include <err.h>
#include <stdlib.h>

#include "exits.h"
#include "resolve_net.h"

static int
place_compare(const struct place *a, const struct place *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return net_compare((const struct sockaddr *)&a->address,
	    (const struct sockaddr *)&b->address);
}

/* What sys/tree.h expects of a BSD's sys/cdefs.h. */
#ifndef __unused
#define __unused __attribute__((unused))
#endif
RB_PROTOTYPE_STATIC(places, place, node, place_compare)
RB_GENERATE_STATIC(places, place, node, place_compare)

struct place *
place_find(struct places *places, const struct sockaddr_storage *address,
    unsigned port)
{
	struct place key = {.address = *address, .port = port};

	return RB_FIND(places, places, &key);
}

struct place *
place_get(struct places *places, const struct sockaddr_storage *address,
    unsigned port)
{
	struct place *place = place_find(places, address, port);

	if (place != NULL)
		return place;
	if ((place = calloc(1, sizeof(*place))) == NULL)
		err(EXIT_TEMP, "place");
	place->address = *address;
	place->port = port;
	LIST_INIT(&place->links);
	TAILQ_INIT(&place->waiters);
	RB_INSERT(places, places, place);
	return place;
}

void
place_drop(struct places *places, struct place *place)
{
	if (place->count > 0 || !TAILQ_EMPTY(&place->waiters))
		return;
	RB_REMOVE(places, places, place);
	free(place);
}
