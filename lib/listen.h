/*
 * listen - the addresses we serve
 *
 * A line of the control file "listen" is one of
 *
 *	192.0.2.1:25	[2001:db8::1]:25	*:25	*
 *	192.0.2.1	[2001:db8::1]		2001:db8::1
 *
 * Without a port it is 25; * is every address, IPv4 and IPv6.  Port 0 is any
 * free port (the log says which).
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define LISTEN_MAX  32
#define LISTEN_TEXT 64

struct listen_address {
	struct sockaddr_storage address;
	socklen_t len;
	bool optional; /* the IPv6 half of *: the host may have none */
};

struct listen_list {
	size_t count;
	struct listen_address list[LISTEN_MAX];
};

/* Add the address of a line.  NULL, or what is wrong with it.  Pure. */
const char *listen_parse(const char *line, struct listen_list *);

/* "192.0.2.1:25", "[2001:db8::1]:25" */
void listen_text(const struct sockaddr *, char out[LISTEN_TEXT]);

/*
 * A socket that listens (and does not block) on each, -1 where an optional one
 * is not to be had.  A port 0 becomes the one that was given.  Several may
 * listen on the same address (SO_REUSEPORT).  Exits 111 if one cannot.
 */
void listen_open(struct listen_list *, int fds[LISTEN_MAX]);

#endif
