#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct header_field field;
	size_t at = 0, last = 0;
	char *value;

	while (header_next(text, len, &at, &field)) {
		if (field.text != text + last || at != last + field.len ||
		    field.name_len == 0 ||
		    field.value + field.value_len > text + at)
			abort();
		value = header_value(&field);
		if (strchr(value, '\n') != NULL)
			abort();
		free(value);
		last = at;
	}
	if (at > len)
		abort();
	return 0;
}
