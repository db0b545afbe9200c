/*
 * scribe - write a file in parts, and see that it holds what was written
 *
 * Bytes go through one large buffer and into a hash (XXH3, 64 bits) of their
 * part; the disk begins to write while there is more to come, so that a sync at
 * the end waits for less.  Later each part is read back and compared.
 */
#ifndef SCRIBE_H
#define SCRIBE_H

#include <stddef.h>
#include <stdint.h>

#include <xxhash.h>

#define SCRIBE_BUFFER 262144u

/* A stretch of the file, and what its bytes must hash to. */
struct part {
	uint64_t from, to, hash;
};

struct scribe {
	int fd;
	uint64_t at;     /* in the file, where the next byte of put goes */
	uint64_t pushed; /* what the disk was told to write */
	uint64_t from;   /* the part that is being written */
	size_t held;     /* bytes in the buffer: those in front of at */
	XXH3_state_t *hash;
	unsigned char *buffer;
};

/* The first part begins at that place. */
void scribe_begin(struct scribe *, int fd, uint64_t at);
void scribe_free(struct scribe *);

/* 0, or -1 with errno, like all below. */
int scribe_put(struct scribe *, const void *bytes, size_t len);
/* All of it is in the file now, and the next part begins. */
int scribe_end(struct scribe *, struct part *);
/* Write on from there, as if nothing had been written since. */
void scribe_return(struct scribe *, uint64_t at);

/* What was put before the last scribe_end; EIO if the file ends in it. */
int scribe_read(const struct scribe *, void *bytes, size_t len, uint64_t at);
/*
 * Read the part back, adding its bytes to all (or NULL).  EIO if they are not
 * those that were put.  Between parts only.
 */
int scribe_compare(struct scribe *, const struct part *, XXH3_state_t *all);

#endif
