#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alias.h"
#include "exits.h"

#include <err.h>

/* What is left to parse. */
struct scan {
	const char *at, *end;
	unsigned line;
	const char *reason;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static char *
copy(const char *from, size_t len)
{
	char *text = malloc(len + 1);

	if (text == NULL)
		err(EXIT_TEMP, "alias");
	memcpy(text, from, len);
	text[len] = '\0';
	return text;
}

static void
trim(const char **from, const char **to)
{
	while (*from < *to && is_blank(**from))
		(*from)++;
	while (*to > *from && is_blank((*to)[-1]))
		(*to)--;
}

/* --- the extent of one item ------------------------------------------------
 */

/* Past the string that opens at p, NULL if it does not close in its line. */
static const char *
past_quote(const char *p, const char *end)
{
	for (p++; p < end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

/* Past the comment that opens at p; comments nest. */
static const char *
past_comment(const char *p, const char *end)
{
	unsigned depth = 0;

	for (; p < end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return NULL;
}

/* Past < ... >, in which a comma is a route's. */
static const char *
past_angle(const char *p, const char *end)
{
	for (p++; p != NULL && p < end && *p != '\n';) {
		if (*p == '>')
			return p + 1;
		if (*p == '"')
			p = past_quote(p, end);
		else
			p += *p == '\\' && p + 1 < end && p[1] != '\n' ? 2 : 1;
	}
	return NULL;
}

/*
 * The end of the item at s->at: the next comma or line end that nothing quotes.
 * In a command only double quotes do.
 */
static const char *
item_end(struct scan *s, bool command)
{
	const char *p = s->at, *next;

	while (p < s->end && *p != ',' && *p != '\n') {
		next = p + 1;
		if (*p == '"')
			next = past_quote(p, s->end);
		else if (*p == '\\' && next < s->end && *next != '\n')
			next++;
		else if (*p == '(' && !command)
			next = past_comment(p, s->end);
		else if (*p == '<' && !command)
			next = past_angle(p, s->end);
		if (next == NULL) {
			s->reason = *p == '"'   ? "unbalanced quote"
				    : *p == '(' ? "unbalanced parenthesis"
						: "unbalanced bracket";
			return NULL;
		}
		p = next;
	}
	return p;
}

/* --- what an item means ----------------------------------------------------
 */

/* Is all of from..to one quoted string? */
static bool
is_quoted(const char *from, const char *to)
{
	return to - from >= 2 && *from == '"' && past_quote(from, to) == to;
}

/* A quoted string's content. */
static char *
unquote(const char *from, const char *to)
{
	char *text = copy(from + 1, (size_t)(to - from) - 2), *out = text, *in;

	for (in = text; *in != '\0'; in++) {
		if (*in == '\\' && in[1] != '\0')
			in++;
		*out++ = *in;
	}
	*out = '\0';
	return text;
}

/* text is |..., /... or :include:...; it becomes the item's own. */
static int
special_item(struct alias_item *item, char *text, const char **reason)
{
	const char *body = text, *end = text + strlen(text);

	if (*text == '|') {
		item->kind = ALIAS_PROGRAM;
		body++;
	} else if (*text == ':') {
		item->kind = ALIAS_INCLUDE;
		body += strlen(":include:");
	} else
		item->kind = ALIAS_FILE;
	trim(&body, &end);
	if (is_quoted(body, end))
		item->text = unquote(body, end);
	else
		item->text = copy(body, (size_t)(end - body));
	free(text);
	if (*item->text == '\0')
		*reason = "nothing behind | or :include:";
	else if (item->kind != ALIAS_PROGRAM && *item->text != '/')
		*reason = "a path must be absolute";
	if (*reason == NULL)
		return 1;
	free(item->text);
	return -1;
}

static bool
is_special(const char *from, const char *to)
{
	return from < to &&
	       (*from == '|' || *from == '/' ||
		   (to - from >= 9 && strncasecmp(from, ":include:", 9) == 0));
}

/*
 * The address in from..to without comments, phrase and the blanks around, into
 * out, which has room for all of it.
 */
static void
bare_address(const char *from, const char *to, char *out)
{
	const char *next;
	char *start = out;

	while (from < to) {
		next = *from == '"'    ? past_quote(from, to)
		       : *from == '('  ? past_comment(from, to)
		       : *from == '\\' ? from + 2
				       : from + 1;
		if (next == NULL || next > to)
			next = to;
		if (*from == '<')
			out = start; /* what stood before was a phrase */
		else if (*from == '>')
			break;
		else if (*from != '(') {
			memcpy(out, from, (size_t)(next - from));
			out += next - from;
		}
		from = next;
	}
	while (out > start && is_blank(out[-1]))
		out--;
	*out = '\0';
	for (next = start; is_blank(*next); next++)
		;
	memmove(start, next, strlen(next) + 1);
}

/* Does it hold blanks or control bytes outside quotes? */
static bool
is_broken(const char *p)
{
	const char *end = p + strlen(p), *next;

	for (; p < end; p = next) {
		next = *p == '"' ? past_quote(p, end) : p + 1;
		if (next == NULL || is_blank(*p) || iscntrl((unsigned char)*p))
			return true;
	}
	return false;
}

/* 1: an item; 0: there was only a comment; -1: the reason is set. */
static int
address_item(struct alias_item *item, char *text, const char **reason)
{
	char *body = text;

	item->kind = ALIAS_ADDRESS;
	if (*text == '\\') {
		body++;
		if (strchr(text, '@') == NULL)
			item->kind = ALIAS_USER;
	}
	if (is_broken(body))
		*reason = "blank or control character in an address";
	else if (*body == '\0')
		*reason = "empty address";
	if (*reason != NULL) {
		free(text);
		return -1;
	}
	item->text = copy(body, strlen(body));
	free(text);
	return 1;
}

static int
read_item(const char *from, const char *to, struct alias_item *item,
    const char **reason)
{
	char *text;
	bool angle = memchr(from, '<', (size_t)(to - from)) != NULL;

	trim(&from, &to);
	if (is_special(from, to))
		return special_item(
			   item, copy(from, (size_t)(to - from)), reason)
			   ? 1
			   : -1;
	if (is_quoted(from, to)) {
		text = unquote(from, to);
		if (is_special(text, text + strlen(text)))
			return special_item(item, text, reason);
		free(text);
	}
	text = copy(from, (size_t)(to - from));
	bare_address(from, to, text);
	if (*text == '\0' && !angle) {
		free(text);
		return 0;
	}
	return address_item(item, text, reason);
}

/* --- the list ---------------------------------------------------------------
 */

static void
append(struct alias_items *items, const struct alias_item *item)
{
	size_t n = items->count;

	if ((n & (n - 1)) == 0) { /* full at each power of two */
		items->list = reallocarray(
		    items->list, n == 0 ? 1 : n * 2, sizeof(*items->list));
		if (items->list == NULL)
			err(EXIT_TEMP, "alias");
	}
	items->list[items->count++] = *item;
}

/* To the next item: past blanks, commas, line ends and comment lines. */
static bool
to_item(struct scan *s, const char *start)
{
	while (s->at < s->end) {
		if (*s->at == '#' && (s->at == start || s->at[-1] == '\n')) {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
			continue;
		}
		if (*s->at == '\n')
			s->line++;
		else if (*s->at != ',' && !is_blank(*s->at))
			return true;
		s->at++;
	}
	return false;
}

int
alias_parse(const char *text, size_t len, struct alias_items *items,
    unsigned *line, const char **reason)
{
	struct scan s = {text, text + len, 1, NULL};
	struct alias_item item;
	const char *end;
	int got;

	memset(items, 0, sizeof(*items));
	if (memchr(text, '\0', len) != NULL)
		s.reason = "NUL byte";
	while (s.reason == NULL && to_item(&s, text)) {
		if ((end = item_end(&s, *s.at == '|')) == NULL)
			break;
		if ((got = read_item(s.at, end, &item, &s.reason)) == -1)
			break;
		if (got == 1)
			append(items, &item);
		if (items->count > ALIAS_ITEMS)
			s.reason = "too many items";
		s.at = end;
	}
	*line = s.line;
	*reason = s.reason;
	if (s.reason == NULL)
		return 0;
	alias_free(items);
	return -1;
}

void
alias_free(struct alias_items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++)
		free(items->list[i].text);
	free(items->list);
	memset(items, 0, sizeof(*items));
}

bool
alias_is_plain(const struct alias_items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++)
		if (items->list[i].kind != ALIAS_ADDRESS &&
		    items->list[i].kind != ALIAS_USER)
			return false;
	return true;
}

/* --- an aliases file --------------------------------------------------------
 */

static const char *
line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf == NULL ? end : lf;
}

static bool
only_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p == end;
}

