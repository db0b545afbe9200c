#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cidr.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A network holds its own first address. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cidr_set *set;
	struct cidr c;
	char text[128];

	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (cidr_parse(text, &c) != 1)
		return 0;
	if (c.bits > (c.family == AF_INET ? 32 : 128))
		abort();
	set = cidr_set_new();
	cidr_set_add(set, &c, false, text, "RELAY");
	cidr_set_sort(set);
	if (cidr_set_find(set, c.family, c.net) == NULL)
		abort();
	cidr_set_free(set);
	return 0;
}
