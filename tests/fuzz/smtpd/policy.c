/*
 * A line of the control file policy: whatever it says, a server that is taken
 * has an address, or a socket below the root that climbs out of nowhere.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct policy_list l;
	char line[1024];

	if (size >= sizeof(line))
		return 0;
	memcpy(line, data, size);
	line[size] = '\0';
	l.count = 0;
	strlcpy(l.root, "/run/smtpd", sizeof(l.root));
	if (policy_parse(line, &l) != NULL) {
		if (l.count != 0)
			abort();
		return 0;
	}
	if (l.count != 1 ||
	    (*l.list[0].path != '\0' &&
		(*l.list[0].path != '/' ||
		    strstr(l.list[0].path, "/../") != NULL)) ||
	    (*l.list[0].path == '\0' && l.list[0].len == 0))
		abort();
	return 0;
}
