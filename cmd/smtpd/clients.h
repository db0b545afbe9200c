/*
 * clients - how many sessions each client address has
 *
 * IPv6 counts by /64, since that is what one customer has.  Loopback is not
 * counted: who is on this host can do worse.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include <sys/socket.h>

struct clients;

struct clients *clients_new(void);
void clients_free(struct clients *);
/* One more: how many it has now (0 for one that is not counted). */
unsigned clients_add(struct clients *, const struct sockaddr *);
void clients_remove(struct clients *, const struct sockaddr *);

#endif
