/*
 * Data cut anywhere give the same content and flags, never more than came in,
 * and end at CR LF . CR LF or at the first "." CR LF, and nowhere else.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

struct result {
	char *content;
	size_t len, taken;
	bool end;
	struct line_data d;
};

static void
feed(const char *bytes, size_t len, size_t step, struct result *r)
{
	size_t n, used;

	memset(r, 0, sizeof(*r));
	r->content = malloc(len + 1);
	line_data_start(&r->d);
	while (r->taken < len && !r->end) {
		n = len - r->taken < step ? len - r->taken : step;
		used = line_data(&r->d, bytes + r->taken, n,
		    r->content + r->len, &n, &r->end);
		if (n > used ||
		    (used < step && r->taken + used < len && !r->end))
			abort();
		r->len += n;
		r->taken += used;
	}
}

/* The plain truth about where data end. */
static size_t
true_end(const char *bytes, size_t len)
{
	size_t i;

	if (len >= 3 && memcmp(bytes, ".\r\n", 3) == 0)
		return 3;
	for (i = 0; i + 5 <= len; i++)
		if (memcmp(bytes + i, "\r\n.\r\n", 5) == 0)
			return i + 5;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct result one, two;
	enum line_fault fault;
	ssize_t n;

	n = line_command(bytes, size, 64, &fault);
	if (n > 64 || (n > 0 && memcmp(bytes + n - 2, "\r\n", 2) != 0))
		abort();
	feed(bytes, size, size + 1, &one);
	feed(bytes, size, size > 0 ? 1 + data[0] % 7 : 1, &two);
	if (one.len != two.len || one.end != two.end ||
	    one.taken != two.taken ||
	    memcmp(&one.d, &two.d, sizeof(one.d)) != 0 ||
	    memcmp(one.content, two.content, one.len) != 0)
		abort();
	if (one.end ? true_end(bytes, size) != one.taken
		    : true_end(bytes, size) != 0)
		abort();
	if (memchr(one.content, '\0', one.len) != NULL ||
	    memchr(one.content, '\r', one.len) != NULL)
		abort();
	free(one.content);
	free(two.content);
	return 0;
}
