#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "segment.h"
#include "state.h"

#define SUM_LINE 22 /* "sum=" 16 digits LF LF */

static const char *const names[EVENT_KINDS] = {"expanded", "done", "deferred",
    "failed", "reported", "discarded", "deleted", "held", "released", "warned",
    "moved"};

const char *
event_name(enum event_kind kind)
{
	return names[kind];
}

enum event_kind
event_kind(const char *name)
{
	int kind = 0;

	while (kind < EVENT_KINDS && strcmp(names[kind], name) != 0)
		kind++;
	return kind;
}

static uint64_t
sum_of(uint64_t salt, const char *text, size_t len)
{
	return XXH3_64bits_withSeed(text, len, ~salt);
}

char *
state_encode(const struct record *r, uint64_t salt, size_t *len)
{
	char *text = record_encode(r, len), *out;

	/* Behind the fields, in place of the empty line. */
	(*len)--;
	if ((out = realloc(text, *len + SUM_LINE + 1)) == NULL)
		abort();
	snprintf(out + *len, SUM_LINE + 1, "sum=%016jx\n\n",
	    (uintmax_t)sum_of(salt, out, *len));
	*len += SUM_LINE;
	return out;
}

int
state_parse(struct record *r, uint64_t salt, const char *bytes, size_t len,
    size_t *used)
{
	ssize_t got = record_parse(r, bytes, len);
	const char *sum;
	uint64_t given;

	if (got == 0)
		return 0;
	if (got <= SUM_LINE)
		return -1;
	sum = bytes + got - SUM_LINE;
	if (memcmp(sum, "sum=", 4) != 0 || sum[SUM_LINE - 2] != '\n' ||
	    hex_parse(sum + 4, 16, &given) == -1 ||
	    given != sum_of(salt, bytes, (size_t)(sum - bytes)))
		return -1;
	*used = got;
	return 1;
}

size_t
state_resync(const char *bytes, size_t len)
{
	const char *next;

	if (len < 2)
		return len;
	next = memmem(bytes + 1, len - 1, "\n\nevent=", 8);
	return next == NULL ? len : (size_t)(next - bytes) + 2;
}
