/*
 * Each table: the text that people write and the map that is made of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"
#include "mapmake.h"
#include "whole.h"

static const char *const tables[] = {"access", "virtusertable", "mailertable",
    "domaintable", "genericstable", "mailboxes", "aliases"};

/* One table's files. */
struct files {
	const char *name;
	char source[PATH_SIZE], map[PATH_SIZE], berkeley[PATH_SIZE];
};

static int
enough(const struct mapmake_entry *e, void *arg)
{
	(void)e;
	(void)arg;
	return 1;
}

static void
how_to_make(const struct files *f, char *out, size_t size)
{
	if (strcmp(f->name, "aliases") == 0)
		strlcpy(out, "newaliases", size);
	else
		snprintf(out, size, "makemap hash %s < %s", f->name, f->name);
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec
				      : a->tv_nsec < b->tv_nsec;
}

static void
check_table(struct doctor *d, const struct files *f)
{
	struct stat source, map, berkeley;
	bool has_source = stat(f->source, &source) == 0;
	char how[128];

	how_to_make(f, how, sizeof(how));
	if (stat(f->map, &map) == -1) {
		if (errno != ENOENT)
			doctor_error(d, "%s: %s", f->map, strerror(errno));
		else if (has_source)
			doctor_error(d,
			    "%s: is missing beside its source; run %s", f->map,
			    how);
		else if (stat(f->berkeley, &berkeley) == 0)
			doctor_warning(d,
			    "%s: sendmail's map, which nobody here reads; "
			    "bring its source and run %s",
			    f->berkeley, how);
		return;
	}
	if (mapmake_read(f->map, enough, NULL) == -1)
		doctor_error(d, "%s: %s", f->map, whole_reason(errno));
	else if (has_source && is_before(&map.st_mtim, &source.st_mtim))
		doctor_warning(
		    d, "%s: is older than its source; run %s", f->map, how);
}

void
check_tables(struct doctor *d)
{
	struct files f;
	char file[64];
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		f.name = tables[i];
		path_join(f.source, d->paths.conf, f.name);
		snprintf(file, sizeof(file), "%s.cdb", f.name);
		path_join(f.map, d->paths.conf, file);
		snprintf(file, sizeof(file), "%s.db", f.name);
		path_join(f.berkeley, d->paths.conf, file);
		check_table(d, &f);
	}
}
