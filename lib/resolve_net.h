/*
 * resolve_net - host names and addresses, as text and as sockaddr; no I/O
 */
#ifndef RESOLVE_NET_H
#define RESOLVE_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define NET_REVERSE 80 /* the longest name in ip6.arpa fits */

/*
 * Is it a host name: labels of letters, digits, hyphen and underscore, 253
 * bytes at most, and nothing that could be taken for an IPv4 address?
 */
bool host_valid(const char *);

/* "192.0.2.7", "2001:db8::1" or "IPv6:2001:db8::1".  0, or -1. */
int net_literal(const char *, struct sockaddr_storage *, socklen_t *);
/* From a record of 4 or 16 bytes (AF_INET, AF_INET6). */
socklen_t net_from_bytes(int family, const void *, struct sockaddr_storage *);
/* An IPv4 address that was mapped into IPv6 becomes IPv4 again. */
void net_unmap(struct sockaddr_storage *, socklen_t *);
/* As inet_ntop(3) has it; "unknown" for another family. */
void net_text(const struct sockaddr *, char *out, size_t size);
/* The name under which its PTR records are.  0, or -1. */
int net_reverse(const struct sockaddr *, char out[NET_REVERSE]);
/* The same address, whatever the port? */
bool net_equal(const struct sockaddr *, const struct sockaddr *);
/* An order of addresses; 0 if they are the same, or both of no family. */
int net_compare(const struct sockaddr *, const struct sockaddr *);
/*
 * May DNS send us there?  Not to loopback, the unspecified, a link-local, a
 * multicast or a reserved address; private ones are fine.
 */
bool net_routable(const struct sockaddr *);

#endif
