/*
 * makemap - compile a table for the programs that look things up in it
 *
 * Standard input: lines of "key value".  Result: MAPNAME.cdb, whole or not at
 * all.  Options, messages and exit codes are those of sendmail's makemap, for
 * the scripts that know them; see makemap(8).
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <err.h>

#include "guard.h"
#include "input.h"
#include "mapmake.h"
#include "pair.h"
#include "paths.h"
#include "progress.h"
#include "standard.h"
#include "value.h"
#include "whole.h"

struct job {
	const char *program, *type, *name; /* as typed */
	char path[PATH_SIZE];
	char folder[PATH_SIZE], table[PATH_SIZE]; /* its parts */
	struct pair_rules rules;
	enum mapmake_double twice;
	bool append, dump, force, nul, unsafe, verbose;
	bool replies; /* its values are */
	struct progress progress;
	int status;
};

static const char *const types[] = {
    "hash", "btree", "dbm", "cdb", "implicit", "cf", "CF"};

__attribute__((noreturn)) static void
usage(void)
{
	fputs(
	    "Usage: makemap [-C cffile] [-N] [-c cachesize] [-D commentchar]\n"
	    "               [-d] [-e] [-f] [-i type] [-l] [-o] [-r] [-s] "
	    "[-t delimiter]\n"
	    "               [-u] [-v] type mapname\n",
	    stderr);
	exit(EX_USAGE);
}

static int
list_types(void)
{
	puts("hash\nbtree\ndbm\ncdb\nimplicit");
	return EX_OK;
}

__attribute__((noreturn)) static void
cannot_open(const struct job *job, const char *reason)
{
	fprintf(stderr, "%s: error opening type %s map %s: %s\n", job->program,
	    job->type, job->name, reason);
	exit(EX_CANTCREAT);
}

static const char *
reason(void)
{
	return errno == ELOOP    ? "Symbolic links not allowed"
	       : errno == EMLINK ? "Hard links not allowed"
	       : errno == EFBIG  ? "a CDB map holds at most 4 GB"
				 : whole_reason(errno);
}

/* A byte that parts key from value, or starts a comment. */
static char
one_byte(const char *option)
{
	if (*option == '\0')
		fputs("Invalid separator\n", stderr);
	return *option;
}

static bool
option(struct job *job, int c, const char *value)
{
	switch (c) {
	case 'D':
		job->rules.comment = *value;
		return true;
	case 'F':
		job->force = true;
		return true;
	case 'N':
		job->nul = true;
		return true;
	case 'd':
		job->twice = MAPMAKE_BOTH;
		return true;
	case 'e':
		job->rules.empty = true;
		return true;
	case 'f':
		job->rules.fold = false;
		return true;
	case 'o':
		job->append = true;
		return true;
	case 'r':
		job->twice = MAPMAKE_REPLACE;
		return true;
	case 's':
		job->unsafe = true;
		return true;
	case 't':
		job->rules.separator = one_byte(value);
		return true;
	case 'u':
		job->dump = true;
		return true;
	case 'v':
		job->verbose = true;
		return true;
	/* No sendmail.cf and no Berkeley DB here: nothing to set. */
	case 'C':
	case 'c':
	case 'i':
		return true;
	default:
		return false;
	}
}

