#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "date.h"
#include "received.h"

#define NAME_MAX_LEN 255 /* RFC 5321 4.5.3.1.2 */
#define FOR_MAX_LEN  256 /* RFC 5321 4.5.3.1.3 */

/* The name as far as it looks like one. */
static const char *
tame(char out[NAME_MAX_LEN + 1], const char *name)
{
	size_t i;

	for (i = 0; i < NAME_MAX_LEN && name[i] != '\0'; i++)
		out[i] = isalnum((unsigned char)name[i]) ||
				 strchr(".-_:[]", name[i]) != NULL
			     ? name[i]
			     : '?';
	out[i] = '\0';
	return i == 0 ? "unknown" : out;
}

/* May the address stand in the line?  Nothing in it may end "for" early. */
static int
may_show(const char *address)
{
	const char *p;

	if (address == NULL || *address == '\0' ||
	    strlen(address) > FOR_MAX_LEN)
		return 0;
	for (p = address; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("<>();", *p) != NULL)
			return 0;
	return 1;
}

static size_t
from_client(char out[RECEIVED_SIZE], const struct received *r, const char *date)
{
	char helo[NAME_MAX_LEN + 1], name[NAME_MAX_LEN + 1];
	char address[NAME_MAX_LEN + 1], protocol[NAME_MAX_LEN + 1];
	int one = may_show(r->recipient);
	int n;

	n = snprintf(out, RECEIVED_SIZE,
	    "Received: from %s (%s [%s%s])\n\tby %s with %.20s id %s%s%s%s;"
	    "%s%s\n",
	    tame(helo, r->helo), tame(name, r->name),
	    strchr(r->address, ':') != NULL ? "IPv6:" : "",
	    tame(address, r->address), r->me,
	    *r->protocol == '\0' ? "SMTP" : tame(protocol, r->protocol), r->id,
	    one ? "\n\tfor <" : "", one ? r->recipient : "", one ? ">" : "",
	    one ? " " : "\n\t", date);
	return (size_t)n;
}

size_t
received_format(char out[RECEIVED_SIZE], const struct received *r)
{
	char date[DATE_SIZE];

	date_rfc5322(date, sizeof(date), r->when);
	if (*r->address != '\0')
		return from_client(out, r, date);
	return (size_t)snprintf(out, RECEIVED_SIZE,
	    "Received: by %s (from uid %u) id %s;\n\t%s\n", r->me,
	    (unsigned)r->uid, r->id, date);
}
