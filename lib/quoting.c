#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "quoting.h"

#include <err.h>

bool
quoting_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

const char *
quoting_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] != '\n')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

const char *
quoting_comment(const char *p, const char *end)
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

const char *
quoting_angle(const char *p, const char *end)
{
	for (p++; p != NULL && p < end && *p != '\n';) {
		if (*p == '>')
			return p + 1;
		if (*p == '"')
			p = quoting_string(p, end);
		else
			p += *p == '\\' && p + 1 < end && p[1] != '\n' ? 2 : 1;
	}
	return NULL;
}

void
quoting_bare(const char *from, const char *to, char *out)
{
	const char *next;
	char *start = out;

	while (from < to) {
		next = *from == '"'    ? quoting_string(from, to)
		       : *from == '('  ? quoting_comment(from, to)
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
	while (out > start && quoting_blank(out[-1]))
		out--;
	*out = '\0';
	for (next = start; quoting_blank(*next); next++)
		;
	memmove(start, next, strlen(next) + 1);
}

void
quoting_trim(const char **from, const char **to)
{
	while (*from < *to && quoting_blank(**from))
		(*from)++;
	while (*to > *from && quoting_blank((*to)[-1]))
		(*to)--;
}

char *
quoting_copy(const char *from, size_t len)
{
	char *text = malloc(len + 1);

	if (text == NULL)
		err(EXIT_TEMP, "text of %zu bytes", len);
	memcpy(text, from, len);
	text[len] = '\0';
	return text;
}
