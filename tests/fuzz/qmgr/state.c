/* Any bytes as a state file: the walk ends, and believes nothing forged. */
#include <stdint.h>
#include <stdlib.h>

#include "state.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct record r;
	size_t at = 0, used;

	record_init(&r, 4096);
	while (at < size) {
		if (state_parse(&r, 1, bytes + at, size - at, &used) != 1)
			used = state_resync(bytes + at, size - at);
		if (used == 0 || used > size - at)
			abort();
		at += used;
	}
	record_free(&r);
	return 0;
}
