/*
 * newaliases: conf/aliases, checked, into conf/aliases.cdb.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "alias.h"
#include "mapmake.h"
#include "route.h"
#include "sendmail.h"

#define ALIASES_MAX 268435456 /* bytes; a file beyond is a mistake */

struct tally {
	unsigned long entries, errors;
	size_t longest, total;
};

/* One run: the file, the table in the making, whose domains are ours. */
struct aliases {
	char path[PATH_SIZE];
	char table[PATH_SIZE];
	char *text;
	size_t len;
	struct {
		size_t at;
		unsigned line;
	} told; /* how far tell_double has read the text again */
	struct mapmake *map;
	struct router *router;
	struct tally tally;
};

static void
complain(
    struct aliases *run, unsigned line, const char *name, const char *reason)
{
	warnx("%s: line %u: %s%s%s", run->path, line, name,
	    *name == '\0' ? "" : "... ", reason);
	run->tally.errors++;
}

/* The name that the entry has in the table; NULL, or why it can have none. */
static const char *
local_name(struct aliases *run, char name[256])
{
	char found[256];

	switch (router_alias_name(run->router, name, found, sizeof(found))) {
	case 1:
		strlcpy(name, found, 256);
		return NULL;
	case 0:
		return "cannot alias non-local names";
	default:
		return "local-host-names cannot be read";
	}
}

static const char *
check_value(const char *value)
{
	struct alias_items items;
	unsigned line;
	const char *why;

	if (value[strspn(value, " \t")] == '\0')
		return "missing value for alias";
	if (alias_parse(value, strlen(value), &items, &line, &why) == -1)
		return why;
	alias_free(&items);
	return NULL;
}

static void
store(struct aliases *run, struct alias_entry *entry)
{
	const char *why;
	size_t key, value = strlen(entry->value);

	why = local_name(run, entry->name);
	key = strlen(entry->name);
	if (why == NULL)
		why = check_value(entry->value);
	if (why != NULL) {
		complain(run, entry->line, entry->name, why);
		return;
	}
	/* One that fails is told of when the table is written. */
	mapmake_line(run->map, entry->line);
	mapmake_put(
	    run->map, entry->name, key, entry->value, value, MAPMAKE_REPLACE);
	run->tally.entries++;
	run->tally.total += key + value;
	if (value > run->tally.longest)
		run->tally.longest = value;
}

/* Lines come in their order. */
static void
tell_double(const char *key, unsigned line, void *arg)
{
	struct aliases *run = arg;
	struct alias_entry entry = {.line = 0};

	while (
	    entry.line < line && alias_next(run->text, run->len, &run->told.at,
				     &run->told.line, &entry) == 1)
		free(entry.value);
	warnx("%s: line %u: %s... Warning: duplicate alias name %s", run->path,
	    line, entry.name, key);
}

static void
gather(struct aliases *run)
{
	struct alias_entry entry;
	unsigned line = 0;
	size_t at = 0;

	while (alias_next(run->text, run->len, &at, &line, &entry) == 1) {
		if (entry.reason != NULL)
			complain(run, entry.line, entry.name, entry.reason);
		else
			store(run, &entry);
		free(entry.value);
	}
}

/* The whole file: malloced, or NULL with errno. */
static char *
slurp(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *text = NULL;

	if (file == NULL)
		return NULL;
	if (fstat(fileno(file), &st) == -1)
		err(EX_IOERR, "%s", path);
	if (st.st_size > ALIASES_MAX)
		errno = EFBIG;
	else if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		err(EX_OSERR, "%s", path);
	else
		*len = fread(text, 1, (size_t)st.st_size, file);
	if (ferror(file))
		err(EX_IOERR, "%s", path);
	fclose(file);
	return text;
}

static int
finish(struct aliases *run)
{
	if (mapmake_commit(run->map) == -1) {
		warn("%s", run->table);
		return EX_CANTCREAT;
	}
	printf("%s: %lu aliases, longest %zu bytes, %zu bytes total\n",
	    run->path, run->tally.entries, run->tally.longest,
	    run->tally.total);
	return run->tally.errors > 0 ? EX_SOFTWARE : EX_OK;
}

int
make_aliases(const struct paths *paths)
{
	static struct aliases run;
	int status;

	path_join(run.path, paths->conf, "aliases");
	path_join(run.table, paths->conf, "aliases.cdb");
	if ((run.text = slurp(run.path, &run.len)) == NULL)
		err(errno == ENOENT ? EX_NOINPUT : EX_IOERR, "%s", run.path);
	if ((run.map = mapmake_begin(run.table, false)) == NULL)
		err(EX_CANTCREAT, "%s", run.table);
	run.router = router_open(paths->conf, NULL);
	mapmake_tell(run.map, tell_double, &run);
	gather(&run);
	router_close(run.router);
	status = finish(&run);
	free(run.text);
	if (fflush(stdout) == EOF)
		err(EX_IOERR, "standard output");
	return status;
}
