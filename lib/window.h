/*
 * window - a piece of a file in memory, for who reads one record after another
 *
 * What has been read once is taken for what the file holds, so a window does
 * not live longer than the one walk that needs it.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stddef.h>
#include <sys/types.h>

#define WINDOW_AHEAD 65536

struct window {
	size_t least; /* bytes to read at a time; begin with the others 0 */
	char *bytes;
	size_t len, size;
	off_t at;
};

/*
 * Up to len bytes from a place, fewer only at the file's end, valid until the
 * next: how many, or -1 with errno.
 */
ssize_t window_show(
    struct window *, int fd, off_t at, size_t len, const char **bytes);
void window_free(struct window *);

/* An empty one in place of the one that is there; or none. */
void window_renew(struct window **, size_t least);
void window_drop(struct window **);

/* pread(2) until len bytes are there, or the end: how many, or -1. */
ssize_t read_at(int fd, char *bytes, size_t len, off_t at);

#endif
