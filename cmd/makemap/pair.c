#include <string.h>

#include "pair.h"

/* isspace(3) of the C locale, whatever the caller's locale is. */
#define BLANKS " \t\n\v\f\r"

/* A bare CR would let a table write lines of its own into an SMTP reply. */
static bool
has_bare_cr(const struct pair *line)
{
	const char *cr = memchr(line->value, '\r', line->value_len);

	return cr != NULL && cr[strspn(cr, " \t\r")] != '\0';
}

static int
wrong(struct pair *line, const char *reason, bool with_key)
{
	line->reason = reason;
	line->with_key = with_key;
	return -1;
}

static void
fold(char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (key[i] >= 'A' && key[i] <= 'Z')
			key[i] += 'a' - 'A';
}

int
pair_parse(
    char *text, size_t len, const struct pair_rules *rules, struct pair *line)
{
	const char one[2] = {rules->separator, '\0'};
	const char *parting = rules->separator != '\0' ? one : BLANKS;
	char *p;

	memset(line, 0, sizeof(*line));
	if (len == 0 || *text == rules->comment)
		return 0;
	if (memchr(text, '\0', len) != NULL)
		return wrong(line, "syntax error (NUL byte)", false);
	if (rules->separator == '\0' && strchr(BLANKS, *text) != NULL)
		return wrong(line, "syntax error (leading space)", false);
	line->key = text;
	line->key_len = strcspn(text, parting);
	p = text + line->key_len;
	if (*p != '\0')
		*p++ = '\0';
	p += strspn(p, parting);
	line->value = p;
	line->value_len = len - (size_t)(p - text);
	if (rules->fold)
		fold(line->key, line->key_len);
	if (line->value_len == 0 && !rules->empty)
		return wrong(line, "no RHS for LHS", true);
	if (has_bare_cr(line))
		return wrong(line, "bare CR in the RHS of", true);
	return 1;
}
