#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cdb.h>
#include <err.h>

#include "stat_same.h"
#include "exits.h"
#include "log.h"
#include "map.h"
#include "paths.h"
#include "whole.h"

enum map_state { MAP_MISSING, MAP_OPEN, MAP_BROKEN };

struct map {
	enum map_state state;
	bool held;
	unsigned long version;
	struct cdb cdb;             /* open: a copy of the file in memory */
	const unsigned char *bytes; /* all of it */
	struct stat
	    seen;  /* the file that cdb is a copy of, or that is broken */
	int error; /* broken: why */
	char path[PATH_SIZE];
	char source[PATH_SIZE]; /* the text that it is made of */
	time_t looked;          /* at the source's age */
	struct timespec told;   /* how old it was when that was logged */
	char name[64];
	char reason[PATH_SIZE + 128];
};

struct map *
map_open(const char *dir, const char *name)
{
	struct map *m = calloc(1, sizeof(*m));
	char file[64];

	if (m == NULL)
		err(EXIT_TEMP, "map %s", name);
	if (strlcpy(m->name, name, sizeof(m->name)) >= sizeof(m->name) ||
	    (size_t)snprintf(file, sizeof(file), "%s.cdb", name) >=
		sizeof(file))
		errx(EXIT_PERM, "map %s: name too long", name);
	path_join(m->path, dir, file);
	path_join(m->source, dir, name);
	return m;
}

static void
forget(struct map *m)
{
	if (m->state == MAP_OPEN)
		cdb_free(&m->cdb);
	m->state = MAP_MISSING;
	m->error = 0;
	memset(&m->seen, 0, sizeof(m->seen));
}

void
map_close(struct map *m)
{
	if (m == NULL)
		return;
	forget(m);
	free(m);
}

static const char *
explain(int error)
{
	switch (error) {
	case EMSGSIZE:
		return "value too long";
	case EBUSY:
		return "is being written";
	case ENOENT:
		return "is missing beside its source; run makemap";
	default:
		return whole_reason(error);
	}
}

/* Is it wrong until the file is another one? */
static bool
is_lasting(int error)
{
	return error == EPROTO || error == ENODATA || error == EMEDIUMTYPE;
}

static int
broken(struct map *m, int error)
{
	snprintf(
	    m->reason, sizeof(m->reason), "%s: %s", m->path, explain(error));
	errno = error;
	return -1;
}

static int
copy_all(int from, int to, off_t size)
{
	char buffer[65536];
	ssize_t n;

	while (size > 0) {
		n = read(from, buffer, sizeof(buffer));
		if (n == -1)
			return -1;
		if (n == 0 || n > size) {
			errno = EBUSY; /* someone writes into it */
			return -1;
		}
		if (write(to, buffer, (size_t)n) != n)
			return -1;
		size -= n;
	}
	return 0;
}

/*
 * A copy in memory, so that a file that is cut or overwritten in place while we
 * read can neither kill us (SIGBUS) nor give half of two tables.
 */
static int
snapshot(int fd, struct stat *seen)
{
	struct stat after;
	int copy, error;

	if (fstat(fd, seen) == -1)
		return -1;
	if (!S_ISREG(seen->st_mode) || seen->st_size > UINT32_MAX ||
	    seen->st_size == 0) {
		errno = seen->st_size == 0 ? ENODATA : EPROTO;
		return -1;
	}
	if ((copy = memfd_create("map", MFD_CLOEXEC)) == -1)
		return -1;
	if (copy_all(fd, copy, seen->st_size) == 0 && fstat(fd, &after) == 0) {
		if (stat_same(seen, &after))
			return copy;
		errno = EBUSY;
	}
	error = errno;
	close(copy);
	errno = error;
	return -1;
}

static int
take(struct map *m, int fd)
{
	int copy = snapshot(fd, &m->seen), error = EPROTO;

	if (copy == -1)
		return -1;
	if (cdb_init(&m->cdb, copy) == 0) {
		m->bytes = cdb_get(&m->cdb, m->cdb.cdb_fsize, 0);
		if (m->bytes != NULL)
			error = whole_check(m->bytes, m->cdb.cdb_fsize);
		if (error != 0)
			cdb_free(&m->cdb);
	}
	close(copy); /* what is mapped stays */
	if (error != 0) {
		errno = error;
		return -1;
	}
	m->state = MAP_OPEN;
	return 0;
}

