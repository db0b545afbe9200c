#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "glue.h"

#define NESTED_MAX 50 /* as sendmail's limit on recursion */

#define REPLY_LOOP                                                             \
	"554 5.0.0 rewrite: excessive recursion (max 50), ruleset canonify"

static const char *const replies[] = {
    [ADDR_OK] = "250 2.1.5 ok",
    [ADDR_TEMP] = "451 4.3.0 Temporary system failure. Please try again later.",
    [ADDR_EMPTY] = "553 5.0.0 User address required",
    [ADDR_NO_USER] = "553 5.1.3 User address required",
    [ADDR_NO_HOST] = "553 5.1.3 Hostname required",
    [ADDR_BAD_HOST] = "553 5.1.2 Invalid host name",
    [ADDR_COLON] = "553 5.1.3 Colon illegal in host name part",
    [ADDR_ROUTE] = "553 5.1.3 Invalid route address",
    [ADDR_LIST] = "553 5.1.3 List:; syntax illegal for recipient addresses",
    [ADDR_LITERAL] = "553 5.1.2 Invalid address",
    [ADDR_ANGLE] = "553 5.0.0 Unbalanced '<'",
    [ADDR_CLOSE] = "553 5.0.0 Unbalanced '>'",
    [ADDR_PAREN] = "553 5.0.0 Unbalanced '('",
    [ADDR_QUOTE] = "553 5.0.0 Unbalanced '\"'",
    [ADDR_LONG] = "553 5.1.1 Address too long",
    [ADDR_LOOP] = REPLY_LOOP,
};

const char *
addr_reply(enum addr_fault fault)
{
	return replies[fault];
}

void
addr_fold(char *text)
{
	for (; *text != '\0'; text++)
		if (*text >= 'A' && *text <= 'Z')
			*text += 'a' - 'A';
}

