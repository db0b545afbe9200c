#include <err.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "seen.h"

static int
by_case(const void *a, const void *b)
{
	return strcasecmp(a, b);
}

bool
seen_add(void **set, const char *address)
{
	char *own = strdup(address), **found;

	if (own == NULL || (found = tsearch(own, set, by_case)) == NULL)
		err(EXIT_TEMP, "set of addresses");
	if (*found == own)
		return true;
	free(own);
	return false;
}

void
seen_free(void **set)
{
	tdestroy(*set, free);
	*set = NULL;
}
