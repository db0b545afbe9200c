#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t
quote(const char *in, size_t len, size_t step, char *out)
{
	struct mbox_quote q = {0};
	size_t n = 0, at, piece;

	for (at = 0; at < len; at += piece) {
		piece = len - at < step ? len - at : step;
		n += mbox_quote(&q, in + at, piece, out + n);
	}
	return n + mbox_quote_end(&q, out + n);
}

/* Is it From_ after any number of '>'?  Then where the From_ is. */
static const char *
from_in(const char *line, const char *end)
{
	while (line < end && *line == '>')
		line++;
	/* cppcheck-suppress knownConditionTrueFalse ; it loses the loop */
	return end - line >= 5 && memcmp(line, "From ", 5) == 0 ? line : NULL;
}

/* Take one '>' from each quoted line: what a reader does. */
static size_t
unquote(const char *in, size_t len, char *out)
{
	const char *end = in + len, *next;
	size_t n = 0;

	for (; in < end; in = next) {
		next = memchr(in, '\n', (size_t)(end - in));
		next = next == NULL ? end : next + 1;
		if (from_in(in, next) != NULL && *in++ != '>')
			abort(); /* a From_ line went through */
		memcpy(out + n, in, (size_t)(next - in));
		n += (size_t)(next - in);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data + 1;
	char *whole, *pieces, *back;
	size_t n;

	if (len < 2)
		return 0;
	len--;
	whole = malloc(2 * len + 16);
	pieces = malloc(2 * len + 16);
	back = malloc(2 * len + 16);
	n = quote(text, len, len, whole);
	if (quote(text, len, 1 + data[0] % 16, pieces) != n ||
	    memcmp(whole, pieces, n) != 0)
		abort();
	n = unquote(whole, n, back);
	if (n < len || n > len + 1 || memcmp(back, text, len) != 0)
		abort();
	free(whole);
	free(pieces);
	free(back);
	return 0;
}
