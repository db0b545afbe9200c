/* Any text as a number with a unit, and as a host's name. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[64];
	uint64_t n;
	int seconds;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	for (seconds = 0; seconds < 2; seconds++)
		if (conf_parse(text, seconds, &n) &&
		    strspn(text, "0123456789KMGsmhdw") != strlen(text))
			abort();
	return 0;
}
