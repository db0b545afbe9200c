#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct pair_rules rules[] = {
	    {'#', '\0', true, false},
	    {'#', ',', true, false},
	    {';', '\0', false, true},
	};
	char text[PAIR_SIZE];
	struct pair p;
	size_t i;
	int got;

	if (len >= sizeof(text) || memchr(data, '\n', len) != NULL)
		return 0;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		memcpy(text, data, len);
		text[len] = '\0';
		got = pair_parse(text, len, &rules[i], &p);
		if (got == -1 && p.reason == NULL)
			abort();
		if (got != 1)
			continue;
		if (p.key_len != strlen(p.key) ||
		    p.value_len != strlen(p.value) ||
		    p.key_len + p.value_len > len)
			abort();
		if (p.value_len == 0 && !rules[i].empty)
			abort();
	}
	return 0;
}
