/* Any bytes as a record: what is taken is encoded again as it came. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r;
	size_t len;
	ssize_t got;
	char *text;

	record_init(&r, 4096);
	got = record_parse(&r, (const char *)data, size);
	if (got > 0) {
		text = record_encode(&r, &len);
		if (len != (size_t)got || memcmp(text, data, len) != 0)
			abort();
		free(text);
	}
	record_free(&r);
	return 0;
}
