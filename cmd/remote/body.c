#include "body.h"

#include <err.h>

#include "exits.h"

#define PIECE 8192

static void
put(struct evbuffer *out, const char *bytes, size_t len)
{
	if (evbuffer_add(out, bytes, len) == -1)
		err(EXIT_TEMP, "output");
}

void
body_begin(struct body *body)
{
	body->start = true;
	body->cr = false;
}

/* One byte in, three out at most.  How many. */
static size_t
encode(struct body *body, char c, char *out)
{
	size_t n = 0;

	if (body->cr && c != '\n') {
		out[n++] = ' ';
		body->start = false;
	}
	body->cr = c == '\r';
	if (body->cr)
		return n;
	if (c == '\n') {
		out[n++] = '\r';
	} else if (c == '.' && body->start) {
		out[n++] = '.';
	}
	out[n++] = c;
	body->start = c == '\n';
	return n;
}

void
body_add(struct body *body, const char *bytes, size_t len, struct evbuffer *out)
{
	char piece[PIECE];
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (n > PIECE - 3) {
			put(out, piece, n);
			n = 0;
		}
		n += encode(body, bytes[i], piece + n);
	}
	put(out, piece, n);
}

void
body_end(struct body *body, struct evbuffer *out)
{
	if (!body->start || body->cr)
		body_add(body, "\n", 1, out);
	put(out, ".\r\n", 3);
}
