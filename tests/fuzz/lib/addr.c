#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
is_local(const char *domain, void *arg)
{
	(void)arg;
	return strcasecmp(domain, "ours.example") == 0 ||
	       strcasecmp(domain, "[192.0.2.1]") == 0;
}

static int
rename_domain(const char *domain, char name[ADDR_SIZE], void *arg)
{
	(void)arg;
	if (strcasecmp(domain, "old.example") != 0)
		return 0;
	strlcpy(name, "ours.example", ADDR_SIZE);
	return 1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct addr_world world = {
	    "ours.example", is_local, rename_domain, NULL};
	char text[ADDR_SIZE * 2];
	enum addr_fault fault;
	struct addr a;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	fault = addr_canon(text, &world, &a);
	if (addr_reply(fault) == NULL)
		abort();
	if (fault == ADDR_OK) {
		if (*a.local == '\0')
			abort();
		if (*a.domain == '.' || strstr(a.domain, "..") != NULL)
			abort();
		/* Nothing is left behind a domain of ours. */
		if (is_local(a.domain, NULL) && addr_is_nested(a.local))
			abort();
	}
	if (addr_parse(text, &a) == NULL &&
	    (strlen(a.local) > ADDR_LOCAL || strlen(a.domain) > ADDR_DOMAIN ||
		strpbrk(text, "\r\n") != NULL))
		abort();
	return 0;
}
