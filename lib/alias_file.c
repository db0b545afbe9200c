#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "exits.h"
#include "quoting.h"

/* What is left of the file. */
struct scan {
	const char *at, *end;
	unsigned line;
};

static const char *
line_end(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return lf == NULL ? end : lf;
}

static bool
only_blanks(const char *p, const char *end)
{
	while (p < end && quoting_blank(*p))
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
			p = quoting_string(p, end);
		else if (*p == '<')
			p = quoting_angle(p, end);
		else
			p += *p == '\\' && p + 1 < end ? 2 : 1;
	}
	return p != NULL && p < end ? p : NULL;
}

static bool
take_name(struct alias_entry *entry, const char *from, const char *to)
{
	char *text = quoting_copy(from, (size_t)(to - from));
	size_t n = 0;
	const char *p;
	bool fits;

	quoting_bare(from, to, text);
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
		quoting_trim(&value, &end);
		if (value == end)
			entry->reason = "missing value for alias";
		else
			entry->value =
			    quoting_copy(value, (size_t)(end - value));
	}
}

int
alias_next(const char *text, size_t len, size_t *at, unsigned *line,
    struct alias_entry *entry)
{
	struct scan s = {text + *at, text + len, *line};
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
	if (quoting_blank(*s.at))
		entry->reason = "Non-continuation line starts with space";
	joined = join(&s, &total);
	if (entry->reason == NULL)
		split_entry(entry, joined, total);
	free(joined);
	*at = (size_t)(s.at - text);
	*line = s.line;
	return 1;
}
