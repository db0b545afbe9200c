#include "resolve_own.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>

#include "resolve_net.h"

#define OWN_AGE 60

static void
add_own(struct own *own, const struct sockaddr *address)
{
	size_t len = sizeof(struct sockaddr_in);

	if (address->sa_family == AF_INET6) {
		len = sizeof(struct sockaddr_in6);
		own->six = own->six || net_routable(address);
	} else if (address->sa_family != AF_INET) {
		return;
	}
	if (own->count < OWN_MAX)
		memcpy(&own->list[own->count++], address, len);
}

void
own_refresh(struct own *own)
{
	struct ifaddrs *all, *one;
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (own->read != 0 && now.tv_sec - own->read < OWN_AGE)
		return;
	/* What was known stays true if the kernel does not say now. */
	if (getifaddrs(&all) == -1)
		return;
	memset(own, 0, sizeof(*own));
	own->read = now.tv_sec == 0 ? 1 : now.tv_sec;
	for (one = all; one != NULL; one = one->ifa_next)
		if (one->ifa_addr != NULL)
			add_own(own, one->ifa_addr);
	freeifaddrs(all);
}

bool
own_has(const struct own *own, const struct sockaddr *address)
{
	size_t i;

	for (i = 0; i < own->count; i++)
		if (net_equal((const struct sockaddr *)&own->list[i], address))
			return true;
	return false;
}
