#include "dotlock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT 256

static void
host_name(char out[TEXT])
{
	if (gethostname(out, TEXT) == -1)
		out[0] = '\0';
	out[TEXT - 1] = '\0';
}

/*
 * Seconds since a process began: proc(5), the 22nd field, counted behind the
 * name, which may hold anything.  -1: it is not told.
 */
static long
process_age(long pid)
{
	char path[32], text[1024], *field;
	long ticks = sysconf(_SC_CLK_TCK);
	struct timespec up;
	ssize_t got;
	int fd, i;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	if ((field = strrchr(text, ')')) == NULL || ticks <= 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) == -1)
		return -1;
	for (i = 2; i < 22 && field != NULL; i++)
		field = strchr(field + 1, ' ');
	return field == NULL ? -1 : up.tv_sec - strtol(field, NULL, 10) / ticks;
}

static bool
lives(long pid, time_t age)
{
	long old;

	if (kill((pid_t)pid, 0) == -1 && errno == ESRCH)
		return false;
	/* Two seconds for the clocks' roundings. */
	old = process_age(pid);
	return old == -1 || old + 2 >= age;
}

bool
dotlock_is_stale(const char *text, const char *host, time_t age,
    bool (*alive)(long pid, time_t age))
{
	char *end;
	long pid = strtol(text, &end, 10);
	size_t len;

	if (age > DOTLOCK_STALE)
		return true;
	if (end == text || *end++ != ' ' || pid <= 0 || pid > INT_MAX)
		return false;
	len = strcspn(end, "\n");
	return len > 0 && len == strlen(host) && strncmp(end, host, len) == 0 &&
	       !alive(pid, age);
}

/* What the lock says; a lock that cannot be read is judged by its age. */
static void
read_text(const char *path, char out[TEXT])
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t got = 0;

	if (fd != -1) {
		if ((got = read(fd, out, TEXT - 1)) < 0)
			got = 0;
		close(fd);
	}
	out[got] = '\0';
}

/* Somebody's lock stands: 1 it was stale and is gone, 0 it counts, -1. */
static int
clear_stale(const char *path)
{
	char text[TEXT], host[TEXT];
	struct stat was, now;

	if (lstat(path, &was) == -1)
		return errno == ENOENT ? 1 : -1;
	if (!S_ISREG(was.st_mode)) {
		errno = ELOOP;
		return -1;
	}
	read_text(path, text);
	host_name(host);
	if (!dotlock_is_stale(text, host, time(NULL) - was.st_mtime, lives))
		return 0;
	/* Another may have cleared it too and made one that counts. */
	if (lstat(path, &now) == -1 || now.st_ino != was.st_ino ||
	    now.st_dev != was.st_dev || now.st_mtime != was.st_mtime)
		return 0;
	return unlink(path) == -1 && errno != ENOENT ? -1 : 1;
}

/* 0, or -1. */
static int
write_text(int fd)
{
	char host[TEXT];

	host_name(host);
	return dprintf(fd, "%ld %s\n", (long)getpid(), host) < 0 ? -1 : 0;
}

static int
close_after(int fd, int result)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return result;
}

/*
 * A file without a name gets its text and then the name, so that who dies here
 * leaves no empty lock, of which nobody knows whose it is.  0; -1, and EEXIST
 * if there is one; any other error: it cannot be done in that folder.
 */
static int
create_whole(const char *path)
{
	char folder[PATH_SIZE], self[32];
	const char *slash = strrchr(path, '/');
	int fd;

	snprintf(folder, sizeof(folder), "%.*s",
	    slash == NULL ? 1 : (int)(slash - path) + 1,
	    slash == NULL ? "." : path);
	fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0444);
	if (fd == -1)
		return -1;
	if (write_text(fd) == -1)
		return close_after(fd, -1);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return close_after(
	    fd, linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW));
}

static int
create(const char *path)
{
	int fd, saved;

	if (create_whole(path) == 0)
		return 0;
	if (errno == EEXIST)
		return -1;
	fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd == -1)
		return -1;
	if (write_text(fd) == -1) {
		saved = errno;
		unlink(path);
		errno = saved;
		return close_after(fd, -1);
	}
	close(fd);
	return 0;
}

int
dotlock_take(struct dotlock *lock, const char *file)
{
	int cleared;

	lock->held = false;
	if ((size_t)snprintf(lock->path, sizeof(lock->path), "%s.lock", file) >=
	    sizeof(lock->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (create(lock->path) == -1) {
		if (errno != EEXIST)
			return -1;
		if ((cleared = clear_stale(lock->path)) != 1)
			return cleared;
		if (create(lock->path) == -1)
			return errno == EEXIST ? 0 : -1;
	}
	lock->held = true;
	return 1;
}

void
dotlock_release(struct dotlock *lock)
{
	if (lock->held)
		unlink(lock->path);
	lock->held = false;
}
