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

/* Of a claim: what is asked is the first word of its value. */
enum who {
	NO_CLAIM, /* or nothing more to ask */
	BEFORE,   /* in the blanks and comments before it */
	WORD
};

static const char received[] = "received";

void
hops_start(struct hops *h, const char *me)
{
	memset(h, 0, sizeof(*h));
	h->state = NEWLINE;
	h->me = me;
}

/* Bytes of a name that have come, its length and one if it is another name. */
static size_t
follow(size_t seen, const char *name, size_t len, char c)
{
	return seen < len && tolower((unsigned char)c) ==
				 tolower((unsigned char)name[seen])
		   ? seen + 1
		   : len + 1;
}

static void
name(struct hops *h, char c)
{
	const size_t claim = sizeof(HOPS_CLAIM) - 1;

	if (c == ':') {
		h->received += h->match == sizeof(received) - 1;
		h->who = h->claim == claim ? BEFORE : NO_CLAIM;
		h->same = h->depth = 0;
		h->backslash = false;
		h->state = VALUE;
	} else if (c == ' ' || c == '\t')
		h->state = BLANK;
	else if (c <= ' ' || c > '~' || h->state == BLANK)
		h->state = BODY;
	else {
		h->match = follow(h->match, received, sizeof(received) - 1, c);
		h->claim = follow(h->claim, HOPS_CLAIM, claim, c);
	}
}

/* The first word is ours if it is me and ends there. */
static bool
word(struct hops *h, char c)
{
	if (h->me[h->same] == '\0') {
		h->who = NO_CLAIM;
		return strchr("\";(/ \t\n", c) != NULL;
	}
	if (tolower((unsigned char)c) == tolower((unsigned char)h->me[h->same]))
		h->same++;
	else
		h->who = NO_CLAIM;
	return false;
}

/* Comments nest, and a backslash takes a byte's meaning (RFC 5322 3.2.2). */
static bool
who(struct hops *h, char c)
{
	if (h->who == WORD)
		return word(h, c);
	if (h->backslash)
		h->backslash = false;
	else if (h->depth > 0 && c == '\\')
		h->backslash = true;
	else if (c == '(')
		h->depth++;
	else if (h->depth > 0)
		h->depth -= c == ')';
	else if (strchr("\" \t\n", c) == NULL) {
		h->who = WORD;
		return word(h, c);
	}
	return false;
}

/* true: this byte makes it a claim in our name. */
static bool
take(struct hops *h, char c)
{
	bool claimed = false;

	switch (h->state) {
	case NEWLINE:
		if (c == ' ' || c == '\t') {
			h->state = VALUE;
			break;
		}
		h->match = h->claim = 0;
		h->who = NO_CLAIM;
		h->name = h->size;
		h->state = NAME;
		if (c == '\n' || c == ':')
			h->state = BODY;
		else
			name(h, c);
		break;
	case NAME:
	case BLANK:
		name(h, c);
		break;
	default:
		if (h->who != NO_CLAIM)
			claimed = who(h, c);
		if (c == '\n')
			h->state = NEWLINE;
	}
	return claimed;
}

size_t
hops_take(struct hops *h, const char *bytes, size_t len, bool *claimed)
{
	size_t i;

	*claimed = false;
	for (i = 0; i < len && h->state != BODY && !*claimed; i++) {
		*claimed = take(h, bytes[i]);
		h->size++;
	}
	return h->state == BODY ? len : i;
}
