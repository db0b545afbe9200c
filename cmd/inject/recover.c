#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exits.h"
#include "log.h"
#include "recover.h"

#define PAUSE 10 /* milliseconds between two tries for the lock */

/* --- the folder ----------------------------------------------------------- */

/* Its name is durable too, whoever made it and died before that was done. */
static void
make_folder(const char *path, const char *in)
{
	int fd;

	if (mkdir(path, 0750) == -1 && errno != EEXIST && errno != EACCES)
		err(EXIT_TEMP, "%s", path);
	fd = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 && errno == EACCES)
		return;
	if (fd == -1 || fsync(fd) == -1)
		err(EXIT_TEMP, "%s", in);
	close(fd);
}

int
mess_open(struct mess *m, const char *queue)
{
	char big[PATH_SIZE];
	struct stat st;

	memset(m, 0, sizeof(*m));
	path_join(m->path, queue, "mess");
	path_join(big, m->path, "big");
	make_folder(m->path, queue);
	m->dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m->lock = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir == -1 && errno == EACCES)
		return -1;
	if (m->dir == -1 || m->lock == -1 || fstat(m->dir, &st) == -1)
		err(EXIT_TEMP, "%s", m->path);
	if (st.st_uid != geteuid())
		errx(EXIT_TEMP, "%s: belongs to user %u, not to %u", m->path,
		    (unsigned)st.st_uid, (unsigned)geteuid());
	make_folder(big, m->path);
	return 0;
}

