#include <ctype.h>
#include <string.h>

#include "logline.h"

static int
hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *found =
	    c == '\0' ? NULL : strchr(digits, toupper((unsigned char)c));

	return found == NULL ? -1 : (int)(found - digits);
}

/* One byte, escaped or not, from *from to *to; both move on. */
static void
take_byte(char **from, char **to)
{
	char *p = *from;
	int high = -1, low = -1;

	if (p[0] == '\\' && p[1] == 'x' && (high = hex(p[2])) != -1)
		low = hex(p[3]);
	if (low == -1) {
		*(*to)++ = *(*from)++;
		return;
	}
	*(*to)++ = (char)(high << 4 | low);
	if ((*to)[-1] == '\0' || (*to)[-1] == '\n')
		(*to)[-1] = '?';
	*from += 4;
}

/* The value at p, in place; what is behind it, or NULL at the end. */
static char *
take_value(char *p)
{
	char *to = p;
	bool quoted = *p == '"', end;

	if (quoted)
		p++;
	while (*p != '\0' && *p != '\n' && *p != (quoted ? '"' : ' '))
		take_byte(&p, &to);
	if (quoted && *p == '"')
		p++;
	end = *p == '\0' || *p == '\n';
	*to = '\0';
	return end ? NULL : p + 1;
}

bool
logline_parse(char *text, struct logline *line)
{
	char *p = text, *end;

	memset(line, 0, sizeof(*line));
	while (p != NULL && line->count < LOGLINE_FIELDS) {
		p += strspn(p, " ");
		end = p + strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		if (*end == '=' && end > p && line->event != NULL) {
			*end = '\0';
			line->fields[line->count].name = p;
			line->fields[line->count++].value = end + 1;
			p = take_value(end + 1);
			continue;
		}
		if (line->count > 0 || *p == '\0' || *p == '\n')
			break;
		/* Words before the first field: the last is the event. */
		line->event = p;
		p += strcspn(p, " \n");
		if (*p != ' ')
			break;
		*p++ = '\0';
	}
	return line->count > 0;
}

const char *
logline_get(const struct logline *line, const char *name)
{
	size_t i;

	for (i = 0; i < line->count; i++)
		if (strcmp(line->fields[i].name, name) == 0)
			return line->fields[i].value;
	return NULL;
}
