#include <stdio.h>
#include <string.h>

#include "date.h"
#include "mbox.h"

static const char from[] = "From ";

#define FROM_LEN (sizeof(from) - 1)

size_t
mbox_from(char out[MBOX_FROM], const char *sender, time_t now)
{
	char address[1024], date[DATE_SIZE], *p;
	int len;

	/* Longer ones are no addresses; Return-Path has the whole. */
	(void)strlcpy(address, *sender == '\0' ? "MAILER-DAEMON" : sender,
	    sizeof(address));
	for (p = address; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			*p = '-';
	date_mbox(date, sizeof(date), now);
	len = snprintf(out, MBOX_FROM, "From %s %s\n", address, date);
	return (size_t)len;
}

/* The rest of a line that needs no quoting, as far as there is any. */
static size_t
copy_line(struct mbox_quote *q, const char *in, size_t len, char *out)
{
	const char *end = memchr(in, '\n', len);

	if (end != NULL) {
		len = (size_t)(end - in) + 1;
		q->inside = false;
	}
	memcpy(out, in, len);
	return len;
}

/* Give back what was held, for it was no "From ". */
static size_t
let_go(struct mbox_quote *q, char *out)
{
	size_t n = q->matched;

	memcpy(out, from, n);
	q->matched = 0;
	return n;
}

size_t
mbox_quote(struct mbox_quote *q, const char *in, size_t len, char *out)
{
	char *start = out;
	size_t n, at = 0;

	if (len > 0) {
		q->any = true;
		q->last = in[len - 1];
	}
	while (at < len) {
		if (q->inside) {
			n = copy_line(q, in + at, len - at, out);
			at += n;
			out += n;
		} else if (q->matched == 0 && in[at] == '>') {
			*out++ = in[at++];
		} else if (in[at] == from[q->matched]) {
			at++;
			if (++q->matched < FROM_LEN)
				continue;
			*out++ = '>';
			out += let_go(q, out);
			q->inside = true;
		} else {
			out += let_go(q, out);
			q->inside = true;
		}
	}
	return (size_t)(out - start);
}

size_t
mbox_quote_end(struct mbox_quote *q, char *out)
{
	size_t n = let_go(q, out);

	if (q->any && q->last != '\n')
		out[n++] = '\n';
	q->inside = false;
	return n;
}
