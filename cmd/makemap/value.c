#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "value.h"

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t\r\v\f");
}

/* Three digits and a blank, at the start of what will be a reply. */
static bool
is_wrong_code(const char *p)
{
	p = skip_blanks(p);
	if (*p == '"')
		p++;
	return isdigit((unsigned char)p[0]) && isdigit((unsigned char)p[1]) &&
	       isdigit((unsigned char)p[2]) && (p[3] == ' ' || p[3] == '\t') &&
	       p[0] != '4' && p[0] != '5';
}

/* What follows "error:" in any case, or NULL. */
static const char *
behind_error(const char *value)
{
	value = skip_blanks(value);
	if (strncasecmp(value, "error", 5) != 0)
		return NULL;
	value = skip_blanks(value + 5);
	return *value == ':' ? value + 1 : NULL;
}

/* Behind the keyword or the D.S.N that ends in parting, or NULL. */
static const char *
behind_word(const char *text, const char *parting)
{
	size_t len;

	text = skip_blanks(text);
	len = strcspn(text, ": \t\"");
	if (len == 0 || text[len] == '\0' || strchr(parting, text[len]) == NULL)
		return NULL;
	return text + len + 1;
}

static bool
is_wrong(const char *text, const char *parting)
{
	const char *rest = behind_word(text, parting);

	return is_wrong_code(text) || (rest != NULL && is_wrong_code(rest));
}

bool
value_is_reply(const char *table)
{
	return strcmp(table, "access") == 0 ||
	       strcmp(table, "virtusertable") == 0 ||
	       strcmp(table, "mailertable") == 0;
}

const char *
value_check(const char *table, const char *value)
{
	const char *text;
	bool wrong = false;

	if (strcmp(table, "access") == 0)
		wrong = is_wrong_code(value) ||
			((text = behind_error(value)) != NULL &&
			    is_wrong(text, ":"));
	else if (strcmp(table, "virtusertable") == 0)
		wrong = (text = behind_error(value)) != NULL &&
			is_wrong(text, ": \t");
	else if (strcmp(table, "mailertable") == 0)
		wrong =
		    (text = behind_error(value)) != NULL && is_wrong(text, ":");
	return wrong ? "reply code is not 4xx or 5xx in the RHS of" : NULL;
}
