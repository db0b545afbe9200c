/* Lines of /etc/hosts, resolv.conf and conf/nameserver. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolve_hosts.h"
#include "resolve_net.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hosts *hosts = hosts_new();
	struct sockaddr_storage found[4], address;
	socklen_t lens[4], len;
	char out[NAMESERVER_SIZE], reverse[NET_REVERSE], *text, *rest, *line;

	if ((rest = text = malloc(size + 1)) == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		hosts_line(hosts, line);
		(void)resolv_line(line, out);
		(void)nameserver_parse(line, out);
		if (net_literal(line, &address, &len) == 0 &&
		    (net_reverse((struct sockaddr *)&address, reverse) == -1 ||
			!host_valid(reverse)))
			abort();
	}
	hosts_ready(hosts);
	if (hosts_forward(hosts, "a", found, lens, 4) > 0 &&
	    hosts_reverse(hosts, (struct sockaddr *)&found[0]) == NULL)
		abort();
	hosts_free(hosts);
	free(text);
	return 0;
}
