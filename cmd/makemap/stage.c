#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mapmake.h"
#include "stage.h"

static const char *const tables[] = {"access", "virtusertable", "mailertable",
    "domaintable", "genericstable", "aliases", "mailboxes"};

static bool
is_table(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i], name) == 0)
			return true;
	return false;
}

static bool
ends_in(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	return len > tail && strcmp(name + len - tail, end) == 0;
}

static bool
is_map_of(const char *name, const char *table)
{
	size_t len = strlen(table);

	return strncmp(name, table, len) == 0 &&
	       strcmp(name + len, ".cdb") == 0;
}

static int
enough(const struct mapmake_entry *e, void *arg)
{
	(void)e;
	(void)arg;
	return 1;
}

static void
lack(struct stage *s, const char *path)
{
	s->incomplete = true;
	(void)strlcpy(s->lacking, path, sizeof(s->lacking));
}

static int
link_one(struct stage *s, const char *path, const char *name)
{
	char there[PATH_SIZE];

	if (ends_in(name, ".cdb") && mapmake_read(path, enough, NULL) == -1) {
		lack(s, path);
		return 0;
	}
	path_join(there, s->conf, name);
	return symlink(path, there);
}

/* A text whose map is missing, unless that is the one in the making. */
static void
look_for_map(struct stage *s, const char *path, bool ours)
{
	char map[PATH_SIZE];

	if (!ours &&
	    (size_t)snprintf(map, sizeof(map), "%s.cdb", path) < sizeof(map) &&
	    access(map, F_OK) == -1)
		lack(s, map);
}

/* Whatever of the folder says how mail is to be judged. */
static int
link_all(struct stage *s, const char *conf, const char *table, DIR *folder)
{
	char path[PATH_SIZE];
	struct dirent *e;

	while (errno = 0, (e = readdir(folder)) != NULL) {
		if (*e->d_name == '.' || ends_in(e->d_name, ".new") ||
		    is_map_of(e->d_name, table))
			continue;
		path_join(path, conf, e->d_name);
		if (is_table(e->d_name))
			look_for_map(s, path, strcmp(e->d_name, table) == 0);
		else if (link_one(s, path, e->d_name) == -1)
			return -1;
	}
	return errno == 0 ? 0 : -1;
}

/* The new map, by a path that holds from anywhere. */
static int
link_new(struct stage *s, const char *table, const char *map)
{
	char there[PATH_SIZE], file[64], *full = realpath(map, NULL);
	int done = -1;

	if (full != NULL && (size_t)snprintf(file, sizeof(file), "%s.cdb",
				table) < sizeof(file)) {
		path_join(there, s->conf, file);
		done = symlink(full, there);
	}
	free(full);
	return done;
}

static int
fill(struct stage *s, const char *conf, const char *table, const char *map)
{
	char *full = realpath(conf, NULL);
	DIR *folder = full != NULL ? opendir(full) : NULL;
	int done = -1;

	if (folder != NULL) {
		done = link_all(s, full, table, folder);
		closedir(folder);
	}
	free(full);
	return done == 0 ? link_new(s, table, map) : -1;
}

int
stage_make(
    struct stage *s, const char *conf, const char *table, const char *map)
{
	const char *top = getenv("TMPDIR");
	int error;

	memset(s, 0, sizeof(*s));
	path_join(s->dir, top != NULL && *top == '/' ? top : "/tmp",
	    "makemap-XXXXXX");
	if (mkdtemp(s->dir) == NULL)
		return -1;
	path_join(s->conf, s->dir, "conf");
	if (mkdir(s->conf, 0700) == 0 && fill(s, conf, table, map) == 0)
		return 0;
	error = errno;
	stage_remove(s);
	errno = error;
	return -1;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
stage_remove(const struct stage *s)
{
	(void)nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
