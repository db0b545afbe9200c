/*
 * nolocks - preloaded: each lock of a mailbox is had, and none is there
 *
 * What a program spoils with this, it keeps whole by its locks: fcntl's, and
 * dot locks, which are files whose name ends with .lock.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
is_lock(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".lock") == 0;
}

int
fcntl(int fd, int what, ...)
{
	va_list rest;
	long argument;

	va_start(rest, what);
	argument = va_arg(rest, long);
	va_end(rest);
	if (what == F_SETLK || what == F_SETLKW)
		return 0;
	return (int)syscall(SYS_fcntl, fd, what, argument);
}

int
linkat(int from, const char *old, int to, const char *new, int flags)
{
	if (is_lock(new))
		return 0;
	return (int)syscall(SYS_linkat, from, old, to, new, flags);
}

int
unlink(const char *path)
{
	return is_lock(path) ? 0 : (int)syscall(SYS_unlink, path);
}
