#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>
#include <err.h>

#include "exits.h"
#include "mapmake.h"
#include "paths.h"

struct pair {
	char *key, *value;
	size_t key_len, value_len;
};

struct mapmake {
	char path[PATH_SIZE];
	char beside[PATH_SIZE]; /* path.new, locked while we make it */
	int fd;
	struct pair **list; /* in the order they came */
	size_t count, room;
	void *index; /* tsearch, by key */
};

static int
by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	size_t len = x->key_len < y->key_len ? x->key_len : y->key_len;
	int order = memcmp(x->key, y->key, len);

	if (order != 0)
		return order;
	return (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

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
	size_t i;

	for (i = 0; i < m->count; i++) {
		tdelete(m->list[i], &m->index, by_key);
		free(m->list[i]->key);
		free(m->list[i]->value);
		free(m->list[i]);
	}
	free(m->list);
	if (m->fd != -1)
		close(m->fd);
	free(m);
}

struct mapmake *
mapmake_begin(const char *path, bool unsafe)
{
	struct mapmake *m;
	int error;

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
		error = errno;
		free_all(m);
		errno = error;
		return NULL;
	}
	return m;
}

static char *
copy(const char *from, size_t len)
{
	char *to = malloc(len + 1);

	if (to == NULL)
		err(EXIT_TEMP, "map");
	memcpy(to, from, len);
	to[len] = '\0';
	return to;
}

static void
append(struct mapmake *m, const struct pair *e)
{
	if (m->count == m->room) {
		m->room = m->room == 0 ? 64 : m->room * 2;
		m->list = reallocarray(m->list, m->room, sizeof(*m->list));
		if (m->list == NULL)
			err(EXIT_TEMP, "map");
	}
	if ((m->list[m->count] = malloc(sizeof(*e))) == NULL)
		err(EXIT_TEMP, "map");
	*m->list[m->count++] = *e;
}

int
mapmake_put(struct mapmake *m, const char *key, size_t key_len,
    const char *value, size_t value_len, enum mapmake_double twice)
{
	struct pair e = {copy(key, key_len), copy(value, value_len), key_len,
			value_len},
		    **there;
	char *old;

	there = tfind(&e, &m->index, by_key);
	if (there == NULL || twice == MAPMAKE_BOTH) {
		append(m, &e);
		if (there == NULL &&
		    tsearch(m->list[m->count - 1], &m->index, by_key) == NULL)
			err(EXIT_TEMP, "map");
		return there != NULL;
	}
	old = e.value;
	if (twice == MAPMAKE_REPLACE) {
		old = (*there)->value;
		(*there)->value = e.value;
		(*there)->value_len = value_len;
	}
	free(old);
	free(e.key);
	return 1;
}

size_t
mapmake_count(const struct mapmake *m)
{
	return m->count;
}

static int
write_all(struct mapmake *m)
{
	struct cdb_make cdb;
	const struct pair *e;
	size_t i;
	int failed;

	if (cdb_make_start(&cdb, m->fd) == -1)
		return -1;
	for (i = 0; i < m->count; i++) {
		e = m->list[i];
		if (cdb_make_add(&cdb, e->key, (unsigned)e->key_len, e->value,
			(unsigned)e->value_len) == -1)
			break;
	}
	failed = errno;
	if (cdb_make_finish(&cdb) == -1)
		return -1;
	errno = failed;
	return i == m->count ? 0 : -1;
}

static int
is_there(struct cdb *cdb, const struct pair *e)
{
	struct cdb_find find;
	const void *data;

	if (cdb_findinit(&find, cdb, e->key, (unsigned)e->key_len) == -1)
		return 0;
	while (cdb_findnext(&find) > 0) {
		data = cdb_getdata(cdb);
		if (data != NULL && cdb_datalen(cdb) == e->value_len &&
		    memcmp(data, e->value, e->value_len) == 0)
			return 1;
	}
	return 0;
}

/* Everything we were given must be found in what was written. */
static int
read_back(struct mapmake *m)
{
	struct cdb cdb;
	size_t i;

	if (cdb_init(&cdb, m->fd) == -1)
		return -1;
	for (i = 0; i < m->count && is_there(&cdb, m->list[i]); i++)
		;
	cdb_free(&cdb);
	errno = EIO;
	return i == m->count ? 0 : -1;
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

	strlcpy(folder, path, sizeof(folder));
	fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	done = fsync(fd);
	close(fd);
	return done;
}

int
mapmake_commit(struct mapmake *m)
{
	int done = -1, error;

	if (write_all(m) == 0 && read_back(m) == 0 && hand_down(m) == 0 &&
	    fsync(m->fd) == 0 && rename(m->beside, m->path) == 0)
		done = sync_folder(m->path);
	else {
		error = errno;
		unlink(m->beside);
		errno = error;
	}
	error = errno;
	free_all(m);
	errno = error;
	return done;
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
		if (e.key == NULL || e.value == NULL)
			return -1;
		if ((got = each(&e, arg)) != 0)
			return got;
	}
	return got;
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
		got = walk(&cdb, each, arg);
		cdb_free(&cdb);
	}
	error = errno != 0 ? errno : EPROTO;
	close(fd);
	errno = error;
	return got;
}
