/*
 * control - what a test tells the file system, a line at a time
 *
 *	cut PATH	write what is kept into the new folder PATH
 *	torn PATH	the same, with a random part of what is not
 *	fail WHAT ERRNO [BYTES]
 *			from now on WHAT fails: write (after so many bytes
 *			more), sync, make (a file, folder or name), read
 *	well		nothing fails any more
 *	met WHAT	succeeds if WHAT has failed since it was told to;
 *			otherwise EAGAIN
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stddef.h>

enum doing { WRITING, SYNCING, MAKING, READING, DOINGS };

struct control {
	int errors[DOINGS]; /* 0: it works */
	int met[DOINGS];    /* it has failed with that */
	long long room;     /* bytes, before writing fails */
	char cut[4096];     /* where to write what is kept, or "" */
	int torn;
};

/* 0 or an errno.  A cut is left to the caller. */
int control_take(struct control *, const char *line, size_t len);
/* What such an operation is to fail with; bytes: to be written. */
int control_error(struct control *, enum doing, size_t bytes);

#endif
