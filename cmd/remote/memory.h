/*
 * memory - what was learned about a few hundred hosts lately; pure
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>

#define MEMORY_HOSTS 256
#define MEMORY_BAD   60 /* seconds that a dead host is tried last */
#define MEMORY_DUMB                                                            \
	3600 /* that one gets no pipelined commands, or none behind a dot */

enum trait {
	TRAIT_BAD,  /* it did not let us in */
	TRAIT_DUMB, /* it was silent to pipelined commands */
	TRAIT_SHY,  /* it bore nothing behind the dot */
	TRAITS
};

struct memory {
	size_t next;
	struct remembered {
		struct sockaddr_storage address;
		unsigned port;
		time_t until[TRAITS];
	} hosts[MEMORY_HOSTS];
};

void memory_note(struct memory *, const struct sockaddr_storage *,
    unsigned port, enum trait, time_t now);
/* The host lets us in after all. */
void memory_clear(
    struct memory *, const struct sockaddr_storage *, unsigned port);
bool memory_has(const struct memory *, const struct sockaddr_storage *,
    unsigned port, enum trait, time_t now);

#endif