/*
 * The lines from s->at that make one entry, as one line: a line that begins
 * with a blank goes on, and so does one behind a backslash, which vanishes.
 */
static char *
join(struct scan *s, size_t *len)
{
	char *out = malloc((size_t)(s->end - s->at) + 1), *to = out;
	const char *end;
	bool more;

	if (out == NULL)
		err(EXIT_TEMP, "alias");
	do {
		end = line_end(s->at, s->end);
		memcpy(to, s->at, (size_t)(end - s->at));
		to += end - s->at;
		s->at = end < s->end ? end + 1 : end;
		s->line++;
		if (to > out && to[-1] == '\r')
			to--;
		more = to > out && to[-1] == '\\';
		if (more)
			to--;
	} while (s->at < s->end && (more || *s->at == ' ' || *s->at == '\t'));
	*to = '\0';
	*len = (size_t)(to - out);
	return out;
}

/* The colon behind the name, which may stand in quotes or brackets. */
static const char *
find_colon(const char *p, const char *end)
{
	while (p != NULL && p < end && *p != ':') {
		if (*p == '"')
			p = past_quote(p, end);
		else if (*p == '<')
			p = past_angle(p, end);
		else
			p += *p == '\\' && p + 1 < end ? 2 : 1;
	}
	return p != NULL && p < end ? p : NULL;
}

