#include "listen.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"

#define LISTEN_BACKLOG 1024

static const char *
add(struct listen_list *l, const char *host, const char *port)
{
	struct listen_address *a;
	struct sockaddr_in *v4;
	struct sockaddr_in6 *v6;
	const char *wrong;
	int number;

	number = (int)strtonum(port, 0, 65535, &wrong);
	if (wrong != NULL || port[strspn(port, "0123456789")] != '\0')
		return "the port is no number up to 65535";
	if (l->count == LISTEN_MAX)
		return "too many addresses";
	a = &l->list[l->count];
	memset(a, 0, sizeof(*a));
	v4 = (struct sockaddr_in *)&a->address;
	v6 = (struct sockaddr_in6 *)&a->address;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)number);
		a->len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)number);
		a->len = sizeof(*v6);
	} else
		return "not an IP address";
	l->count++;
	return NULL;
}

static const char *
add_all(struct listen_list *l, const char *port)
{
	const char *wrong;

	if ((wrong = add(l, "0.0.0.0", port)) != NULL ||
	    (wrong = add(l, "::", port)) != NULL)
		return wrong;
	l->list[l->count - 1].optional = true;
	return NULL;
}

/* Cut "HOST:PORT" or "[HOST]:PORT" in two.  NULL if that is not its form. */
static const char *
cut(char *text, char **host)
{
	char *end, *port;

	*host = text;
	if (*text == '[') {
		if ((end = strchr(text, ']')) == NULL)
			return NULL;
		*host = text + 1;
		*end++ = '\0';
		return *end == '\0' ? "25" : *end == ':' ? end + 1 : NULL;
	}
	if ((port = strchr(text, ':')) == NULL || strchr(port + 1, ':') != NULL)
		return "25";
	*port = '\0';
	return port + 1;
}

const char *
listen_parse(const char *line, struct listen_list *l)
{
	char text[LISTEN_TEXT], *host;
	const char *port;

	if (strlcpy(text, line, sizeof(text)) >= sizeof(text))
		return "too long";
	if ((port = cut(text, &host)) == NULL)
		return "not ADDRESS:PORT, [IPV6]:PORT or *:PORT";
	if (strcmp(text, "*") == 0)
		return add_all(l, port);
	if (*text == '[' && strchr(host, ':') == NULL)
		return "only an IPv6 address stands in brackets";
	return add(l, host, port);
}

void
listen_text(const struct sockaddr *address, char out[LISTEN_TEXT])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	char host[INET6_ADDRSTRLEN] = "";

	if (address->sa_family == AF_INET) {
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(out, LISTEN_TEXT, "%s:%u", host, ntohs(v4->sin_port));
	} else {
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(
		    out, LISTEN_TEXT, "[%s]:%u", host, ntohs(v6->sin6_port));
	}
}

/*
 * Bind and listen; -1 with errno.  What is accepted has TCP_NODELAY from here,
 * see tcp(7): replies are written when they are complete.
 */
static int
open_one(struct listen_address *a)
{
	int fd, on = 1, family = a->address.ss_family, saved;
	struct sockaddr *address = (struct sockaddr *)&a->address;

	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    (family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				       &on, sizeof(on)) == 0) &&
	    bind(fd, address, a->len) == 0 && listen(fd, LISTEN_BACKLOG) == 0 &&
	    getsockname(fd, address, &a->len) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

void
listen_open(struct listen_list *l, int fds[LISTEN_MAX])
{
	char text[LISTEN_TEXT];
	size_t i;

	for (i = 0; i < l->count; i++) {
		fds[i] = open_one(&l->list[i]);
		if (fds[i] != -1 ||
		    (l->list[i].optional &&
			(errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)))
			continue;
		listen_text((struct sockaddr *)&l->list[i].address, text);
		err(EXIT_TEMP, "listen on %s", text);
	}
}
