#include "body.h"

#include <err.h>
#include <string.h>

#include "exits.h"

#define PIECE 8192
#define RUN   512 /* looked at at once: a CR may end it each time */

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

/* How many bytes stand for themselves: up to a line's end, and no first one. */
static size_t
plain(const struct body *body, const char *bytes, size_t len)
{
	const char *end;

	if (body->cr || body->start)
		return 0;
	if ((end = memchr(bytes, '\n', len)) != NULL)
		len = (size_t)(end - bytes);
	if ((end = memchr(bytes, '\r', len)) != NULL)
		len = (size_t)(end - bytes);
	return len;
}

void
body_add(struct body *body, const char *bytes, size_t len, struct evbuffer *out)
{
	char piece[PIECE];
	size_t i, run, n = 0;

	for (i = 0; i < len; i += run) {
		if (n > PIECE - 3) {
			put(out, piece, n);
			n = 0;
		}
		run = PIECE - n < RUN ? PIECE - n : RUN;
		run = len - i < run ? len - i : run;
		if ((run = plain(body, bytes + i, run)) > 0) {
			memcpy(piece + n, bytes + i, run);
			n += run;
		} else {
			n += encode(body, bytes[i], piece + n);
			run = 1;
		}
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
