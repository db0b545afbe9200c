/* Any text as a host name or an address; an address is the same read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "resolve_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_storage a, b;
	socklen_t la, lb;
	char text[512], again[64], reverse[NET_REVERSE];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (host_valid(text) && strpbrk(text, " \r\n\t/:[]<>@") != NULL)
		abort();
	if (net_literal(text, &a, &la) != 0)
		return 0;
	net_text((struct sockaddr *)&a, again, sizeof(again));
	if (net_literal(again, &b, &lb) != 0 ||
	    !net_equal((struct sockaddr *)&a, (struct sockaddr *)&b))
		abort();
	(void)net_routable((struct sockaddr *)&a);
	(void)net_reverse((struct sockaddr *)&a, reverse);
	return 0;
}
