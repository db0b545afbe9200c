/*
 * nosync - preloaded: every sync succeeds and does nothing
 *
 * What a program loses with this, it keeps by its syncs.
 */
#include <fcntl.h>
#include <unistd.h>

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

int
sync_file_range(int fd, off64_t at, off64_t len, unsigned flags)
{
	(void)fd;
	(void)at;
	(void)len;
	(void)flags;
	return 0;
}
