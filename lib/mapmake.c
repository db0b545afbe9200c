#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>
#include <err.h>
#include <xxhash.h>

#include "exits.h"
#include "gather.h"
#include "mapmake.h"
#include "paths.h"
#include "whole.h"

struct mapmake {
	char path[PATH_SIZE];
	char beside[PATH_SIZE]; /* path.new, locked while we make it */
	int fd;
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
	char folder[PATH_SIZE];
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
	if ((unsafe || check_target(path) == 0) && open_beside(m) == 0 &&
	    (m->entries = gather_new(folder_of(path, folder))) != NULL)
		return m;
	free_all(m);
	return NULL;
}

int
mapmake_put(struct mapmake *m, const char *key, size_t key_len,
    const char *value, size_t value_len, enum mapmake_double twice)
{
	const struct mapmake_entry e = {key, value, key_len, value_len};

	return gather_put(m->entries, &e, twice);
}

size_t
mapmake_count(const struct mapmake *m)
{
	return gather_count(m->entries);
}

/* Are the bytes of the file those that were written, by their XXH3? */
static int
is_written(int fd, uint64_t size, uint64_t hash)
{
	XXH3_state_t *state = XXH3_createState();
	char buffer[65536];
	uint64_t at = 0;
	ssize_t n = 0;
	int same;

	if (state == NULL)
		err(EXIT_TEMP, "table");
	XXH3_64bits_reset(state);
	for (; at < size &&
	       (n = pread(fd, buffer,
		    size - at < sizeof(buffer) ? size - at : sizeof(buffer),
		    (off_t)at)) > 0;
	     at += (uint64_t)n)
		XXH3_64bits_update(state, buffer, (size_t)n);
	same = at == size && XXH3_64bits_digest(state) == hash;
	XXH3_freeState(state);
	return same;
}

/* Of those that come twice any will do. */
static int
is_found(struct cdb *cdb)
{
	unsigned at = cdb_keypos(cdb), len = cdb_keylen(cdb);
	const void *key = cdb_getkey(cdb);
	struct cdb_find find;

	if (key == NULL || cdb_findinit(&find, cdb, key, len) == -1)
		return 0;
	while (cdb_findnext(&find) > 0)
		if (cdb_keypos(cdb) == at)
			return 1;
	return 0;
}

#define LET_GO 1048576 /* entries, then what was mapped leaves our memory */

/* Every entry must be found by its key, and none may be missing. */
static int
find_all(struct cdb *cdb, size_t count)
{
	const void *mapped = cdb_get(cdb, cdb->cdb_fsize, 0);
	unsigned at;
	size_t n = 0;

	cdb_seqinit(&at, cdb);
	while (cdb_seqnext(&at, cdb) > 0) {
		if (!is_found(cdb))
			return 0;
		if (++n % LET_GO == 0)
			(void)madvise((void *)(uintptr_t)mapped, cdb->cdb_fsize,
			    MADV_DONTNEED);
	}
	return n == count;
}

static int
read_back(struct mapmake *m, uint64_t hash)
{
	struct cdb cdb;
	struct stat st;
	int whole;

	if (fstat(m->fd, &st) == -1 || cdb_init(&cdb, m->fd) == -1)
		return -1;
	whole = st.st_size > WHOLE_SEAL &&
		is_written(m->fd, (uint64_t)st.st_size - WHOLE_SEAL, hash) &&
		find_all(&cdb, gather_count(m->entries));
	cdb_free(&cdb);
	errno = EIO;
	return whole ? 0 : -1;
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
	uint64_t hash;

	return gather_write(m->entries, m->fd, &hash) == 0 &&
		       read_back(m, hash) == 0 && hand_down(m) == 0 &&
		       fsync(m->fd) == 0
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
