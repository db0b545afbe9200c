#include "resolve_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
label_valid(const char *label, size_t len)
{
	size_t i;

	if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++) {
		char c = label[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

bool
host_valid(const char *name)
{
	const char *label, *dot;

	if (strlen(name) > 253)
		return false;
	for (label = name; (dot = strchr(label, '.')) != NULL; label = dot + 1)
		if (!label_valid(label, (size_t)(dot - label)))
			return false;
	if (!label_valid(label, strlen(label)))
		return false;
	/* RFC 1123 2.1: the last label tells a name from an address. */
	return strspn(label, "0123456789") != strlen(label);
}

socklen_t
net_from_bytes(int family, const void *bytes, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	out->ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		memcpy(&in->sin_addr, bytes, 4);
		return sizeof(*in);
	}
	memcpy(&in6->sin6_addr, bytes, 16);
	return sizeof(*in6);
}

int
net_literal(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
	unsigned char bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*len = net_from_bytes(AF_INET, bytes, out);
		return 0;
	}
	/* RFC 5321 4.1.3 wants the tag; people leave it out. */
	if (strncasecmp(text, "IPv6:", 5) == 0)
		text += 5;
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return -1;
	*len = net_from_bytes(AF_INET6, bytes, out);
	return 0;
}

void
net_unmap(struct sockaddr_storage *address, socklen_t *len)
{
	const struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address;
	struct sockaddr_storage plain;
	in_port_t port;

	if (address->ss_family != AF_INET6 ||
	    !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		return;
	port = in6->sin6_port;
	*len = net_from_bytes(AF_INET, in6->sin6_addr.s6_addr + 12, &plain);
	((struct sockaddr_in *)&plain)->sin_port = port;
	*address = plain;
}

static const void *
address_bytes(const struct sockaddr *address, size_t *len)
{
	if (address->sa_family == AF_INET) {
		*len = 4;
		return &((const struct sockaddr_in *)address)->sin_addr;
	}
	if (address->sa_family == AF_INET6) {
		*len = 16;
		return &((const struct sockaddr_in6 *)address)->sin6_addr;
	}
	*len = 0;
	return NULL;
}

void
net_text(const struct sockaddr *address, char *out, size_t size)
{
	const void *bytes;
	size_t len;

	bytes = address_bytes(address, &len);
	if (bytes == NULL ||
	    inet_ntop(address->sa_family, bytes, out, (socklen_t)size) == NULL)
		(void)snprintf(out, size, "unknown");
}

int
net_reverse(const struct sockaddr *address, char out[NET_REVERSE])
{
	const uint8_t *b;
	size_t len, i;

	b = address_bytes(address, &len);
	if (len == 4) {
		(void)snprintf(out, NET_REVERSE, "%u.%u.%u.%u.in-addr.arpa",
		    b[3], b[2], b[1], b[0]);
		return 0;
	}
	if (len != 16)
		return -1;
	for (i = 0; i < 16; i++)
		(void)snprintf(out + 4 * i, NET_REVERSE - 4 * i, "%x.%x.",
		    b[15 - i] & 15U, b[15 - i] >> 4);
	(void)snprintf(out + 64, NET_REVERSE - 64, "ip6.arpa");
	return 0;
}

int
net_compare(const struct sockaddr *a, const struct sockaddr *b)
{
	const void *x, *y;
	size_t xlen, ylen;

	x = address_bytes(a, &xlen);
	y = address_bytes(b, &ylen);
	if (xlen != ylen)
		return xlen < ylen ? -1 : 1;
	return xlen == 0 ? 0 : memcmp(x, y, xlen);
}

bool
net_equal(const struct sockaddr *a, const struct sockaddr *b)
{
	size_t len;

	return address_bytes(a, &len) != NULL && net_compare(a, b) == 0;
}

static bool
routable4(const uint8_t *b)
{
	if (b[0] == 0 || b[0] == 127 || b[0] >= 224)
		return false;
	return !(b[0] == 169 && b[1] == 254);
}

bool
net_routable(const struct sockaddr *address)
{
	const struct in6_addr *six;
	size_t len;

	six = address_bytes(address, &len);
	if (len == 4)
		return routable4((const uint8_t *)six);
	if (len != 16 || IN6_IS_ADDR_UNSPECIFIED(six) ||
	    IN6_IS_ADDR_LOOPBACK(six) || IN6_IS_ADDR_MULTICAST(six) ||
	    IN6_IS_ADDR_LINKLOCAL(six) || IN6_IS_ADDR_V4COMPAT(six))
		return false;
	return !IN6_IS_ADDR_V4MAPPED(six) || routable4(six->s6_addr + 12);
}
