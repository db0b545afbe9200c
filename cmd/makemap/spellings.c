#include <stdio.h>
#include <string.h>

#include "spellings.h"

/*
 * Networks for documentation and for benchmarks (RFC 5737, 2544, 3849, 9637):
 * nobody's.  A table may name one of them; one that grants relaying to all of
 * them, far from each other as they are, grants it to everybody.
 */
static const char *const nets[SPELLING_FAMILIES][SPELLING_NETS] = {
    {"192.0.2.254", "198.51.100.254", "203.0.113.254", "198.18.255.254"},
    {"2001:db8:feed::254", "3fff:feed::254", NULL, NULL},
};

/*
 * %v: a domain that nobody has or will have (RFC 6761 6.4); %h: this host. Each
 * means the domain %v or has no meaning; none may be taken for a user here, for
 * a table may well take all of those.
 */
static const char *const spellings[] = {
    "x@%v",
    "X@%v.",
    "\"x\"@%v",
    "\"x y\"@%v",
    "x@sub.%v",
    "postmaster@%v",
    "x%%v@%h",
    "x%%v@localhost",
    "x%%v",
    "x%%v%%h@%h",
    "x%%v%localhost@%h",
    "x%%v%localhost",
    "%v!x",
    "%v!x@%h",
    "%v!x@localhost",
    "%h!%v!x",
    "%h!%v!x@%h",
    "%v!x%%h",
    "\"x@%v\"@%h",
    "\"x@%v\"",
    "\"x%%v\"@%h",
    "\"%v!x\"@%h",
    "@%h:x@%v",
    "@%h,@localhost:x@%v",
    "@%v:x@%v",
    "@localhost:x%%v@%h",
    "x@[192.0.2.253]",
    "x%[192.0.2.253]@%h",
    "x@[IPv6:2001:db8:feed::253]",
    "x@%v@%h",
    "x@%h@%v",
    "x@%h%%v",
    "x(c)@%v",
    "x@%v(%h)",
    "x @%v",
    "<x@%v>",
    "x+y%%v@%h",
    "x@%v,y@%h",
    "y@%h,x@%v",
    "@%h:\"x@%v\"@%h",
};

size_t
spellings_count(void)
{
	return sizeof(spellings) / sizeof(spellings[0]);
}

static void
write_out(const char *pattern, const char *me, char *out, size_t size)
{
	char one[2] = {0, 0};
	const char *piece;

	out[0] = '\0';
	for (; *pattern != '\0'; pattern++) {
		piece = one;
		one[0] = *pattern;
		if (*pattern == '%' && pattern[1] == 'v') {
			piece = "postern-probe.invalid";
			pattern++;
		} else if (*pattern == '%' && pattern[1] == 'h') {
			piece = me;
			pattern++;
		}
		(void)strlcat(out, piece, size);
	}
}

const struct trial *
spelling(
    size_t i, unsigned family, unsigned net, const char *me, struct trial *t)
{
	memset(t, 0, sizeof(*t));
	if ((t->address = nets[family][net]) == NULL)
		return NULL;
	write_out(spellings[i], me, t->text, sizeof(t->text));
	t->recipient = t->text;
	t->helo = me; /* as liars do */
	t->sender = "x@outside.invalid";
	t->wanted = "reject";
	return t;
}