static bool
is_none(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

static void
reopen(struct map *m)
{
	int fd;

	forget(m);
	m->version++;
	m->looked = 0;
	fd = open(m->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 && is_none(errno) && access(m->source, F_OK) == -1 &&
	    is_none(errno))
		return;
	if (fd == -1 || take(m, fd) == -1) {
		m->error = errno;
		m->state = MAP_BROKEN;
	}
	if (fd != -1)
		close(fd);
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec
				      : a->tv_nsec < b->tv_nsec;
}

/* Somebody changed the source and did not compile it: say so, once. */
static void
compare_ages(struct map *m)
{
	struct timespec now;
	struct stat source;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (m->state != MAP_OPEN || m->looked == now.tv_sec + 1)
		return;
	m->looked = now.tv_sec + 1;
	if (stat(m->source, &source) == -1 ||
	    !is_before(&m->seen.st_mtim, &source.st_mtim) ||
	    (m->told.tv_sec == source.st_mtim.tv_sec &&
		m->told.tv_nsec == source.st_mtim.tv_nsec))
		return;
	m->told = source.st_mtim;
	log_event("stale", "table", m->path, "source", m->source, NULL);
}

/* What is not there: nothing changes until it or its source comes or goes. */
static bool
is_still_gone(const struct map *m)
{
	bool source = access(m->source, F_OK) == 0;

	return source ? m->state == MAP_BROKEN && is_none(m->error)
		      : m->state == MAP_MISSING && is_none(errno);
}

/* Look whether the file is another one than before. */
static void
refresh(struct map *m)
{
	struct stat now;

	if (stat(m->path, &now) == -1) {
		if (!is_none(errno) || !is_still_gone(m))
			reopen(m);
		return;
	}
	if (!stat_same(&now, &m->seen) ||
	    (m->state != MAP_OPEN && !is_lasting(m->error)))
		reopen(m);
	compare_ages(m);
}

bool
map_look(struct map *m)
{
	refresh(m);
	return m->state != MAP_BROKEN || is_none(m->error) ||
	       is_lasting(m->error);
}

void
map_hold(struct map *m, bool held)
{
	m->held = held;
}

/* What is not in the file is damage: nothing is taken on trust here. */
static uint32_t
number_at(const struct map *m, uint64_t at)
{
	uint32_t n = 0;

	if (at + sizeof(n) <= m->cdb.cdb_fsize)
		memcpy(&n, m->bytes + at, sizeof(n));
	return le32toh(n);
}

static bool
is_key(const struct map *m, uint64_t at, const char *key, size_t len)
{
	return number_at(m, at) == len && at + 8 + len <= m->cdb.cdb_fsize &&
	       memcmp(m->bytes + at + 8, key, len) == 0;
}

/*
 * cdb_find, for a hash that is known already: each key is asked twice, with a
 * NUL and without.  The entry's place, or 0.
 */
static uint64_t
find(const struct map *m, uint32_t hash, const char *key, size_t len)
{
	uint64_t head = (hash & 255) * 8, table = number_at(m, head);
	uint32_t slots = number_at(m, head + 4), i, tried, at;

	if (slots == 0)
		return 0;
	i = (hash >> 8) % slots;
	for (tried = 0; tried < slots; tried++) {
		if ((at = number_at(m, table + i * 8ull + 4)) == 0)
			return 0;
		if (number_at(m, table + i * 8ull) == hash &&
		    is_key(m, at, key, len))
			return at;
		i = i + 1 == slots ? 0 : i + 1;
	}
	return 0;
}

static uint64_t
find_key(const struct map *m, const char *key, size_t len)
{
	uint32_t hash = cdb_hash(key, (unsigned)len);
	uint64_t at = find(m, hash, key, len);

	/* One NUL more, as cdb_hash would count it. */
	return at != 0 ? at : find(m, (hash << 5) + hash, key, len + 1);
}

static int
load(struct map *m, uint64_t at, char **value)
{
	uint32_t len = number_at(m, at + 4);
	const char *data;

	at += 8ull + number_at(m, at);
	if (at + len > m->cdb.cdb_fsize)
		return broken(m, EPROTO);
	data = (const char *)m->bytes + at;
	if (len > 0 && data[len - 1] == '\0')
		len--;
	if (memchr(data, '\0', len) != NULL)
		return broken(m, EPROTO);
	if ((*value = malloc((size_t)len + 1)) == NULL)
		err(EXIT_TEMP, "map %s", m->name);
	memcpy(*value, data, len);
	(*value)[len] = '\0';
	return 1;
}

int
map_load(struct map *m, const char *key, char **value)
{
	size_t len = strlen(key);
	uint64_t at;

	*value = NULL;
	if (!m->held)
		refresh(m);
	if (m->state == MAP_BROKEN)
		return broken(m, m->error);
	if (m->state == MAP_MISSING || len >= UINT32_MAX)
		return 0;
	at = find_key(m, key, len);
	return at == 0 ? 0 : load(m, at, value);
}

int
map_find(struct map *m, const char *key, char value[MAP_VALUE])
{
	char *found;
	int got = map_load(m, key, &found);

	if (got == 1 && strlcpy(value, found, MAP_VALUE) >= MAP_VALUE)
		got = broken(m, EMSGSIZE);
	free(found);
	return got;
}

/* A key or value of the entry found, malloced without a closing NUL. */
static char *
text_of(const void *data, unsigned len)
{
	const char *bytes = data;
	char *text;

	if (bytes == NULL)
		return NULL;
	if (len > 0 && bytes[len - 1] == '\0')
		len--;
	if ((text = malloc((size_t)len + 1)) == NULL)
		err(EXIT_TEMP, "map");
	memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

static int
one_entry(struct map *m,
    int (*each)(const char *key, const char *value, void *arg), void *arg)
{
	char *key = text_of(cdb_getkey(&m->cdb), cdb_keylen(&m->cdb));
	char *value = text_of(cdb_getdata(&m->cdb), cdb_datalen(&m->cdb));
	int got;

	if (key == NULL || value == NULL)
		got = broken(m, EPROTO);
	else
		got = each(key, value, arg);
	free(key);
	free(value);
	return got;
}

int
map_each(struct map *m,
    int (*each)(const char *key, const char *value, void *arg), void *arg)
{
	unsigned at;
	int got;

	if (!m->held)
		refresh(m);
	if (m->state == MAP_BROKEN)
		return broken(m, m->error);
	if (m->state == MAP_MISSING)
		return 0;
	cdb_seqinit(&at, &m->cdb);
	while ((got = cdb_seqnext(&at, &m->cdb)) > 0)
		if ((got = one_entry(m, each, arg)) != 0)
			return got;
	return got == 0 ? 0 : broken(m, EPROTO);
}

unsigned long
map_version(struct map *m)
{
	if (!m->held)
		refresh(m);
	return m->version;
}

const char *
map_reason(const struct map *m)
{
	return m->reason;
}

bool
map_exists(struct map *m)
{
	if (!m->held)
		refresh(m);
	return m->state != MAP_MISSING;
}

const char *
map_name(const struct map *m)
{
	return m->name;
}
