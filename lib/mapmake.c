#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>
#include <err.h>

#include "exits.h"
#include "gather.h"
#include "mapmake.h"
#include "paths.h"
#include "whole.h"

struct mapmake {
	char path[PATH_SIZE];
	char beside[PATH_SIZE]; /* path.new, locked while we make it */
	int fd;
	unsigned line;
	mapmake_told *told;
	void *arg;
	struct gather *entries;
};

/* May the file at path be replaced? */
static int
check_target(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : -1;
	if (S_ISLNK(st.st_mode))
		errno = ELOOP;
	else if (!S_ISREG(st.st_mode))
		errno = EINVAL;
	else if (st.st_nlink > 1)
		errno = EMLINK;
	else
		return 0;
	return -1;
}

/*
 * Open the file beside and lock it.  Whoever had the lock before may have
 * renamed it to its place meanwhile: then try again.
 */
static int
open_beside(struct mapmake *m)
{
	struct stat mine, there;

	for (;;) {
		m->fd = open(
		    m->beside, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (m->fd == -1 || flock(m->fd, LOCK_EX) == -1 ||
		    fstat(m->fd, &mine) == -1)
			return -1;
		if (lstat(m->beside, &there) == 0 &&
		    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
			break;
		close(m->fd);
	}
	if (mine.st_nlink != 1 || !S_ISREG(mine.st_mode)) {
		errno = EMLINK;
		return -1;
	}
	return ftruncate(m->fd, 0);
}

static void
free_all(struct mapmake *m)
{
	int error = errno;

	if (m->entries != NULL)
		gather_free(m->entries);
	if (m->fd != -1)
		close(m->fd);
	free(m);
	errno = error;
}

static const char *
folder_of(const char *path, char folder[PATH_SIZE])
{
	strlcpy(folder, path, PATH_SIZE);
	return dirname(folder);
}

struct mapmake *
mapmake_begin(const char *path, bool unsafe)
{
	struct mapmake *m;

	if ((m = calloc(1, sizeof(*m))) == NULL)
		err(EXIT_TEMP, "%s", path);
	m->fd = -1;
	if ((size_t)snprintf(m->beside, sizeof(m->beside), "%s.new", path) >=
	    sizeof(m->beside)) {
		free(m);
		errno = ENAMETOOLONG;
		return NULL;
	}
	strlcpy(m->path, path, sizeof(m->path));
	if ((!unsafe && check_target(path) == -1) || open_beside(m) == -1) {
		free_all(m);
		return NULL;
	}
	m->entries = gather_new(m->fd);
	return m;
}

void
mapmake_tell(struct mapmake *m, mapmake_told *told, void *arg)
{
	m->told = told;
	m->arg = arg;
}

void
mapmake_line(struct mapmake *m, unsigned line)
{
	m->line = line;
}

int
mapmake_put(struct mapmake *m, const char *key, size_t key_len,
    const char *value, size_t value_len, enum mapmake_double twice)
{
	const struct mapmake_entry e = {key, value, key_len, value_len};

	return gather_put(m->entries, &e, twice, m->line);
}

/* As the table was before; else readable by every service. */
static int
hand_down(struct mapmake *m)
{
	struct stat old;

	if (stat(m->path, &old) == -1)
		return errno == ENOENT ? fchmod(m->fd, 0644) : -1;
	/* An owner that we may not give it to is no reason to fail. */
	if (fchown(m->fd, old.st_uid, old.st_gid) == -1 && errno != EPERM)
		return -1;
	return fchmod(m->fd, old.st_mode & 0777);
}

static int
sync_folder(const char *path)
{
	char folder[PATH_SIZE];
	int fd, done;

	fd = open(folder_of(path, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	done = fsync(fd);
	close(fd);
	return done;
}

int
mapmake_write(struct mapmake *m)
{
	return gather_write(m->entries, m->told, m->arg) == 0 &&
		       hand_down(m) == 0 && fsync(m->fd) == 0
		   ? 0
		   : -1;
}

const char *
mapmake_written(const struct mapmake *m)
{
	return m->beside;
}

int
mapmake_switch(struct mapmake *m)
{
	int done = rename(m->beside, m->path), error = errno;

	if (done == -1) {
		unlink(m->beside);
		errno = error;
	} else
		done = sync_folder(m->path);
	free_all(m);
	return done;
}

int
mapmake_commit(struct mapmake *m)
{
	int error;

	if (mapmake_write(m) == 0)
		return mapmake_switch(m);
	error = errno;
	mapmake_abort(m);
	errno = error;
	return -1;
}

void
mapmake_abort(struct mapmake *m)
{
	if (m == NULL)
		return;
	unlink(m->beside);
	free_all(m);
}

static int
walk(struct cdb *cdb, int (*each)(const struct mapmake_entry *, void *arg),
    void *arg)
{
	struct mapmake_entry e;
	unsigned at;
	int got;

	cdb_seqinit(&at, cdb);
	while ((got = cdb_seqnext(&at, cdb)) > 0) {
		e.key = cdb_getkey(cdb);
		e.value = cdb_getdata(cdb);
		e.key_len = cdb_keylen(cdb);
		e.value_len = cdb_datalen(cdb);
		if (e.key == NULL || e.value == NULL) {
			errno = EPROTO;
			return -1;
		}
		if ((got = each(&e, arg)) != 0)
			return got;
	}
	return got;
}

/* As readers see it: nothing of a table that is not whole. */
static int
check(struct cdb *cdb)
{
	const unsigned char *bytes = cdb_get(cdb, cdb->cdb_fsize, 0);
	int error = bytes == NULL ? EPROTO : whole_check(bytes, cdb->cdb_fsize);

	errno = error;
	return error == 0 ? 0 : -1;
}

/* cdb_init makes no difference between these. */
static int
why_not(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0 ? ENODATA : EPROTO;
}

int
mapmake_read(const char *path,
    int (*each)(const struct mapmake_entry *, void *arg), void *arg)
{
	struct cdb cdb;
	int fd = open(path, O_RDONLY | O_CLOEXEC), got, error;

	if (fd == -1)
		return -1;
	errno = 0;
	if ((got = cdb_init(&cdb, fd)) == 0) {
		if ((got = check(&cdb)) == 0)
			got = walk(&cdb, each, arg);
		cdb_free(&cdb);
	} else
		errno = why_not(fd);
	error = errno;
	close(fd);
	errno = error;
	return got;
}
