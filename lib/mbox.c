#include "mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "log.h"

#define OUT 65536

/* --- open and lock ---------------------------------------------------------
 */

/* Why we do not write to such a file, or NULL. */
static const char *
objection(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return "is a symbolic link";
	if (!S_ISREG(st->st_mode))
		return "is no regular file";
	if (st->st_nlink != 1)
		return "has more than one name";
	if (st->st_uid != geteuid())
		return "belongs to another user";
	return NULL;
}

static int
refuse(struct fate *f, const char *path, const char *why)
{
	fate_set(f, FATE_DEFERRED, "4.3.5", "%s: %s", path, why);
	return -1;
}

static int
fail(struct fate *f, const char *path)
{
	fate_errno(f, path);
	return -1;
}

/* So that the file's name is durable; a folder we may not read is let be. */
static int
sync_folder(const char *path)
{
	char dir[PATH_SIZE];
	char *slash;
	int fd, r;

	if (strlcpy(dir, path, sizeof(dir)) >= sizeof(dir) ||
	    (slash = strrchr(dir, '/')) == NULL)
		return 0;
	slash[slash == dir ? 1 : 0] = '\0';
	if ((fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return errno == EACCES ? 0 : -1;
	r = fsync(fd);
	close(fd);
	return r;
}

/* 1 made; 0 somebody was faster, look again; -1. */
static int
create(struct mbox *m, mode_t mode, struct fate *f)
{
	m->fd = open(m->path,
	    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    mode);
	if (m->fd == -1)
		return errno == EEXIST ? 0 : fail(f, m->path);
	CRASH_POINT("mbox", "created");
	if (fchmod(m->fd, mode) == -1 || sync_folder(m->path) == -1)
		return fail(f, m->path);
	return 1;
}

/*
 * Look before opening, since to open a device is to act on it; and look at what
 * was opened, since the name may have changed hands in between.
 */
static int
open_file(struct mbox *m, mode_t mode, struct fate *f)
{
	struct stat named, opened;
	const char *why;

	if (lstat(m->path, &named) == -1)
		return errno == ENOENT ? create(m, mode, f) : fail(f, m->path);
	if ((why = objection(&named)) != NULL)
		return refuse(f, m->path, why);
	m->fd = open(m->path,
	    O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (m->fd == -1)
		return errno == ENOENT ? 0 : fail(f, m->path);
	if (fstat(m->fd, &opened) == -1)
		return fail(f, m->path);
	if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
		return 0;
	/* Who made it may have died before its name was durable. */
	if (opened.st_size == 0 && sync_folder(m->path) == -1)
		return fail(f, m->path);
	return 1;
}

bool
mbox_stands(const struct mbox *m)
{
	struct stat named, opened;

	return m->fd != -1 && fstat(m->fd, &opened) == 0 &&
	       lstat(m->path, &named) == 0 && objection(&opened) == NULL &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* 1 ours; 0 another's; -1. */
static int
lock_file(struct mbox *m, struct fate *f)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(m->fd, F_SETLK, &whole) == -1) {
		if (errno == EAGAIN || errno == EACCES)
			return 0;
		return fail(f, m->path);
	}
	/* A reader that held the lock may have put a new file in its place. */
	return mbox_stands(m);
}

static int
attempt(struct mbox *m, mode_t mode, struct fate *f)
{
	int r = dotlock_take(&m->dot, m->path);

	/* Where we may make no lock file, readers may not either. */
	if (r == -1 && errno != EACCES && errno != EPERM) {
		if (errno == ELOOP)
			return refuse(f, m->dot.path, "is no lock file");
		return fail(f, m->dot.path);
	}
	if (r == 0)
		return 0;
	if ((r = open_file(m, mode, f)) == 1)
		r = lock_file(m, f);
	if (r != 1)
		mbox_close(m);
	return r;
}

static long
milliseconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
mbox_open(struct mbox *m, const char *path, mode_t mode, unsigned wait,
    struct fate *f)
{
	long end = milliseconds() + (long)wait * 1000;
	struct timespec pause = {0};
	int r;

	m->fd = -1;
	m->dot.held = false;
	if (strlcpy(m->path, path, sizeof(m->path)) >= sizeof(m->path)) {
		errno = ENAMETOOLONG;
		return fail(f, path);
	}
	while ((r = attempt(m, mode, f)) == 0) {
		if (milliseconds() >= end) {
			fate_set(f, FATE_DEFERRED, "4.2.0",
			    "%s: locked by another", path);
			return -1;
		}
		pause.tv_nsec = 20000000 + arc4random_uniform(80000000);
		(void)nanosleep(&pause, NULL);
	}
	return r == 1 ? 0 : -1;
}

void
mbox_close(struct mbox *m)
{
	if (m->fd != -1)
		close(m->fd);
	m->fd = -1;
	dotlock_release(&m->dot);
}

/* --- append ----------------------------------------------------------------
 */

struct out {
	int fd;
	bool unread; /* it is the letter that cannot be read */
	struct mbox_quote quote;
	size_t len;
	char bytes[OUT];
	char quoted[2 * OUT + 8];
};

static int
write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, bytes, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
flush(struct out *o)
{
	size_t len = o->len;

	o->len = 0;
	return write_all(o->fd, o->bytes, len);
}

static int
put(struct out *o, const char *bytes, size_t len)
{
	if (len > sizeof(o->bytes) - o->len && flush(o) == -1)
		return -1;
	if (len > sizeof(o->bytes))
		return write_all(o->fd, bytes, len);
	memcpy(o->bytes + o->len, bytes, len);
	o->len += len;
	return 0;
}

static int
put_quoted(const char *bytes, size_t len, void *arg)
{
	struct out *o = arg;
	size_t n, piece;

	while (len > 0) {
		piece = len < OUT ? len : OUT;
		n = mbox_quote(&o->quote, bytes, piece, o->quoted);
		if (put(o, o->quoted, n) == -1)
			return 1; /* letter_read's own failure is -1 */
		bytes += piece;
		len -= piece;
	}
	return 0;
}

static int
put_letter(struct out *o, const struct letter *l, time_t now)
{
	char from[MBOX_FROM], tail[16];
	char *head = letter_head(l, true);
	size_t n = mbox_from(from, record_text(&l->record, "sender"), now);
	int r;

	memset(&o->quote, 0, sizeof(o->quote));
	r = put(o, from, n);
	if (r == 0)
		r = put(o, head, strlen(head));
	free(head);
	if (r == 0 && (r = letter_read(l, put_quoted, o)) == -1)
		o->unread = true;
	n = mbox_quote_end(&o->quote, tail);
	tail[n++] = '\n';
	return r == 0 ? put(o, tail, n) : -1;
}

/* What must stand before the next From_ line, if the last writer died. */
static int
put_gap(struct out *o, off_t length)
{
	char last[2] = {'\n', '\n'};
	size_t want = length < 2 ? (size_t)length : 2;

	if (length == 0)
		return 0;
	if (pread(o->fd, last + 2 - want, want, length - (off_t)want) !=
	    (ssize_t)want) {
		errno = EIO;
		return -1;
	}
	if (last[1] != '\n')
		return put(o, "\n\n", 2);
	return last[0] != '\n' ? put(o, "\n", 1) : 0;
}

/* Why letters were not appended. */
enum trouble {
	NO_TROUBLE,
	LETTER_TROUBLE, /* with one of them, or too little room for all */
	DISK_TROUBLE    /* what it said of the others may not hold either */
};

static enum trouble
append(struct out *o, struct letter *const list[], size_t count, time_t now)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (put_letter(o, list[i], now) == -1)
			return errno == EIO && !o->unread ? DISK_TROUBLE
							  : LETTER_TROUBLE;
	}
	CRASH_POINT("mbox", "begun");
	if (flush(o) == -1)
		return errno == EIO ? DISK_TROUBLE : LETTER_TROUBLE;
	CRASH_POINT("mbox", "written");
	if (fsync(o->fd) == -1)
		return DISK_TROUBLE;
	CRASH_POINT("mbox", "durable");
	return NO_TROUBLE;
}

