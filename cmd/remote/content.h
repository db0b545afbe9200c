/*
 * content - a message's bytes: in memory, or in a file that is read in pieces
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CONTENT_PIECE 65536

struct content {
	char *bytes; /* all of it; with an fd what comes first, or NULL */
	int fd;      /* -1: all is in bytes */
	uint64_t length;
	uint64_t head, skip; /* of bytes before fd's, which begin there */

	/* what content_scan found */
	uint64_t scanned;
	uint64_t lines; /* LFs */
	bool eightbit;
	bool eightbit_head; /* in the header */
	bool in_body;
	char last;     /* byte that was looked at */
	bool open_end; /* the last line has no LF */
};

void content_init(struct content *);
void content_free(struct content *);

/* Bytes from offset on, max at most.  How many; -1 with errno. */
ssize_t content_read(
    const struct content *, uint64_t offset, char *out, size_t max);
/* Look at up to max bytes more.  1 all is seen, 0 not yet, -1 with errno. */
int content_scan(struct content *, size_t max);
/* Its length on the wire: RFC 1870 counts CRLF, and no doubled dot. */
uint64_t content_wire(const struct content *);

#endif
