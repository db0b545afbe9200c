#include "maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "paths.h"

#define TRIES 100 /* names that are taken before we doubt the folder */

struct maildir {
	const char *path;
	int folder, tmp, new;
	unsigned count; /* names we made */
	char host[128];
};

void
maildir_name(char out[MAILDIR_NAME], const struct timespec *now, pid_t pid,
    unsigned count, const char *host)
{
	size_t len;

	(void)snprintf(out, MAILDIR_NAME, "%lld.M%06ldP%ldQ%u.",
	    (long long)now->tv_sec, now->tv_nsec / 1000, (long)pid, count);
	len = strlen(out);
	for (; *host != '\0' && len + 5 < MAILDIR_NAME; host++) {
		if (*host == '/' || *host == ':' ||
		    (unsigned char)*host <= ' ') {
			(void)snprintf(out + len, 5, "\\%03o",
			    (unsigned)(unsigned char)*host);
			len += 4;
		} else
			out[len++] = *host;
	}
	out[len] = '\0';
}

/* --- the folder ------------------------------------------------------------
 */

/* Open a folder of ours, making it if it is missing. */
static int
open_folder(int at, const char *path, bool *made)
{
	struct stat st;
	int fd;

	if (mkdirat(at, path, 0700) == 0)
		*made = true;
	else if (errno != EEXIST)
		return -1;
	fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid())
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

/* So that the folder's own name is durable. */
static int
sync_parent(int folder)
{
	int fd = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd == -1)
		return errno == EACCES ? 0 : -1;
	r = fsync(fd);
	close(fd);
	return r;
}

static void
close_folders(struct maildir *m)
{
	if (m->folder != -1)
		close(m->folder);
	if (m->tmp != -1)
		close(m->tmp);
	if (m->new != -1)
		close(m->new);
}

static int
open_folders(struct maildir *m)
{
	bool made = false;
	struct stat st;
	int cur;

	if ((m->folder = open_folder(AT_FDCWD, m->path, &made)) == -1 ||
	    (m->tmp = open_folder(m->folder, "tmp", &made)) == -1 ||
	    (m->new = open_folder(m->folder, "new", &made)) == -1)
		return -1;
	/* cur is made last: where it is, the others' names are durable. */
	if (fstatat(m->folder, "cur", &st, AT_SYMLINK_NOFOLLOW) == 0 && !made)
		return 0;
	CRASH_POINT("maildir", "made");
	if (fsync(m->folder) == -1 || sync_parent(m->folder) == -1 ||
	    (cur = open_folder(m->folder, "cur", &made)) == -1)
		return -1;
	close(cur);
	return 0;
}

/* --- messages --------------------------------------------------------------
 */

/* One on its way from tmp/ to new/. */
struct parcel {
	struct letter *letter;
	int fd; /* -1: it has failed */
	char name[MAILDIR_NAME];
};

/* A file of a new name in tmp/. */
static int
create(struct maildir *m, char name[MAILDIR_NAME])
{
	struct timespec now;
	int fd, tries;

	for (tries = 0; tries < TRIES; tries++) {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		maildir_name(name, &now, getpid(), m->count++, m->host);
		fd = openat(m->tmp, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd != -1 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* errno says why. */
static void
fail(const struct maildir *m, struct parcel *p, int folder)
{
	int saved = errno;

	if (p->fd != -1) {
		(void)unlinkat(folder, p->name, 0);
		close(p->fd);
	}
	p->fd = -1;
	errno = saved;
	fate_errno(&p->letter->fate, m->path);
}

/* The disk begins with it at once, while we write the next one. */
static void
write_down(struct maildir *m, struct parcel *p)
{
	const struct letter *l = p->letter;
	char *head;
	int r;

	p->fd = create(m, p->name);
	if (p->fd != -1) {
		head = letter_head(l, true);
		r = letter_to_fd(head, strlen(head), &p->fd);
		free(head);
		if (r == 0 && letter_read(l, letter_to_fd, &p->fd) == 0) {
			(void)sync_file_range(
			    p->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
			return;
		}
	}
	fail(m, p, m->tmp);
}

/* Not over a name that is there: not every file system can do that in one. */
static int
move(const struct maildir *m, const char *name)
{
	if (renameat2(m->tmp, name, m->new, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (linkat(m->tmp, name, m->new, name, 0) == -1)
		return -1;
	(void)unlinkat(m->tmp, name, 0);
	return 0;
}

/* new/ could not be synced, so nobody may rely on what we put there. */
static void
take_back(const struct maildir *m, struct parcel *list, size_t count)
{
	int error = errno;
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].fd != -1) {
			errno = error;
			fail(m, &list[i], m->new);
		}
}

/*
 * All are written, then all synced, for the first sync does most of the work of
 * the others; whole and durable files get their names in new/, and those are
 * synced at once too.
 */
static void
deliver_all(struct maildir *m, struct parcel *list, size_t count)
{
	struct parcel *p, *end = list + count;

	for (p = list; p < end; p++)
		write_down(m, p);
	for (p = list; p < end; p++)
		if (p->fd != -1 && fsync(p->fd) == -1)
			fail(m, p, m->tmp);
	CRASH_POINT("maildir", "written");
	for (p = list; p < end; p++)
		if (p->fd != -1 && move(m, p->name) == -1)
			fail(m, p, m->tmp);
	CRASH_POINT("maildir", "moved");
	if (fsync(m->new) == -1)
		take_back(m, list, count);
	CRASH_POINT("maildir", "durable");
	for (p = list; p < end; p++)
		if (p->fd != -1) {
			close(p->fd);
			fate_set(&p->letter->fate, FATE_DONE, "2.0.0",
			    "delivered to %s", m->path);
		}
}

void
maildir_deliver(const char *path, struct letter *const list[], size_t count)
{
	struct maildir m = {.path = path, .folder = -1, .tmp = -1, .new = -1};
	struct parcel *parcels = calloc(count, sizeof(*parcels));
	struct fate fate;
	size_t i;

	if (gethostname(m.host, sizeof(m.host)) == -1)
		m.host[0] = '\0';
	m.host[sizeof(m.host) - 1] = '\0';
	if (parcels != NULL && open_folders(&m) == 0) {
		for (i = 0; i < count; i++)
			parcels[i].letter = list[i];
		deliver_all(&m, parcels, count);
	} else {
		fate_errno(&fate, path);
		for (i = 0; i < count; i++)
			list[i]->fate = fate;
	}
	close_folders(&m);
	free(parcels);
}
