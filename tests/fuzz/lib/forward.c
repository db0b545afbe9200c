#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "forward.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
is_ours(const char *domain, void *arg)
{
	(void)arg;
	return *domain == 'u' ? -1 : *domain == 'h';
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct forward_self self = {
	    .account = "kim", .recipient = "kim@h", .is_ours = is_ours};
	struct alias_items items;
	const char *reason;
	struct plan p;
	unsigned line;
	size_t i;

	if (alias_parse((const char *)data, len, &items, &line, &reason) == -1)
		return 0;
	if (forward_plan(&items, &self, &p) == 0) {
		for (i = 1; i < p.count; i++)
			if (p.steps[i].kind < p.steps[i - 1].kind)
				abort();
		for (i = 0; i < p.nplaces; i++)
			if (strcasecmp(p.places[i].text, "kim") == 0 ||
			    strcasecmp(p.places[i].text, "kim@h") == 0)
				abort();
		plan_free(&p);
	}
	alias_free(&items);
	return 0;
}
