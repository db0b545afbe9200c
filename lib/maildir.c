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

/* --- one message -----------------------------------------------------------
 */

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

static int
fill(int fd, const struct letter *l)
{
	char *head = letter_head(l, true);
	int r = letter_to_fd(head, strlen(head), &fd);

	free(head);
	if (r == 0)
		r = letter_read(l, letter_to_fd, &fd);
	return r == 0 ? fsync(fd) : -1;
}

/* Written whole and in new/, under name; or nothing is left, -1. */
static int
deliver(struct maildir *m, const struct letter *l, char name[MAILDIR_NAME])
{
	int fd = create(m, name), r, saved;

	if (fd == -1)
		return -1;
	r = fill(fd, l);
	if (close(fd) == -1)
		r = -1;
	CRASH_POINT("maildir", "written");
	if (r == 0)
		r = linkat(m->tmp, name, m->new, name, 0);
	saved = errno;
	CRASH_POINT("maildir", "linked");
	(void)unlinkat(m->tmp, name, 0);
	errno = saved;
	return r;
}

/* new/ could not be synced, so nobody may rely on what we put there. */
static void
take_back(const struct maildir *m, struct letter *const list[], size_t count,
    char names[][MAILDIR_NAME])
{
	int error = errno;
	size_t i;

	for (i = 0; i < count; i++) {
		if (names[i][0] == '\0')
			continue;
		(void)unlinkat(m->new, names[i], 0);
		errno = error;
		fate_errno(&list[i]->fate, m->path);
	}
}

static void
deliver_all(struct maildir *m, struct letter *const list[], size_t count,
    char names[][MAILDIR_NAME])
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (deliver(m, list[i], names[i]) == 0) {
			fate_set(&list[i]->fate, FATE_DONE, "2.0.0",
			    "delivered to %s", m->path);
		} else {
			fate_errno(&list[i]->fate, m->path);
			names[i][0] = '\0';
		}
	}
	if (fsync(m->new) == -1)
		take_back(m, list, count, names);
	CRASH_POINT("maildir", "durable");
}

void
maildir_deliver(const char *path, struct letter *const list[], size_t count)
{
	struct maildir m = {.path = path, .folder = -1, .tmp = -1, .new = -1};
	char(*names)[MAILDIR_NAME] = calloc(count, sizeof(*names));
	struct fate fate;
	size_t i;

	if (gethostname(m.host, sizeof(m.host)) == -1)
		m.host[0] = '\0';
	m.host[sizeof(m.host) - 1] = '\0';
	if (names != NULL && open_folders(&m) == 0) {
		deliver_all(&m, list, count, names);
	} else {
		fate_errno(&fate, path);
		for (i = 0; i < count; i++)
			list[i]->fate = fate;
	}
	close_folders(&m);
	free(names);
}
