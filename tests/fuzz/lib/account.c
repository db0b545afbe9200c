#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct account_mailbox m;
	char *text = malloc(len + 1);

	memcpy(text, data, len);
	text[len] = '\0';
	if (account_parse(text, &m) == 0) {
		if (m.path[0] != '/' || strlen(m.path) < 2 ||
		    !account_name(m.owner) || strchr(m.owner, '/') != NULL)
			abort();
	}
	if (account_name(text) && (strchr(text, '/') != NULL || *text == '-'))
		abort();
	free(text);
	return 0;
}
