#include "offer.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum offer_kind kind;
} known[] = {
    {"PIPELINING", OFFER_PIPELINING},
    {"8BITMIME", OFFER_8BITMIME},
    {"SMTPUTF8", OFFER_SMTPUTF8},
    {"DSN", OFFER_DSN},
    {"SIZE", OFFER_SIZE},
};

/* RFC 1870 3: digits; 0 is no limit, and rubbish tells of none. */
static uint64_t
parse_size(const char *text)
{
	char number[21];
	size_t len = strspn(text, "0123456789");
	const char *error;
	long long n;

	if (len == 0 || len >= sizeof(number) ||
	    (text[len] != '\0' && text[len] != ' '))
		return 0;
	memcpy(number, text, len);
	number[len] = '\0';
	n = strtonum(number, 0, INT64_MAX, &error);
	return error == NULL ? (uint64_t)n : 0;
}

void
offer_parse(const char *words, struct offer *offer)
{
	size_t len = strcspn(words, " \t");
	size_t i;

	offer->kind = OFFER_UNKNOWN;
	offer->size = 0;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == len &&
		    strncasecmp(known[i].name, words, len) == 0)
			offer->kind = known[i].kind;
	words += len;
	words += strspn(words, " \t");
	if (offer->kind == OFFER_SIZE)
		offer->size = parse_size(words);
}