static bool
is_type(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* MAPNAME, MAPNAME.db and MAPNAME.cdb are one table, MAPNAME.cdb. */
static void
name_map(struct job *job)
{
	size_t len = strlen(job->name);
	char copy[PATH_SIZE];

	if (len > 4 && strcmp(job->name + len - 4, ".cdb") == 0)
		len -= 4;
	else if (len > 3 && strcmp(job->name + len - 3, ".db") == 0)
		len -= 3;
	if ((size_t)snprintf(job->path, sizeof(job->path), "%.*s.cdb", (int)len,
		job->name) >= sizeof(job->path))
		cannot_open(job, strerror(ENAMETOOLONG));
	strlcpy(copy, job->path, sizeof(copy));
	strlcpy(job->folder, dirname(copy), sizeof(job->folder));
	strlcpy(copy, job->path, sizeof(copy));
	strlcpy(job->table, basename(copy), sizeof(job->table));
	job->table[strlen(job->table) - strlen(".cdb")] = '\0';
	job->replies = value_is_reply(job->table);
}

static void
warn_folder(const struct job *job)
{
	struct stat st;
	char *full;

	if (job->unsafe || stat(job->folder, &st) == -1 ||
	    (st.st_mode & S_IWOTH) == 0)
		return;
	full = realpath(job->folder, NULL);
	fprintf(stderr, "WARNING: World writable directory %s\n",
	    full != NULL ? full : job->folder);
	free(full);
}

static void
complain(struct job *job, unsigned number, const char *text, const char *key)
{
	progress_clear(&job->progress);
	fprintf(stderr, "%s: %s: line %u: %s%s%s\n", job->program, job->name,
	    number, text, key != NULL ? " " : "", key != NULL ? key : "");
	job->status = EX_DATAERR;
}

__attribute__((noreturn)) static void
cannot_put(struct job *job, struct mapmake *map, unsigned number)
{
	const char *why = reason();

	mapmake_abort(map);
	progress_clear(&job->progress);
	fprintf(stderr, "%s: %s: line %u: put error: %s\n", job->program,
	    job->name, number, why);
	exit(EX_IOERR);
}

static void
store(struct job *job, struct mapmake *map, const struct pair *line,
    unsigned number)
{
	size_t nul = job->nul ? 1 : 0;

	if (job->verbose)
		printf("key=`%s', val=`%s'\n", line->key, line->value);
	mapmake_line(map, number);
	if (mapmake_put(map, line->key, line->key_len + nul, line->value,
		line->value_len + nul, job->twice) == -1)
		cannot_put(job, map, number);
}

static void
tell_double(const char *key, unsigned number, void *arg)
{
	struct job *job = arg;
	char text[PAIR_SIZE + 32];

	if (job->twice != MAPMAKE_KEEP)
		return;
	snprintf(text, sizeof(text), "key %s: duplicate key", key);
	complain(job, number, text, NULL);
}

static void
read_line(struct job *job, struct mapmake *map, char *text, size_t len,
    unsigned number)
{
	const char *why;
	struct pair line;
	int got = pair_parse(text, len, &job->rules, &line);

	if (got == -1)
		complain(
		    job, number, line.reason, line.with_key ? line.key : NULL);
	if (got != 1)
		return;
	why = job->replies ? value_check(job->table, line.value) : NULL;
	if (why != NULL)
		complain(job, number, why, line.key);
	else
		store(job, map, &line, number);
}

static void
read_table(struct job *job, struct mapmake *map)
{
	static struct input in;
	unsigned number;
	size_t len;
	char *text;
	int got;

	for (number = 1; (got = input_line(&in, &text, &len)) > 0; number++) {
		if (got == INPUT_PIECE)
			complain(job, number, "line too long (1024 bytes max)",
			    NULL);
		else
			read_line(job, map, text, len, number);
		progress_lines(&job->progress, number);
	}
	if (got == -1) {
		mapmake_abort(map);
		err(EX_IOERR, "standard input");
	}
}

static size_t
without_nul(const char *text, size_t len)
{
	return len > 0 && text[len - 1] == '\0' ? len - 1 : len;
}

static int
print_entry(const struct mapmake_entry *e, void *arg)
{
	const struct job *job = arg;
	char separator = job->rules.separator;

	fwrite(e->key, 1, without_nul(e->key, e->key_len), stdout);
	putchar(separator != '\0' ? separator : '\t');
	fwrite(e->value, 1, without_nul(e->value, e->value_len), stdout);
	putchar('\n');
	return 0;
}

static int
keep_entry(const struct mapmake_entry *e, void *arg)
{
	mapmake_put(
	    arg, e->key, e->key_len, e->value, e->value_len, MAPMAKE_BOTH);
	return 0;
}

static void
dump(struct job *job)
{
	if (mapmake_read(job->path, print_entry, job) == -1)
		cannot_open(job, reason());
}

/* -F: it is tried, and counts all the same. */
static bool
may_switch(const struct job *job, const struct mapmake *map)
{
	const struct guard guard = {job->program, job->name, job->folder,
	    job->table, mapmake_written(map)};

	if (!guard_wants(job->folder, job->table) || guard_passes(&guard) ||
	    job->force)
		return true;
	fprintf(stderr, "%s: %s: the old map stays (-F forces)\n", job->program,
	    job->name);
	return false;
}

static void
finish(struct job *job, struct mapmake *map)
{
	progress_say(&job->progress, "writing and reading back");
	if (mapmake_write(map) == -1) {
		progress_clear(&job->progress);
		fprintf(stderr, "%s: %s: error on close: %s\n", job->program,
		    job->name, reason());
		mapmake_abort(map);
		job->status = EX_IOERR;
		return;
	}
	progress_clear(&job->progress);
	if (!may_switch(job, map)) {
		mapmake_abort(map);
		job->status = EX_CONFIG;
	} else if (mapmake_switch(map) == -1) {
		fprintf(stderr, "%s: %s: error on close: %s\n", job->program,
		    job->name, reason());
		job->status = EX_IOERR;
	}
}

static void
make(struct job *job)
{
	struct mapmake *map;
	const char *why;

	warn_folder(job);
	if ((map = mapmake_begin(job->path, job->unsafe)) == NULL)
		cannot_open(job, reason());
	if (job->append && mapmake_read(job->path, keep_entry, map) == -1) {
		why = reason();
		mapmake_abort(map);
		cannot_open(job, why);
	}
	mapmake_tell(map, tell_double, job);
	progress_start(&job->progress, job->program, job->name);
	read_table(job, map);
	finish(job, map);
}

int
main(int argc, char *argv[])
{
	struct job job = {
	    .rules = {'#', '\0', true, false}, .twice = MAPMAKE_KEEP};
	int c;

	standard_fill();
	job.program = basename(argv[0]);
	while ((c = getopt(argc, argv, "C:D:FNc:defi:lorst:uv")) != -1) {
		if (c == 'l')
			return list_types();
		if (!option(&job, c, optarg))
			usage();
	}
	if (argc - optind != 2)
		usage();
	job.type = argv[optind];
	job.name = argv[optind + 1];
	if (!is_type(job.type))
		cannot_open(&job, "Unknown database type");
	name_map(&job);
	if (job.dump)
		dump(&job);
	else
		make(&job);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(EX_IOERR, "standard output");
	return job.status;
}
