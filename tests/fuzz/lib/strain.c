/* A message in one piece and byte by byte comes out the same, and clean. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "strain.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static long
in_pieces(const char *in, size_t len, size_t step, int dots, char *out)
{
	struct strain s;
	size_t at, n;
	long total = 0, got;

	strain_init(&s, dots);
	for (at = 0; at < len; at += n) {
		n = len - at < step ? len - at : step;
		if ((got = strain_bytes(&s, in + at, n, out + total)) == -1)
			return -1;
		total += got;
	}
	return total;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *whole, *bits;
	long a, b;
	int dots;

	if (size == 0)
		return 0;
	whole = malloc(size * 2 + STRAIN_CARRY);
	bits = malloc(size * 2 + STRAIN_CARRY);
	for (dots = 0; dots < 2; dots++) {
		a = in_pieces((const char *)data, size, size, dots, whole);
		b = in_pieces((const char *)data, size, 1, dots, bits);
		if (a != b || (a > 0 && memcmp(whole, bits, (size_t)a) != 0))
			abort();
		if (a > 0 && (memchr(whole, '\r', (size_t)a) != NULL ||
				 memchr(whole, '\0', (size_t)a) != NULL))
			abort();
	}
	free(whole);
	free(bits);
	return 0;
}
