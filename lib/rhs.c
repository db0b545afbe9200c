#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "rhs.h"

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *
skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* Past the quoted string at p. */
static const char *
past_quote(const char *p)
{
	for (p++; *p != '\0' && *p != '"'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : p;
}

/* Past the comment at p, or p itself if it does not close. */
static const char *
past_comment(const char *p)
{
	const char *start = p;
	unsigned depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return start;
}

static void
put(char *out, size_t *n, char c)
{
	if (*n < RHS_TEXT - 1)
		out[(*n)++] = (unsigned char)c < ' ' || c == 127 ? '?' : c;
}

/*
 * The text as sendmail's tokens give it back: comments vanish, blanks run
 * together, what is in quotes stays as it is without them.
 */
static void
clean(const char *p, char out[RHS_TEXT])
{
	bool blank = false;
	const char *end;
	size_t n = 0;

	for (p = skip_blanks(p); *p != '\0'; p++) {
		if (*p == '(' && (end = past_comment(p)) != p) {
			p = end - 1;
			continue;
		}
		if (is_blank(*p)) {
			blank = true;
			continue;
		}
		if (blank && n > 0)
			put(out, &n, ' ');
		blank = false;
		if (*p != '"') {
			put(out, &n, *p);
			continue;
		}
		end = past_quote(p);
		for (p++; p < end && *p != '"'; p++) {
			if (*p == '\\' && p + 1 < end)
				p++;
			put(out, &n, *p);
		}
		p = end - 1;
	}
	out[n] = '\0';
}

/* The end of D.S.N (RFC 3463) at p, or NULL. */
static const char *
past_status(const char *p)
{
	int dots;

	if (strchr("245", *p) == NULL || *p == '\0' || p[1] != '.')
		return NULL;
	p++;
	for (dots = 0; dots < 2; dots++) {
		if (*p != '.' || !isdigit((unsigned char)p[1]))
			return NULL;
		for (p++; isdigit((unsigned char)*p); p++)
			;
	}
	return p;
}

static void
set(struct rhs *r, const char *code, const char *status, size_t len)
{
	strlcpy(r->code, code, sizeof(r->code));
	if (len >= sizeof(r->status))
		len = sizeof(r->status) - 1;
	memcpy(r->status, status, len);
	r->status[len] = '\0';
}

static bool
is_code(const char *p)
{
	return (*p == '4' || *p == '5') && isdigit((unsigned char)p[1]) &&
	       isdigit((unsigned char)p[2]) && p[3] == ' ';
}

/* text, cleaned, with the status (len bytes, may be none) given before it. */
static void
make_reply(const char *text, const char *status, size_t len, struct rhs *r)
{
	char cleaned[RHS_TEXT] = "", own[6], code[4];
	const char *rest, *end;

	r->kind = RHS_ERROR;
	clean(text, cleaned);
	if (!is_code(cleaned)) {
		set(r, "553", "5.3.0", 5);
		strlcpy(r->text, cleaned, sizeof(r->text));
		return;
	}
	memcpy(code, cleaned, 3);
	code[3] = '\0';
	rest = skip_blanks(cleaned + 4);
	snprintf(own, sizeof(own), "%c.0.0", code[0]);
	end = past_status(rest);
	if (end != NULL && *end == ' ') { /* in the text: it beats the other */
		set(r, code, rest, (size_t)(end - rest));
		rest = skip_blanks(end);
	} else if (len > 0 && past_status(status) == status + len)
		set(r, code, status, len);
	else
		set(r, code, own, strlen(own));
	strlcpy(r->text, rest, sizeof(r->text));
}

/* "x.y.z" followed by a colon: its end, or NULL.  Any three words will do. */
static const char *
past_words(const char *p)
{
	size_t len;
	int word;

	for (word = 0; word < 3; word++) {
		len = strcspn(p, ".:%@!^/[]+()<>,;\"\\ \t\r\n");
		if (len == 0)
			return NULL;
		p += len;
		if (word < 2 && *p++ != '.')
			return NULL;
	}
	return p;
}

void
rhs_error(const char *text, struct rhs *r)
{
	const char *end;

	text = skip_blanks(text);
	end = past_words(text);
	if (end != NULL && *skip_blanks(end) == ':')
		make_reply(skip_blanks(end) + 1, text, (size_t)(end - text), r);
	else
		make_reply(text, NULL, 0, r);
}

void
rhs_keyword_error(const char *text, char parting, struct rhs *r)
{
	const char *word, *end;

	word = skip_blanks(text);
	end = word + strcspn(word, ".:%@!^/[]+()<>,;\"\\ \t\r\n");
	if (end > word && parting == ' ' && is_blank(*end) &&
	    *skip_blanks(end) != '\0')
		make_reply(end, NULL, 0, r);
	else if (end > word && parting == ':' && *end == ':')
		make_reply(end + 1, NULL, 0, r);
	else
		rhs_error(text, r);
}

static const struct {
	const char *word;
	enum rhs_kind kind;
} words[] = {
    {"OK", RHS_OK},
    {"RELAY", RHS_RELAY},
    {"REJECT", RHS_REJECT},
    {"DISCARD", RHS_DISCARD},
};

/* What follows "WORD:", or NULL. */
static const char *
behind(const char *value, const char *word)
{
	size_t len = strlen(word);

	if (strncasecmp(value, word, len) != 0)
		return NULL;
	value = skip_blanks(value + len);
	return *value == ':' ? skip_blanks(value + 1) : NULL;
}

bool
rhs_is(const char *value, const char *word)
{
	size_t len = strlen(word);

	value = skip_blanks(value);
	return strncasecmp(value, word, len) == 0 &&
	       *skip_blanks(value + len) == '\0';
}

void
rhs_parse(const char *value, struct rhs *r)
{
	const char *text;
	size_t i;

	memset(r, 0, sizeof(*r));
	value = skip_blanks(value);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (rhs_is(value, words[i].word)) {
			r->kind = words[i].kind;
			return;
		}
	}
	if ((text = behind(value, "QUARANTINE")) != NULL) {
		r->kind = RHS_QUARANTINE;
		clean(text, r->text);
		if (r->text[0] == '\0')
			strlcpy(r->text, "quarantined", sizeof(r->text));
	} else if ((text = behind(value, "ERROR")) != NULL && *text != '\0')
		rhs_error(text, r);
	else
		make_reply(value, NULL, 0, r);
}

void
rhs_reply(const char *reply, struct rhs *r)
{
	const char *status = reply + strcspn(reply, " ");
	const char *text;

	memset(r, 0, sizeof(*r));
	r->kind = RHS_ERROR;
	snprintf(r->code, sizeof(r->code), "%.3s", reply);
	status += strspn(status, " ");
	text = status + strcspn(status, " ");
	snprintf(
	    r->status, sizeof(r->status), "%.*s", (int)(text - status), status);
	strlcpy(r->text, text + strspn(text, " "), sizeof(r->text));
}

bool
rhs_is_prefixed(const char *code)
{
	static const char *const codes[] = {"250", "252", "450", "550", "553"};
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

bool
rhs_expand(const char *p, const char *const args[4], char *out, size_t size)
{
	char one[2] = {0, 0};
	const char *piece;

	out[0] = '\0';
	for (; *p != '\0'; p++) {
		piece = one;
		one[0] = *p;
		if (*p == '%' && p[1] >= '0' && p[1] <= '9') {
			p++;
			piece = *p < '4' ? args[*p - '0'] : NULL;
		} else if (*p == '%' && p[1] == '%')
			p++;
		if (piece != NULL && strlcat(out, piece, size) >= size)
			return false;
	}
	return true;
}
