/*
 * resolve_own - the addresses of this host's interfaces
 */
#ifndef RESOLVE_OWN_H
#define RESOLVE_OWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <time.h>

#define OWN_MAX 128

struct own {
	time_t read; /* when, by the monotonic clock */
	bool six;    /* one is IPv6 that leads out */
	size_t count;
	struct sockaddr_storage list[OWN_MAX];
};

/* Read them, if that was not done in the last minute. */
void own_refresh(struct own *);
bool own_has(const struct own *, const struct sockaddr *);

#endif
