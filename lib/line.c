#include "line.h"

#include <string.h>

enum state {
	START,  /* behind CR LF, or at the first byte */
	DOT,    /* START, "." */
	DOT_CR, /* START, ".", CR: an LF here is the end */
	TEXT,
	TEXT_CR
};

ssize_t
line_command(const char *bytes, size_t len, size_t max, enum line_fault *fault)
{
	size_t i;

	for (i = 0; i < len && i < max; i++)
		if (bytes[i] == '\r' || bytes[i] == '\n')
			break;
	if (i == max || (i < len && i + 2 > max)) {
		*fault = LINE_LONG;
		return -1;
	}
	if (i == len || (bytes[i] == '\r' && i + 1 == len))
		return 0;
	if (bytes[i] == '\r' && bytes[i + 1] == '\n')
		return (ssize_t)i + 2;
	*fault = bytes[i] == '\n' ? LINE_BARE_LF : LINE_BARE_CR;
	return -1;
}

void
line_data_start(struct line_data *d)
{
	memset(d, 0, sizeof(*d));
	d->state = START;
}

static void
line_over(struct line_data *d)
{
	d->length = 0;
	d->state = START;
}

static void
text_grew(struct line_data *d, size_t n)
{
	d->length += n;
	if (d->length > d->longest)
		d->longest = d->length;
}

/*
 * The states in which something other than text is expected.  true if the byte
 * is dealt with; false if it is text, and to be looked at in state TEXT.
 */
static bool
expected(struct line_data *d, char c, bool *end, bool *newline)
{
	switch (d->state) {
	case START:
		d->state = c == '.' && !d->chunks ? DOT : TEXT;
		return d->state == DOT;
	case DOT:
		d->state = c == '\r' ? DOT_CR : TEXT;
		return c == '\r';
	case DOT_CR:
		*end = c == '\n';
		break;
	case TEXT_CR:
		*newline = c == '\n';
		break;
	default:
		return false;
	}
	if (c == '\n') {
		line_over(d);
		return true;
	}
	d->bare_cr = true;
	d->state = TEXT;
	return false;
}

/* Text up to the next byte that means something.  How many. */
static size_t
run(const char *bytes, size_t len)
{
	size_t n;

	for (n = 0; n < len; n++)
		if ((unsigned char)bytes[n] <= '\r' &&
		    (bytes[n] == '\r' || bytes[n] == '\n' || bytes[n] == '\0'))
			break;
	return n;
}

static void
special(struct line_data *d, char c)
{
	if (c == '\r')
		d->state = TEXT_CR;
	else if (c == '\n')
		d->bare_lf = true;
	else
		d->nul = true;
}

size_t
line_data(struct line_data *d, const char *bytes, size_t len, char *out,
    size_t *outlen, bool *end)
{
	size_t at = 0, n, put = 0;
	bool newline;

	*end = false;
	while (at < len && !*end) {
		newline = false;
		if (d->state != TEXT && expected(d, bytes[at], end, &newline)) {
			if (newline)
				out[put++] = '\n';
			at++;
			continue;
		}
		n = run(bytes + at, len - at);
		memcpy(out + put, bytes + at, n);
		text_grew(d, n);
		put += n;
		at += n;
		if (at < len)
			special(d, bytes[at++]);
	}
	*outlen = put;
	return at;
}

size_t
line_chunk(struct line_data *d, const char *bytes, size_t len, char *out)
{
	size_t outlen;
	bool end;

	d->chunks = true;
	line_data(d, bytes, len, out, &outlen, &end);
	return outlen;
}

bool
line_chunk_end(struct line_data *d)
{
	if (d->state == TEXT_CR)
		d->bare_cr = true;
	return d->state != START;
}
