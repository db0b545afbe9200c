#include "memory.h"

#include <string.h>

#include "resolve_net.h"

static size_t
place(const struct memory *memory, const struct sockaddr_storage *address,
    unsigned port)
{
	size_t i;

	for (i = 0; i < MEMORY_HOSTS; i++)
		if (memory->hosts[i].port == port &&
		    net_equal(
			(const struct sockaddr *)&memory->hosts[i].address,
			(const struct sockaddr *)address))
			break;
	return i;
}

void
memory_note(struct memory *memory, const struct sockaddr_storage *address,
    unsigned port, enum trait trait, time_t now)
{
	size_t i = place(memory, address, port);

	if (i == MEMORY_HOSTS) {
		i = memory->next;
		memory->next = (memory->next + 1) % MEMORY_HOSTS;
		memset(&memory->hosts[i], 0, sizeof(memory->hosts[i]));
		memory->hosts[i].address = *address;
		memory->hosts[i].port = port;
	}
	memory->hosts[i].until[trait] =
	    now + (trait == TRAIT_BAD ? MEMORY_BAD : MEMORY_DUMB);
}

void
memory_clear(struct memory *memory, const struct sockaddr_storage *address,
    unsigned port)
{
	size_t i = place(memory, address, port);

	if (i != MEMORY_HOSTS)
		memory->hosts[i].until[TRAIT_BAD] = 0;
}

bool
memory_has(const struct memory *memory, const struct sockaddr_storage *address,
    unsigned port, enum trait trait, time_t now)
{
	size_t i = place(memory, address, port);

	return i != MEMORY_HOSTS && memory->hosts[i].until[trait] > now;
}
