#include "hops.h"

#include <ctype.h>
#include <string.h>

enum state {
	NEWLINE, /* at the first byte of a line */
	NAME,
	BLANK, /* behind a name, before its colon */
	VALUE,
	BODY
};

static const char received[] = "received";

void
hops_start(struct hops *h)
{
	memset(h, 0, sizeof(*h));
	h->state = NEWLINE;
}

static void
name(struct hops *h, char c)
{
	if (c == ':') {
		h->received += h->match == sizeof(received) - 1;
		h->state = VALUE;
	} else if (c == ' ' || c == '\t')
		h->state = BLANK;
	else if (c <= ' ' || c > '~' || h->state == BLANK)
		h->state = BODY;
	else if (h->match < sizeof(received) - 1 &&
		 tolower((unsigned char)c) == received[h->match])
		h->match++;
	else
		h->match = sizeof(received); /* another name */
}

static void
take(struct hops *h, char c)
{
	switch (h->state) {
	case NEWLINE:
		h->match = 0;
		h->state = NAME;
		if (c == ' ' || c == '\t')
			h->state = VALUE;
		else if (c == '\n' || c == ':')
			h->state = BODY;
		else
			name(h, c);
		break;
	case NAME:
	case BLANK:
		name(h, c);
		break;
	default:
		if (c == '\n')
			h->state = NEWLINE;
	}
}

void
hops_take(struct hops *h, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len && h->state != BODY; i++)
		take(h, bytes[i]);
	h->size += i;
}