int
mess_lock(struct mess *m, unsigned milliseconds)
{
	static const struct timespec pause = {0, PAUSE * 1000000L};

	for (;; milliseconds -= PAUSE) {
		if (flock(m->lock, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK && errno != EINTR)
			err(EXIT_TEMP, "%s: lock", m->path);
		if (milliseconds < PAUSE)
			return -1;
		nanosleep(&pause, NULL);
	}
}

/* Call each() for every name in a folder of mess ("." for itself). */
static void
each_name(struct mess *m, const char *folder,
    void (*each)(struct mess *, const char *name, void *), void *arg)
{
	int fd = openat(m->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	DIR *stream;

	if (fd == -1 || (stream = fdopendir(fd)) == NULL)
		err(EXIT_TEMP, "%s/%s", m->path, folder);
	while ((errno = 0, entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			each(m, entry->d_name, arg);
	if (errno != 0)
		err(EXIT_TEMP, "%s/%s", m->path, folder);
	closedir(stream);
}

static void
complain(const struct mess *m, const char *event, const char *name)
{
	log_event(event, "folder", m->path, "file", name, NULL);
}

static void
clear_away(const struct mess *m, const char *name)
{
	if (unlinkat(m->dir, name, 0) == -1 && errno != ENOENT)
		err(EXIT_TEMP, "%s/%s", m->path, name);
}

/* --- segments and spares -------------------------------------------------- */

static void
count_segment(struct mess *m, uint32_t number)
{
	if (m->count % 64 == 0 &&
	    (m->numbers = reallocarray(
		 m->numbers, m->count + 64, sizeof(*m->numbers))) == NULL)
		err(EXIT_TEMP, "%zu segments", m->count);
	m->numbers[m->count++] = number;
}

/* 0 and its number, if it is one that was set aside. */
static int
aside_parse(const char *name, uint32_t *number)
{
	char segment[9];

	if (strlen(name) != 8 + strlen(SEGMENT_ASIDE) ||
	    strcmp(name + 8, SEGMENT_ASIDE) != 0)
		return -1;
	(void)strlcpy(segment, name, sizeof(segment));
	return segment_number(segment, number);
}

static void
find_name(struct mess *m, const char *name, void *arg)
{
	struct spares *spares = arg;
	uint32_t number;
	unsigned unique;
	struct stat st;

	if (fstatat(m->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	if (strcmp(name, "big") == 0)
		return;
	if (segment_number(name, &number) == 0) {
		count_segment(m, number);
	} else if (spare_parse(name, &number, &unique) == 0) {
		if (st.st_size != spares->size || !spares_add(spares, name))
			clear_away(m, name);
	} else if (aside_parse(name, &number) == 0) {
		m->damaged = true;
	} else if (strncmp(name, "spare.", 6) == 0) {
		clear_away(m, name);
		return;
	} else {
		complain(m, "foreign-file", name);
		return;
	}
	if (number > m->highest)
		m->highest = number;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		complain(m, "foreign-file", name);
}

/* --- big contents --------------------------------------------------------- */

struct survey {
	struct big_places *places;
	uint32_t segment;
	bool whole; /* every segment could be read from end to end */
	bool any;   /* there is a content in big/ */
};

static int
note_big(struct entry *e, void *arg)
{
	struct survey *s = arg;

	if (e->big)
		big_places_set(s->places, e->id, s->segment);
	return 0;
}

/* false if not all of it could be read. */
static bool
survey_segment(const struct mess *m, uint32_t number, struct survey *s)
{
	off_t at = SEGMENT_BLOCK, damage;
	struct segment segment;
	struct entry e;
	char name[9];
	int got = 0;
	bool whole = true;

	segment_name(name, number);
	s->segment = number;
	if (segment_open(&segment, m->dir, name, O_RDONLY) == -1) {
		complain(m, "damaged-segment", name);
		return false;
	}
	entry_init(&e);
	if (segment_index(&segment, note_big, s) != 1) {
		while ((got = segment_walk(&segment, &at, 0, &e, &damage)) > 0)
			if (got == 1)
				note_big(&e, s);
			else
				whole = false;
		if (got == -1 || !whole)
			complain(m, "damaged-segment", name);
	}
	entry_free(&e);
	segment_close(&segment);
	return whole && got != -1;
}

static bool
is_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL && strcmp(dot, ".part") == 0;
}

static void
find_big(struct mess *m, const char *name, void *arg)
{
	struct survey *s = arg;
	char path[PATH_SIZE];

	path_join(path, "big", name);
	if (is_part(name))
		clear_away(m, path);
	else
		s->any = true;
}

static void
find_orphan(struct mess *m, const char *name, void *arg)
{
	struct survey *s = arg;
	uint32_t segment, sequence;
	char path[PATH_SIZE];

	path_join(path, "big", name);
	if (id_parse(name, &segment, &sequence) == -1) {
		complain(m, "foreign-file", path);
	} else if (!big_places_have(s->places, name)) {
		complain(m, s->whole ? "orphan-removed" : "orphan-kept", path);
		if (s->whole)
			clear_away(m, path);
	}
}

void
mess_recover(struct mess *m, struct spares *spares, struct big_places *places)
{
	struct survey survey = {.places = places};
	size_t i;

	each_name(m, ".", find_name, spares);
	survey.whole = !m->damaged;
	if (places == NULL)
		return;
	each_name(m, "big", find_big, &survey);
	if (!survey.any)
		return;
	for (i = 0; i < m->count; i++)
		if (!survey_segment(m, m->numbers[i], &survey))
			survey.whole = false;
	each_name(m, "big", find_orphan, &survey);
}

/* --- empty segments ------------------------------------------------------- */

/* Not only without an entry, but never written to: damage stays. */
static bool
is_empty(const struct mess *m, const char *name)
{
	static const char nuls[SEGMENT_BLOCK];
	char first[SEGMENT_BLOCK];
	off_t at = SEGMENT_BLOCK, damage;
	struct segment segment;
	struct entry e;
	bool empty;

	if (segment_open(&segment, m->dir, name, O_RDONLY) == -1)
		return false;
	entry_init(&e);
	empty = pread(segment.fd, first, sizeof(first), SEGMENT_BLOCK) ==
		    (ssize_t)sizeof(first) &&
		memcmp(first, nuls, sizeof(nuls)) == 0 &&
		segment_walk(&segment, &at, 0, &e, &damage) == 0;
	entry_free(&e);
	segment_close(&segment);
	return empty;
}

void
mess_remove_empty(struct mess *m)
{
	char name[9];
	size_t i;

	for (i = 0; i < m->count; i++) {
		segment_name(name, m->numbers[i]);
		if (is_empty(m, name))
			clear_away(m, name);
	}
	free(m->numbers);
	m->numbers = NULL;
	m->count = 0;
}
