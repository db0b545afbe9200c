#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"
#include "readdress.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
keep(bool sender, const char *address, char out[ADDR_SIZE], void *arg)
{
	(void)sender;
	(void)arg;
	strlcpy(out, address, ADDR_SIZE);
	return 0;
}

static int
replace(bool sender, const char *address, char out[ADDR_SIZE], void *arg)
{
	(void)arg;
	if (strcmp(address, "later@x") == 0)
		return -1;
	strlcpy(out, sender ? "s@x.example" : "\"r r\"@[192.0.2.1]", ADDR_SIZE);
	return strcmp(address, out) != 0;
}

static size_t
fields(const char *text, size_t len, size_t *end)
{
	struct header_field field;
	size_t count = 0;

	for (*end = 0; header_next(text, len, end, &field); count++)
		continue;
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	char *out, *again;
	size_t out_len, again_len, took, end, was, now;

	if (readdress(text, len, keep, NULL, &out, &out_len, &took) != 0)
		abort();
	if (readdress(text, len, replace, NULL, &out, &out_len, &took) != 1)
		return 0;
	/* The header ends where it ended, and has the same fields. */
	was = fields(text, len, &end);
	if (end != took)
		abort();
	now = fields(out, out_len, &end);
	if (was != now || end != out_len)
		abort();
	/* What was put there is read back as it was put. */
	if (readdress(out, out_len, replace, NULL, &again, &again_len, &took) ==
	    1) {
		if (again_len == out_len && memcmp(again, out, out_len) == 0)
			abort();
		free(again);
	}
	free(out);
	return 0;
}
