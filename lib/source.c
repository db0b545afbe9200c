#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "alias.h"
#include "paths.h"
#include "source.h"

#define SOURCE_MAX 67108864 /* a text file longer than this is not searched */

static char *
read_all(FILE *stream, size_t *len)
{
	size_t room = 65536, n;
	char *text = malloc(room), *more;

	*len = 0;
	while (text != NULL &&
	       (n = fread(text + *len, 1, room - *len, stream)) > 0) {
		*len += n;
		if (*len < room)
			continue;
		more = room < SOURCE_MAX ? realloc(text, room * 2) : NULL;
		if (more == NULL)
			free(text);
		room *= 2;
		text = more;
	}
	return text;
}

/* The last entry of a name counts. */
static unsigned
alias_line(FILE *stream, const char *key)
{
	struct alias_entry entry;
	unsigned line = 0, found = 0;
	size_t len, at = 0;
	char *text;

	if ((text = read_all(stream, &len)) == NULL)
		return 0;
	while (alias_next(text, len, &at, &line, &entry) == 1) {
		entry.name[strcspn(entry.name, "@")] = '\0';
		if (entry.reason == NULL && strcasecmp(entry.name, key) == 0)
			found = entry.line;
		free(entry.value);
	}
	free(text);
	return found;
}

/* The first entry of a key counts. */
static unsigned
pair_line(FILE *stream, const char *key)
{
	size_t room = 0, len = strlen(key);
	unsigned number = 0, found = 0;
	char *line = NULL;

	while (found == 0 && getline(&line, &room, stream) != -1) {
		number++;
		if (*line != '#' && strcspn(line, " \t\r\n\v\f") == len &&
		    strncasecmp(line, key, len) == 0)
			found = number;
	}
	free(line);
	return found;
}

/* Was the text changed after the table was made?  A class has no table. */
static bool
is_newer(const char *text, const char *table)
{
	struct stat a, b;

	if (stat(text, &a) == -1 || stat(table, &b) == -1)
		return false;
	if (a.st_mtim.tv_sec != b.st_mtim.tv_sec)
		return a.st_mtim.tv_sec > b.st_mtim.tv_sec;
	return a.st_mtim.tv_nsec > b.st_mtim.tv_nsec;
}

/* 0 and *newer if the line cannot be told. */
static unsigned
find(const char *dir, const char *table, const char *key, bool *newer)
{
	char text[PATH_SIZE], compiled[PATH_SIZE + 8];
	unsigned found;
	FILE *stream;

	*newer = false;
	if ((size_t)snprintf(text, sizeof(text), "%s/%s", dir, table) >=
	    sizeof(text))
		return 0;
	snprintf(compiled, sizeof(compiled), "%s.cdb", text);
	if ((*newer = is_newer(text, compiled)) ||
	    (stream = fopen(text, "re")) == NULL)
		return 0;
	found = strcmp(table, "aliases") == 0 ? alias_line(stream, key)
					      : pair_line(stream, key);
	fclose(stream);
	return found;
}

unsigned
source_line(const char *dir, const char *table, const char *key)
{
	bool newer;

	return find(dir, table, key, &newer);
}

void
source_place(
    char *out, size_t size, const char *dir, const char *table, const char *key)
{
	bool newer;
	unsigned line = find(dir, table, key, &newer);

	struct stat st;

	if (line > 0) {
		snprintf(out, size, "%s/%s:%u", dir, table, line);
		return;
	}
	snprintf(out, size, "%s/%s.cdb", dir, table);
	if (stat(out, &st) == -1)
		*out = '\0';
	else if (newer)
		strlcat(out, " (its text is newer)", size);
}