static bool
take_name(struct alias_entry *entry, const char *from, const char *to)
{
	char *text = copy(from, (size_t)(to - from));
	size_t n = 0;
	const char *p;
	bool fits;

	bare_address(from, to, text);
	for (p = text; *p != '\0' && n < sizeof(entry->name) - 1; p++)
		if (*p != '"' && *p != '\\')
			entry->name[n++] = *p;
	fits = *p == '\0';
	entry->name[n] = '\0';
	free(text);
	return fits && n > 0;
}

static void
split_entry(struct alias_entry *entry, const char *text, size_t len)
{
	const char *end = text + len, *colon, *value;

	if (len > ALIAS_LINE)
		entry->reason = "entry too long";
	else if (memchr(text, '\0', len) != NULL)
		entry->reason = "NUL byte";
	else if ((colon = find_colon(text, end)) == NULL)
		entry->reason = "missing colon";
	else if (!take_name(entry, text, colon))
		entry->reason = "name missing or too long";
	else {
		value = colon + 1;
		trim(&value, &end);
		if (value == end)
			entry->reason = "missing value for alias";
		else
			entry->value = copy(value, (size_t)(end - value));
	}
}

int
alias_next(const char *text, size_t len, size_t *at, unsigned *line,
    struct alias_entry *entry)
{
	struct scan s = {text + *at, text + len, *line, NULL};
	const char *end;
	size_t total;
	char *joined;

	memset(entry, 0, sizeof(*entry));
	while (s.at < s.end) {
		end = line_end(s.at, s.end);
		if (*s.at != '#' && !only_blanks(s.at, end))
			break;
		s.at = end < s.end ? end + 1 : end;
		s.line++;
	}
	*at = (size_t)(s.at - text);
	*line = s.line;
	if (s.at == s.end)
		return 0;
	entry->line = s.line + 1;
	if (is_blank(*s.at))
		entry->reason = "Non-continuation line starts with space";
	joined = join(&s, &total);
	if (entry->reason == NULL)
		split_entry(entry, joined, total);
	free(joined);
	*at = (size_t)(s.at - text);
	*line = s.line;
	return 1;
}
