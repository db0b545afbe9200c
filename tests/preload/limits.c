/*
 * limits - preloaded: one program has no descriptors, or no memory, left
 *
 * The file limits.now, beside the library, holds "PROGRAM files" or "PROGRAM
 * memory", or nothing; it is mapped at the start, so that it can be changed
 * while programs run.  Memory: every request of a page or more fails.  Byte 63
 * of the file is 'y' once a call has failed for it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

#define SIZE 64 /* of the file */

static char *text;

__attribute__((constructor)) static void
map(void)
{
	char path[4096], *slash;
	Dl_info self;
	void *at;
	int fd;

	if (dladdr((void *)(uintptr_t)map, &self) == 0 ||
	    snprintf(path, sizeof(path), "%s", self.dli_fname) >=
		(int)sizeof(path) ||
	    (slash = strrchr(path, '/')) == NULL)
		return;
	snprintf(slash, sizeof(path) - (size_t)(slash - path), "/limits.now");
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return;
	at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (at != MAP_FAILED)
		text = at;
}

/* Is it this program that lacks it? */
static int
lacks(const char *what)
{
	const char *name = program_invocation_short_name;
	size_t len;

	if (text == NULL || *text == '\0' || name == NULL)
		return 0;
	len = strlen(name);
	return strncmp(text, name, len) == 0 && text[len] == ' ' &&
	       strcmp(text + len + 1, what) == 0;
}

static int
no_file(void)
{
	if (!lacks("files"))
		return 0;
	text[SIZE - 1] = 'y';
	errno = EMFILE;
	return 1;
}

static int
no_memory(size_t size)
{
	if (size < 4096 || !lacks("memory"))
		return 0;
	text[SIZE - 1] = 'y';
	errno = ENOMEM;
	return 1;
}

int
openat(int dir, const char *path, int flags, ...)
{
	va_list list;
	int mode;

	va_start(list, flags);
	mode = va_arg(list, int);
	va_end(list);
	if (no_file())
		return -1;
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int
openat64(int dir, const char *path, int flags, ...)
{
	va_list list;
	int mode;

	va_start(list, flags);
	mode = va_arg(list, int);
	va_end(list);
	return openat(dir, path, flags, mode);
}

int
open(const char *path, int flags, ...)
{
	va_list list;
	int mode;

	va_start(list, flags);
	mode = va_arg(list, int);
	va_end(list);
	return openat(AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list list;
	int mode;

	va_start(list, flags);
	mode = va_arg(list, int);
	va_end(list);
	return openat(AT_FDCWD, path, flags, mode);
}

int
socket(int domain, int type, int protocol)
{
	if (no_file())
		return -1;
	return (int)syscall(SYS_socket, domain, type, protocol);
}

int
socketpair(int domain, int type, int protocol, int pair[2])
{
	if (no_file())
		return -1;
	return (int)syscall(SYS_socketpair, domain, type, protocol, pair);
}

int
pipe2(int pair[2], int flags)
{
	if (no_file())
		return -1;
	return (int)syscall(SYS_pipe2, pair, flags);
}

int
pipe(int pair[2])
{
	return pipe2(pair, 0);
}

int
accept4(
    int fd, struct sockaddr *restrict name, socklen_t *restrict len, int flags)
{
	if (no_file())
		return -1;
	return (int)syscall(SYS_accept4, fd, name, len, flags);
}

int
accept(int fd, struct sockaddr *restrict name, socklen_t *restrict len)
{
	return accept4(fd, name, len, 0);
}

void *
malloc(size_t size)
{
	return no_memory(size) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
	return no_memory(count * size) ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
	return no_memory(size) ? NULL : __libc_realloc(old, size);
}