static void
cut_back(int fd, const char *path, off_t length)
{
	if (ftruncate(fd, length) == -1 || fsync(fd) == -1)
		log_event("trouble", "file", path, "reason",
		    "cannot cut back after a failed append", "error",
		    strerror(errno), NULL);
}

/* All or none; the fate of each says which. */
static enum trouble
append_all(int fd, const char *path, struct letter *const list[], size_t count,
    time_t now)
{
	enum trouble trouble = DISK_TROUBLE;
	struct fate fate;
	struct stat st;
	struct out *o;
	size_t i;

	if ((o = calloc(1, sizeof(*o))) == NULL || fstat(fd, &st) == -1) {
		fate_errno(&fate, path);
	} else {
		o->fd = fd;
		fate_set(&fate, FATE_DONE, "2.0.0", "delivered to %s", path);
		if (put_gap(o, st.st_size) == 0)
			trouble = append(o, list, count, now);
		if (trouble != NO_TROUBLE) {
			fate_errno(&fate, path);
			cut_back(fd, path, st.st_size);
		}
	}
	free(o);
	for (i = 0; i < count; i++)
		list[i]->fate = fate;
	return trouble;
}

void
mbox_append(int fd, const char *path, struct letter *const list[], size_t count,
    time_t now)
{
	enum trouble trouble = append_all(fd, path, list, count, now);
	size_t i;

	if (trouble != LETTER_TROUBLE || count == 1)
		return;
	for (i = 0; i < count && trouble != DISK_TROUBLE; i++)
		trouble = append_all(fd, path, &list[i], 1, now);
}
