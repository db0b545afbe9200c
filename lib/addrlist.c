#include <string.h>

#include "addrlist.h"

enum token {
	TOKEN_END,
	TOKEN_WORD,    /* atom or quoted string */
	TOKEN_LITERAL, /* [192.0.2.1] */
	TOKEN_MARK,    /* one of < > , ; : @ . */
	TOKEN_BAD
};

struct lexeme {
	enum token token;
	size_t start, end; /* offsets in text */
	char mark;
};

/* What has been gathered of one mailbox. */
struct gather {
	struct addrlist_mailbox *box;
	size_t len;
	bool at;       /* the @ was seen */
	bool word;     /* the last lexeme was a word */
	bool trailing; /* something in the domain since @ or the last dot */
	const char *misfit; /* no address (a display name may be): why */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int
fail(struct addrlist *list, const char *why)
{
	list->why = why;
	return -1;
}

/* Skip blanks and comments, which nest.  -1 if a comment does not end. */
static int
skip(struct addrlist *list)
{
	size_t depth = 0;
	char c;

	for (; list->at < list->len; list->at++) {
		c = list->text[list->at];
		if (c == '(')
			depth++;
		else if (c == ')' && depth > 0)
			depth--;
		else if (c == '\\' && depth > 0)
			list->at++;
		else if (depth == 0 && !is_space(c))
			break;
	}
	if (list->at > list->len)
		list->at = list->len;
	return depth == 0 ? 0 : fail(list, "a comment does not end");
}

/* Move behind the closing quote or bracket. */
static int
enclosed(struct addrlist *list, char close)
{
	for (list->at++; list->at < list->len; list->at++) {
		if (list->text[list->at] == close) {
			list->at++;
			return 0;
		}
		if (list->text[list->at] == '\\')
			list->at++;
		if (list->at < list->len && list->text[list->at] == '\0')
			return fail(list, "a stray bracket or NUL");
	}
	list->at = list->len;
	return fail(list, close == '"' ? "a quoted string does not end"
				       : "an address literal does not end");
}

static void
atom(struct addrlist *list)
{
	while (list->at < list->len && !is_space(list->text[list->at]) &&
	       strchr("()<>,;:@.\"[]", list->text[list->at]) == NULL)
		list->at++;
}

static struct lexeme
next(struct addrlist *list)
{
	struct lexeme lexeme = {TOKEN_BAD, 0, 0, '\0'};
	char c;

	if (skip(list) == -1)
		return lexeme;
	lexeme.start = list->at;
	c = list->at < list->len ? list->text[list->at] : '\0';
	if (list->at == list->len) {
		lexeme.token = TOKEN_END;
	} else if (c == '"') {
		if (enclosed(list, '"') == 0)
			lexeme.token = TOKEN_WORD;
	} else if (c == '[') {
		if (enclosed(list, ']') == 0)
			lexeme.token = TOKEN_LITERAL;
	} else if (c != '\0' && strchr("<>,;:@.", c) != NULL) {
		lexeme.token = TOKEN_MARK;
		lexeme.mark = c;
		list->at++;
	} else if (c == ')' || c == ']' || c == '\0') {
		fail(list, "a stray bracket or NUL");
	} else {
		atom(list);
		lexeme.token = TOKEN_WORD;
	}
	lexeme.end = list->at;
	return lexeme;
}

/* Copy a lexeme; line ends within quotes are folding and vanish. */
static const char *
append(
    const struct addrlist *list, struct gather *g, const struct lexeme *lexeme)
{
	for (size_t i = lexeme->start; i < lexeme->end; i++) {
		if (list->text[i] == '\n' || list->text[i] == '\r')
			continue;
		if (g->len + 1 >= sizeof(g->box->address))
			return "an address is too long";
		g->box->address[g->len++] = list->text[i];
	}
	g->box->address[g->len] = '\0';
	return NULL;
}

/* Forget what was gathered: it was a display name, a group or a route. */
static void
restart(struct gather *g, struct addrlist_mailbox *box)
{
	memset(g, 0, sizeof(*g));
	g->box = box;
	box->address[0] = '\0';
	box->qualified = false;
	box->local_end = box->start = box->end = 0;
}

/* Where an address stands does this lexeme fit?  NULL, or why not. */
static const char *
fits(const struct gather *g, const struct lexeme *lexeme)
{
	if (lexeme->token != TOKEN_MARK && g->word)
		return "two words, but no address in < >";
	if (lexeme->token == TOKEN_LITERAL && (!g->at || g->trailing))
		return "an address literal out of place";
	if (lexeme->mark == '@' && (g->at || g->len == 0))
		return "an @ out of place";
	if (lexeme->mark == '.' && g->at && !g->trailing)
		return "an empty part in a domain";
	return NULL;
}

/* One word, literal, dot or @ of an address or of a display name. */
static void
part(const struct addrlist *list, struct gather *g, const struct lexeme *lexeme)
{
	if (g->misfit != NULL || (g->misfit = fits(g, lexeme)) != NULL)
		return;
	g->word = lexeme->token != TOKEN_MARK;
	if (g->len == 0)
		g->box->start = lexeme->start;
	g->box->end = lexeme->end;
	if (lexeme->mark == '@')
		g->at = g->box->qualified = true;
	else if (g->at)
		g->trailing = g->word;
	else
		g->box->local_end = lexeme->end;
	g->misfit = append(list, g, lexeme);
}

/* The mailbox is complete: is it an address? */
static int
whole(struct addrlist *list, const struct gather *g)
{
	if (g->misfit != NULL)
		return fail(list, g->misfit);
	if (g->len == 0)
		return fail(list, "an empty address");
	if (g->at && !g->trailing)
		return fail(list, "a domain is missing or ends in a dot");
	return 1;
}

/* RFC 5322 4.4: "@one,@two:" before the address. */
static int
route(struct addrlist *list)
{
	struct lexeme lexeme;

	do
		lexeme = next(list);
	while (
	    lexeme.token == TOKEN_WORD || lexeme.token == TOKEN_LITERAL ||
	    (lexeme.token == TOKEN_MARK && strchr("@.,", lexeme.mark) != NULL));
	if (lexeme.token == TOKEN_MARK && lexeme.mark == ':')
		return 0;
	return fail(list, "a source route does not end");
}

/* What stands in < >, its end, and nothing more up to the next comma. */
static int
angle(struct addrlist *list, struct gather *g)
{
	struct lexeme lexeme = next(list);

	if (lexeme.token == TOKEN_MARK && lexeme.mark == '@') {
		if (route(list) == -1)
			return -1;
		lexeme = next(list);
	}
	while (lexeme.token == TOKEN_WORD || lexeme.token == TOKEN_LITERAL ||
	       lexeme.mark == '.' || lexeme.mark == '@') {
		part(list, g, &lexeme);
		lexeme = next(list);
	}
	if (lexeme.token == TOKEN_BAD)
		return -1;
	if (lexeme.mark != '>')
		return fail(list, "a < without its >");
	lexeme = next(list);
	if (lexeme.token == TOKEN_BAD)
		return -1;
	if (lexeme.mark == ';' && list->group)
		list->group = false;
	else if (lexeme.token != TOKEN_END && lexeme.mark != ',')
		return fail(list, "something behind an address in < >");
	return whole(list, g);
}

void
addrlist_start(struct addrlist *list, const char *text, size_t len)
{
	memset(list, 0, sizeof(*list));
	list->text = text;
	list->len = len;
}

/* A mark that ends an element or changes its meaning: -1, 1 done, 0 go on. */
static int
mark(struct addrlist *list, struct gather *g, char c)
{
	if (c == '>')
		return fail(list, "a > without its <");
	if (c == ':') {
		if (list->group || (g->len == 0 && g->misfit == NULL))
			return fail(list, "a colon out of place");
		list->group = true;
		restart(g, g->box);
		return 0;
	}
	if (c == ';') {
		if (!list->group)
			return fail(list, "a semicolon out of place");
		list->group = false;
	}
	/* RFC 5322 4.4: list elements may be empty */
	return g->len == 0 && g->misfit == NULL ? 0 : whole(list, g);
}

int
addrlist_next(struct addrlist *list, struct addrlist_mailbox *box)
{
	struct gather g;
	struct lexeme lexeme;
	int done;

	restart(&g, box);
	for (;;) {
		lexeme = next(list);
		if (lexeme.token == TOKEN_BAD)
			return -1;
		if (lexeme.token == TOKEN_END) {
			if (g.len > 0 || g.misfit != NULL)
				return whole(list, &g);
			return list->group ? fail(list, "a group does not end")
					   : 0;
		}
		if (lexeme.mark == '<') {
			restart(&g, box);
			return angle(list, &g);
		}
		if (lexeme.mark != '\0' && strchr(",;:>", lexeme.mark) != NULL)
			done = mark(list, &g, lexeme.mark);
		else {
			part(list, &g, &lexeme);
			done = 0;
		}
		if (done != 0)
			return done;
	}
}
