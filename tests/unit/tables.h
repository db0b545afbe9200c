/*
 * tables - a configuration folder for a test, made of lines
 */
#ifndef TEST_TABLES_H
#define TEST_TABLES_H

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "mapmake.h"

static char folder[64];

static void
folder_make(void)
{
	strlcpy(folder, "/tmp/postern-test-XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		abort();
}

static int
folder_entry(const char *file, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(file);
}

static void
folder_remove(void)
{
	nftw(folder, folder_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
file_write(const char *name, const char *text)
{
	char file[512];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	if ((f = fopen(file, "w")) == NULL || fputs(text, f) == EOF ||
	    fclose(f) == EOF)
		abort();
}

/* "key value" lines, ended by "\n"; keys are folded.  Text and table. */
static inline void
table_write(const char *name, const char *lines)
{
	char file[512], *copy = strdup(lines), *rest = copy, *line, *value;
	struct mapmake *map;

	file_write(name, lines);
	snprintf(file, sizeof(file), "%s/%s.cdb", folder, name);
	if ((map = mapmake_begin(file, false)) == NULL)
		abort();
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		value = line;
		strsep(&value, " \t");
		addr_fold(line);
		value += strspn(value, " \t");
		mapmake_put(map, line, strlen(line), value, strlen(value),
		    MAPMAKE_KEEP);
	}
	free(copy);
	if (mapmake_commit(map) == -1)
		abort();
}

static inline void
table_remove(const char *name)
{
	char file[512];

	snprintf(file, sizeof(file), "%s/%s.cdb", folder, name);
	unlink(file);
	snprintf(file, sizeof(file), "%s/%s", folder, name);
	unlink(file);
}

#endif
