#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "exits.h"
#include "header.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 5322 3.6.8: ftext */
static bool
is_name(char c)
{
	return c > ' ' && c < 127 && c != ':';
}

/* Length of the line at p, its LF included. */
static size_t
line_length(const char *p, size_t len)
{
	const char *end = memchr(p, '\n', len);

	return end == NULL ? len : (size_t)(end - p) + 1;
}

size_t
header_name(const char *line, size_t len)
{
	size_t name = 0, colon;

	while (name < len && is_name(line[name]))
		name++;
	for (colon = name; colon < len && is_blank(line[colon]); colon++)
		;
	return colon < len && line[colon] == ':' ? name : 0;
}

int
header_next(
    const char *text, size_t len, size_t *at, struct header_field *field)
{
	const char *start = text + *at, *colon;
	size_t left = len - *at, used;

	field->name_len = header_name(start, left);
	if (field->name_len == 0)
		return 0;
	used = line_length(start, left);
	while (used < left && is_blank(start[used]))
		used += line_length(start + used, left - used);
	colon = memchr(start, ':', used);
	field->text = start;
	field->len = used;
	field->value = colon + 1;
	field->value_len = used - (size_t)(colon + 1 - start);
	if (field->value_len > 0 && start[used - 1] == '\n')
		field->value_len--;
	*at += used;
	return 1;
}

bool
header_is(const struct header_field *field, const char *name)
{
	return strlen(name) == field->name_len &&
	       strncasecmp(field->text, name, field->name_len) == 0;
}

size_t
header_count(const char *text, size_t len, const char *name)
{
	struct header_field field;
	size_t at = 0, count = 0;

	while (header_next(text, len, &at, &field))
		if (header_is(&field, name))
			count++;
	return count;
}

char *
header_value(const struct header_field *field)
{
	const char *p = field->value, *end = p + field->value_len;
	char *value, *to;

	while (p < end && (is_blank(*p) || *p == '\n'))
		p++;
	while (p < end && (is_blank(end[-1]) || end[-1] == '\n'))
		end--;
	if ((value = malloc((size_t)(end - p) + 1)) == NULL)
		err(EXIT_TEMP, "header");
	for (to = value; p < end; p++)
		if (*p != '\n')
			*to++ = *p;
	*to = '\0';
	return value;
}
