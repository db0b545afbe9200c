/*
 * A message through what sendmail makes of it: nothing that came in may end
 * the header early, add a Bcc or be lost without a word.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "header.h"
#include "strain.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const char *text, size_t len)
{
	const struct author author = {.me = "mx",
	    .sender = "kim@mx",
	    .name = "K. \"Lee\"",
	    .date = "d",
	    .message_id = "m"};
	struct rcpts rcpts = {0};
	char why[128], *made;
	size_t made_len, at = 0;

	draft_complete(text, len / 2, &at);
	draft_complete(text, len, &at);
	draft_recipients(text, len, "mx", &rcpts, why);
	for (size_t i = 0; i < rcpts.count; i++)
		if (strpbrk(rcpts.list[i], "\r\n") != NULL)
			abort();
	rcpts_free(&rcpts);
	made = draft_header(text, len, &author, &made_len);
	if (header_count(made, made_len, "Bcc") != 0 ||
	    header_count(made, made_len, "From") == 0 ||
	    header_count(made, made_len, "Date") == 0)
		abort();
	free(made);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *out = malloc(len + STRAIN_CARRY);
	struct strain strain;
	long n;

	strain_init(&strain, true);
	n = strain_bytes(&strain, (const char *)data, len, out);
	if (n > (long)len)
		abort();
	if (n >= 0 && memchr(out, '\r', (size_t)n) != NULL)
		abort();
	if (n >= 0)
		check(out, (size_t)n);
	free(out);
	return 0;
}
