#include "dsn.h"

#include <ctype.h>
#include <string.h>

/* The word at the start of *text, up to a comma: is it this one?  Step over. */
static bool
take_word(const char **text, const char *word)
{
	const size_t len = strlen(word);

	if (strncasecmp(*text, word, len) != 0 ||
	    ((*text)[len] != ',' && (*text)[len] != '\0'))
		return false;
	*text += len;
	return true;
}

int
dsn_notify(const char *text, unsigned *bits)
{
	unsigned one;

	*bits = 0;
	if (strcasecmp(text, "NEVER") == 0)
		return 0;
	for (;; text++) {
		if (take_word(&text, "SUCCESS"))
			one = DSN_SUCCESS;
		else if (take_word(&text, "FAILURE"))
			one = DSN_FAILURE;
		else if (take_word(&text, "DELAY"))
			one = DSN_DELAY;
		else
			return -1;
		if ((*bits & one) != 0)
			return -1;
		*bits |= one;
		if (*text == '\0')
			return 0;
	}
}

unsigned
dsn_wants(const char *text)
{
	unsigned bits;

	if (text == NULL || dsn_notify(text, &bits) == -1)
		return DSN_DEFAULT;
	return bits;
}

bool
dsn_is_ret(const char *text)
{
	return strcasecmp(text, "FULL") == 0 || strcasecmp(text, "HDRS") == 0;
}

static bool
is_hex(char c)
{
	return c != '\0' && strchr("0123456789ABCDEF", c) != NULL;
}

/* What may stand in xtext as it is. */
static bool
is_plain(char c)
{
	return c > ' ' && c <= '~' && c != '+' && c != '=';
}

/* Its length, or 0. */
static size_t
xtext(const char *text)
{
	size_t n = 0;

	while (text[n] != '\0')
		if (is_plain(text[n]))
			n++;
		else if (text[n] == '+' && is_hex(text[n + 1]) &&
			 is_hex(text[n + 2]))
			n += 3;
		else
			return 0;
	return n;
}

bool
dsn_is_envid(const char *text)
{
	size_t n = xtext(text);

	return n > 0 && n <= DSN_ENVID;
}

bool
dsn_is_orcpt(const char *text)
{
	size_t type = 0;

	while (isalnum((unsigned char)text[type]) || text[type] == '-' ||
	       text[type] == '.')
		type++;
	return type > 0 && text[type] == ';' && xtext(text + type + 1) > 0 &&
	       strlen(text) <= DSN_ORCPT;
}

bool
xtext_encode(const char *text, char *out, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t put = 0;

	for (; *text != '\0'; text++) {
		if (size < 4 || put > size - 4)
			return false;
		if (is_plain(*text)) {
			out[put++] = *text;
			continue;
		}
		out[put++] = '+';
		out[put++] = hex[(unsigned char)*text >> 4];
		out[put++] = hex[(unsigned char)*text & 15];
	}
	if (put >= size)
		return false;
	out[put] = '\0';
	return true;
}

static unsigned
digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

bool
xtext_decode(const char *text, char *out, size_t size)
{
	size_t put = 0;

	if (*text != '\0' && xtext(text) == 0)
		return false;
	for (; *text != '\0'; text++) {
		if (put + 1 >= size)
			return false;
		if (*text != '+') {
			out[put++] = *text;
			continue;
		}
		out[put] = (char)(digit(text[1]) << 4 | digit(text[2]));
		if (out[put++] == '\0')
			return false;
		text += 2;
	}
	if (put >= size)
		return false;
	out[put] = '\0';
	return true;
}
