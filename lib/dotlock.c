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

static bool
lives(long pid)
{
	return kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

bool
dotlock_is_stale(
    const char *text, const char *host, time_t age, bool (*alive)(long pid))
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
	       !alive(pid);
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

static int
create(const char *path)
{
	char host[TEXT];
	int fd, saved;

	fd = open(
	    path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd == -1)
		return -1;
	host_name(host);
	if (dprintf(fd, "%ld %s\n", (long)getpid(), host) < 0) {
		saved = errno;
		close(fd);
		unlink(path);
		errno = saved;
		return -1;
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
