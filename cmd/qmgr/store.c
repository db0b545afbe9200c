/*
 * The disk, as qmgr knows it: segments that inject wrote are read, and one
 * state file for each is appended to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "crash.h"
#include "exits.h"
#include "log.h"
#include "qmgr.h"

#define STATE_MOST 0x7fffffff /* places in it are 32 bits */

static int
folder(const char *path, mode_t make)
{
	int fd;

	if (make != 0 && mkdir(path, make) == -1 && errno != EEXIST)
		err(EXIT_TEMP, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		err(EXIT_TEMP, "%s", path);
	return fd;
}

void
store_folders(struct qmgr *q)
{
	char mess[PATH_SIZE], states[PATH_SIZE];
	struct stat st;

	path_join(mess, q->paths.queue, "mess");
	path_join(states, q->paths.queue, "state");
	q->states = folder(states, 0700);
	if (fstat(q->states, &st) == -1)
		err(EXIT_TEMP, "%s", states);
	if (st.st_uid != geteuid())
		errx(EXIT_TEMP, "%s: its owner is uid %ju, not ours", states,
		    (uintmax_t)st.st_uid);
	if (flock(q->states, LOCK_EX | LOCK_NB) == -1)
		err(EXIT_TEMP, "%s: is another qmgr running? lock", states);
	/* The last life may have died between making a state and syncing. */
	if (fsync(q->states) == -1)
		err(EXIT_TEMP, "%s", states);
	/* inject makes this one, perhaps a moment after us. */
	q->mess = folder(mess, 0);
}

struct store *
store_find(struct qmgr *q, uint32_t number)
{
	struct store *s;

	TAILQ_FOREACH(s, &q->stores, next)
	if (s->segment.number == number)
		return s;
	return NULL;
}

/* Kept in the order of their numbers. */
static void
store_insert(struct qmgr *q, struct store *s)
{
	struct store *before;

	TAILQ_FOREACH_REVERSE(before, &q->stores, stores, next)
	if (before->segment.number < s->segment.number)
		break;
	if (before == NULL)
		TAILQ_INSERT_HEAD(&q->stores, s, next);
	else
		TAILQ_INSERT_AFTER(&q->stores, before, s, next);
}

/* What keeps us from a file, and is not our own want of something. */
static void
not_read(const char *what, const char *name, const char *reason)
{
	if (reason == NULL) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			err(EXIT_TEMP, "%s %s", what, name);
		reason = strerror(errno);
	}
	log_event(
	    "not-read", "what", what, "file", name, "reason", reason, NULL);
}

/* The segment, as far as there is one.  -1: it must wait (logged). */
static int
head_open(struct qmgr *q, struct store *s, const char *name)
{
	if (segment_open(&s->segment, q->mess, name, O_RDONLY) == 0) {
		s->damaged = s->segment.cut;
		if (s->damaged)
			log_event("damaged", "file", name, "from",
			    log_number(s->segment.size), "reason",
			    "shorter than its head says", NULL);
		return 0;
	}
	if (errno != EPROTO) {
		not_read("segment", name,
		    errno == EINVAL ? "no regular file" : NULL);
		return -1;
	}
	log_event("damaged", "file", name, "reason", "its head", NULL);
	(void)segment_number(name, &s->segment.number);
	s->damaged = s->complete = true;
	tidy_soon(q);
	return 0;
}

int
state_open(struct qmgr *q, struct store *s, const char *name)
{
	struct stat st;

	s->state = openat(
	    q->states, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (s->state == -1 && errno == ENOENT)
		return 0;
	if (s->state == -1 || fstat(s->state, &st) == -1) {
		not_read("state", name, NULL);
	} else if (!S_ISREG(st.st_mode)) {
		not_read("state", name, "no regular file");
	} else if (st.st_size > STATE_MOST) {
		not_read("state", name, "too long");
	} else {
		s->state_len = (uint32_t)st.st_size;
		return 0;
	}
	if (s->state != -1)
		close(s->state);
	s->state = -1;
	return -1;
}

struct store *
store_open(struct qmgr *q, const char *name)
{
	struct store *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		err(EXIT_TEMP, "segment %s", name);
	TAILQ_INIT(&s->blocks);
	s->walked = SEGMENT_BLOCK;
	s->state = -1;
	if (head_open(q, s, name) == -1 ||
	    (!s->complete && state_open(q, s, name) == -1)) {
		segment_close(&s->segment);
		free(s);
		return NULL;
	}
	store_insert(q, s);
	return s;
}

void
store_ahead(struct store *s, bool ahead)
{
	segment_ahead(&s->segment, ahead);
	if (ahead)
		window_renew(&s->ahead, WINDOW_AHEAD);
	else
		window_drop(&s->ahead);
}

void
store_forget(struct qmgr *q, struct store *s)
{
	char name[9];

	segment_name(name, s->segment.number);
	CRASH_POINT("state", "obsolete");
	if (s->damaged)
		aside_state(q, name);
	else if (s->state != -1 && unlinkat(q->states, name, 0) == -1 &&
		 errno != ENOENT)
		log_event(
		    "error", "file", name, "reason", strerror(errno), NULL);
	if (s->state != -1)
		close(s->state);
	CRASH_POINT("state", "dropped");
	store_ahead(s, false);
	segment_close(&s->segment);
	TAILQ_REMOVE(&q->stores, s, next);
	free(s);
}