bool
addr_join(char *out, size_t size, const char *local, const char *domain)
{
	return glue(out, size, local, *domain != '\0' ? "@" : "", domain, NULL);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Past the token at p: a quoted string or an escaped byte is one. */
static const char *
past(const char *p)
{
	if (*p == '\\')
		return p[1] != '\0' ? p + 2 : p + 1;
	if (*p != '"')
		return p + 1;
	for (p++; *p != '\0' && *p != '"'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : p;
}

static bool
is_one_of(char c, const char *bytes)
{
	for (; *bytes != '\0'; bytes++)
		if (c == *bytes)
			return true;
	return false;
}

/* The first (or last) of these bytes that stands outside quotes, or NULL. */
static char *
find(const char *text, const char *bytes, bool last)
{
	const char *found = NULL;

	for (; *text != '\0'; text = past(text)) {
		if (*text != '"' && *text != '\\' && is_one_of(*text, bytes)) {
			found = text;
			if (!last)
				break;
		}
	}
	return (char *)(size_t)found;
}

bool
addr_is_nested(const char *local)
{
	return find(local, "@%!", false) != NULL;
}

void
addr_dequote(char *local)
{
	size_t len = strlen(local);

	if (len < 3 || local[0] != '"' || past(local) != local + len ||
	    strpbrk(local, " \t\\") != NULL)
		return;
	memmove(local, local + 1, len - 2);
	local[len - 2] = '\0';
}

/* Past the comment at *p; they nest.  false if it does not close. */
static bool
skip_comment(const char **p)
{
	unsigned depth = 0;

	for (; **p != '\0'; (*p)++) {
		if (**p == '\\' && (*p)[1] != '\0')
			(*p)++;
		else if (**p == '(')
			depth++;
		else if (**p == ')' && --depth == 0) {
			(*p)++;
			return true;
		}
	}
	return false;
}

/*
 * Blanks beside an operator vanish; those between two words become the dot that
 * sendmail's BlankSub puts there.
 */
static void
put_blank(char *out, size_t *n, char next)
{
	static const char operators[] = ".:%@!^/[]+<>,;";

	if (*n > 0 && next != '\0' && strchr(operators, out[*n - 1]) == NULL &&
	    strchr(operators, next) == NULL)
		out[(*n)++] = '.';
}

/* text without comments, blanks and what stands outside <>. */
static enum addr_fault
strip(const char *p, char out[ADDR_SIZE])
{
	size_t n = 0, start;
	bool open = false, blank = false;
	const char *next;

	while (*p != '\0') {
		if (*p == '(') {
			if (!skip_comment(&p))
				return ADDR_PAREN;
			continue;
		}
		next = past(p);
		if (*p == '"' && (next == p + 1 || next[-1] != '"'))
			return ADDR_QUOTE;
		if (blank)
			put_blank(out, &n, *p);
		start = n;
		blank = is_blank(*p);
		if (*p == '<') {
			open = true; /* the innermost counts */
			n = 0;
		} else if (*p == '>') {
			if (!open)
				return ADDR_CLOSE;
			out[n] = '\0';
			return ADDR_OK;
		} else if (!blank) {
			memcpy(out + start, p, (size_t)(next - p));
			n += (size_t)(next - p);
		}
		p = next;
	}
	out[n] = '\0';
	return open ? ADDR_ANGLE : ADDR_OK;
}

/* @a,@b:c@d is c@d: nobody is routed by a stranger's list of hosts. */
static void
strip_route(char *text)
{
	char *p;

	while (*text == '@') {
		if ((p = find(text, ",", false)) == NULL || p == text + 1)
			break;
		memmove(text, p + 1, strlen(p + 1) + 1);
	}
	if (*text == '@' && text[1] == '[' && (p = strstr(text, "]:")) != NULL)
		p++;
	else if (*text == '@')
		p = find(text, ":", false);
	else
		p = NULL;
	/* "@:" names no host, and so is no route. */
	if (p != NULL && p > text + 1 && p[1] != '\0')
		memmove(text, p + 1, strlen(p + 1) + 1);
}

/* text from at on is the domain, text before it the local part. */
static void
split(struct addr *a, char *text, char *at)
{
	*at = '\0';
	glue(a->local, sizeof(a->local), text, NULL);
	glue(a->domain, sizeof(a->domain), at + 1, NULL);
}

/* host!user: a host of one word is a UUCP name. */
static void
split_bang(struct addr *a, char *text, char *bang)
{
	*bang = '\0';
	strlcpy(a->local, bang + 1, sizeof(a->local));
	if (strchr(text, '.') != NULL)
		strlcpy(a->domain, text, sizeof(a->domain));
	else
		snprintf(a->domain, sizeof(a->domain), "%.*s.UUCP",
		    ADDR_SIZE - 6, text);
}

/* Which part is the domain?  @ decides, then the first !, the last %. */
static void
focus(struct addr *a, char *text)
{
	char *p;

	if ((p = find(text, "@", true)) != NULL && p != text)
		split(a, text, p);
	else if (p == NULL && (p = find(text, "!", false)) != NULL &&
		 p != text && p[1] != '\0')
		split_bang(a, text, p);
	else if (p == NULL && (p = find(text, "%", true)) != NULL)
		split(a, text, p);
	else if (*text == '@')
		split(a, text, text);
	else {
		strlcpy(a->local, text, sizeof(a->local));
		a->domain[0] = '\0';
	}
}

/* What ruleset 0 refuses before it looks anything up. */
static enum addr_fault
check(const struct addr *a, bool at)
{
	const char *d = a->domain, *close, *comma;

	if (at && *a->local == '\0' && *d == '\0')
		return ADDR_LIST;
	if (*a->local == '\0')
		return ADDR_NO_USER;
	if (at && *d == '\0')
		return ADDR_NO_HOST;
	if (*d == '[') {
		close = strchr(d, ']');
		if (close != NULL && close[1] != '\0')
			return ADDR_LITERAL;
	} else if (strchr(d, ':') != NULL)
		return ADDR_COLON;
	if (*d == '.' || strstr(d, "..") != NULL)
		return ADDR_BAD_HOST;
	if (find(a->local, "@", false) != NULL)
		return ADDR_ROUTE;
	comma = find(a->local, ",", false);
	return comma != NULL || strchr(d, ',') != NULL ? ADDR_ROUTE : ADDR_OK;
}

/* localhost, our own [address] and domaintable. */
static enum addr_fault
name_domain(struct addr *a, const struct addr_world *world)
{
	char name[ADDR_SIZE];
	size_t len = strlen(a->domain);
	const char *dot = strchr(world->me, '.');
	int got = 0;

	while (len > 1 && a->domain[len - 1] == '.')
		a->domain[--len] = '\0';
	if (strcasecmp(a->domain, "localhost") == 0 ||
	    strcasecmp(a->domain, "localhost.uucp") == 0 ||
	    (dot != NULL && strncasecmp(a->domain, "localhost", 9) == 0 &&
		strcasecmp(a->domain + 9, dot) == 0)) {
		strlcpy(a->domain, world->me, sizeof(a->domain));
		return ADDR_OK;
	}
	if (a->domain[0] == '[') {
		if ((got = world->is_local(a->domain, world->arg)) == 1)
			strlcpy(a->domain, world->me, sizeof(a->domain));
	} else if (a->domain[0] != '\0' && world->rename != NULL) {
		got = world->rename(a->domain, name, world->arg);
		if (got == 1)
			strlcpy(a->domain, name, sizeof(a->domain));
	}
	return got == -1 ? ADDR_TEMP : ADDR_OK;
}

/* Once through rulesets 3 and 96, from text (which is used up). */
static enum addr_fault
canon_once(char *text, const struct addr_world *world, struct addr *a)
{
	enum addr_fault fault;
	bool at;

	strip_route(text);
	at = find(text, "@%", false) != NULL;
	focus(a, text);
	if ((fault = check(a, at)) != ADDR_OK)
		return fault;
	return name_domain(a, world);
}

/* What the text means, without what stands around it. */
static enum addr_fault
begin(const char *text, char work[ADDR_SIZE], struct addr *a)
{
	enum addr_fault fault;

	a->local[0] = a->domain[0] = '\0';
	if (strlen(text) > ADDR_SIZE - 8)
		return ADDR_LONG;
	if ((fault = strip(text, work)) != ADDR_OK)
		return fault;
	return *work == '\0' ? ADDR_EMPTY : ADDR_OK;
}

enum addr_fault
addr_focus(const char *text, const struct addr_world *world, struct addr *a)
{
	char work[ADDR_SIZE];
	enum addr_fault fault = begin(text, work, a);

	return fault != ADDR_OK ? fault : canon_once(work, world, a);
}

enum addr_fault
addr_canon(const char *text, const struct addr_world *world, struct addr *a)
{
	char work[ADDR_SIZE];
	enum addr_fault fault = begin(text, work, a);
	int local, depth;
	bool quoted;

	if (fault != ADDR_OK)
		return fault;
	for (depth = 0; depth < NESTED_MAX; depth++) {
		fault = canon_once(work, world, a);
		if (fault != ADDR_OK)
			return fault;
		local = 1;
		if (*a->domain != '\0')
			local = world->is_local(a->domain, world->arg);
		if (local == -1)
			return ADDR_TEMP;
		if (local == 0)
			return ADDR_OK;
		quoted = *a->local == '"';
		addr_dequote(a->local);
		if (strcmp(a->local, "\"\"") == 0)
			return ADDR_NO_USER;
		/* Without a domain it was seen already that nothing is in it.
		 */
		if (!addr_is_nested(a->local) ||
		    (*a->domain == '\0' && (!quoted || *a->local == '"')))
			return ADDR_OK;
		/* The address in front of our own domain is the one meant. */
		strlcpy(work, a->local, sizeof(work));
	}
	return ADDR_LOOP;
}

/* --- RFC 5321 4.1.2: Mailbox -------------------------------------------- */

static bool
is_let_dig(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
is_atext(char c)
{
	return c != '\0' &&
	       (is_let_dig(c) || strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* The byte behind a Dot-string, or NULL. */
static const char *
dot_string(const char *p)
{
	for (;;) {
		if (!is_atext(*p))
			return NULL;
		while (is_atext(*p))
			p++;
		if (*p != '.')
			return p;
		p++;
	}
}

static const char *
quoted_string(const char *p)
{
	for (p++; *p >= ' ' && *p <= '~' && *p != '"'; p++)
		if (*p == '\\' && (*++p < ' ' || *p > '~'))
			return NULL;
	return *p == '"' ? p + 1 : NULL;
}

static bool
is_domain(const char *p)
{
	const char *start;

	for (;; p++) {
		start = p;
		if (!is_let_dig(*p))
			return false;
		while (is_let_dig(*p) || *p == '-')
			p++;
		if (p[-1] == '-' || p - start > 63)
			return false;
		if (*p == '\0')
			return true;
		if (*p != '.')
			return false;
	}
}

static bool
is_literal(const char *p)
{
	size_t len = strlen(p);

	if (len < 3 || p[0] != '[' || p[len - 1] != ']')
		return false;
	for (p++; p[1] != '\0'; p++)
		if (*p < '!' || *p > '~' || strchr("[]\\", *p) != NULL)
			return false;
	return true;
}

const char *
addr_parse(const char *text, struct addr *a)
{
	const char *at = *text == '"' ? quoted_string(text) : dot_string(text);

	memset(a, 0, sizeof(*a));
	if (at == NULL || (*at != '@' && *at != '\0'))
		return "malformed local part";
	if (at - text > ADDR_LOCAL)
		return "local part too long";
	if (*at == '\0')
		return "no domain";
	if (strlen(at + 1) > ADDR_DOMAIN)
		return "domain too long";
	if (!is_domain(at + 1) && !is_literal(at + 1))
		return "malformed domain";
	memcpy(a->local, text, (size_t)(at - text));
	strlcpy(a->domain, at + 1, sizeof(a->domain));
	return NULL;
}
