#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alias.h"
#include "exits.h"
#include "quoting.h"

#include <err.h>

/* What is left to parse. */
struct scan {
	const char *at, *end;
	unsigned line;
	const char *reason;
};

/* --- the extent of one item ------------------------------------------------
 */

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
			next = quoting_string(p, s->end);
		else if (*p == '\\' && next < s->end && *next != '\n')
			next++;
		else if (*p == '(' && !command)
			next = quoting_comment(p, s->end);
		else if (*p == '<' && !command)
			next = quoting_angle(p, s->end);
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
	return to - from >= 2 && *from == '"' && quoting_string(from, to) == to;
}

/* A quoted string's content. */
static char *
unquote(const char *from, const char *to)
{
	char *text = quoting_copy(from + 1, (size_t)(to - from) - 2),
	     *out = text, *in;

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
	quoting_trim(&body, &end);
	if (is_quoted(body, end))
		item->text = unquote(body, end);
	else
		item->text = quoting_copy(body, (size_t)(end - body));
	free(text);
	if (*item->text == '\0')
		*reason = "nothing behind | or :include:";
	else if (item->kind == ALIAS_FILE && *item->text != '/')
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

/* Does it hold control bytes outside quotes? */
static bool
is_broken(const char *p)
{
	const char *end = p + strlen(p), *next;

	for (; p < end; p = next) {
		next = *p == '"' ? quoting_string(p, end) : p + 1;
		if (next == NULL ||
		    (iscntrl((unsigned char)*p) && !quoting_blank(*p)))
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
		*reason = "control character in an address";
	else if (*body == '\0')
		*reason = "empty address";
	if (*reason != NULL) {
		free(text);
		return -1;
	}
	item->text = quoting_copy(body, strlen(body));
	free(text);
	return 1;
}

static int
read_item(const char *from, const char *to, struct alias_item *item,
    const char **reason)
{
	char *text;
	bool angle = memchr(from, '<', (size_t)(to - from)) != NULL;

	quoting_trim(&from, &to);
	if (is_special(from, to))
		return special_item(
		    item, quoting_copy(from, (size_t)(to - from)), reason);
	if (is_quoted(from, to)) {
		text = unquote(from, to);
		if (is_special(text, text + strlen(text)))
			return special_item(item, text, reason);
		free(text);
	}
	text = quoting_copy(from, (size_t)(to - from));
	quoting_bare(from, to, text);
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
		else if (*s->at != ',' && !quoting_blank(*s->at))
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
		item.line = s.line;
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
