#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "intake.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define MOST 4096

/* The same letters, whatever pieces the bytes come in. */
static uint64_t
drink(const uint8_t *data, size_t len, size_t step, size_t files)
{
	struct intake in;
	struct letter l;
	uint64_t sum = 0;
	size_t at, n, room;
	int r = 0;

	intake_init(&in, MOST);
	while (files-- > 0)
		intake_file(&in, dup(0));
	for (at = 0; at < len && r != -1; at += n) {
		n = len - at < step ? len - at : step;
		memcpy(intake_room(&in, &room), data + at, n);
		if (n > room)
			abort();
		intake_took(&in, n);
		while ((r = intake_next(&in, &l)) == 1) {
			sum = sum * 31 + l.length + (l.bytes == NULL);
			letter_free(&l);
		}
	}
	if (r == -1 && in.why == NULL)
		abort();
	intake_free(&in);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t step, files;

	if (len < 2)
		return 0;
	step = 1 + data[0] % 64;
	files = data[1] % 4;
	if (len > 10000)
		len = 10000;
	if (drink(data + 2, len - 2, step, files) !=
	    drink(data + 2, len - 2, 1000, files))
		abort();
	return 0;
}
