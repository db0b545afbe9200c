/*
 * store - the segment that is written now
 *
 * Entries gather in memory; store_commit makes all of them durable with one
 * write and one fdatasync.  What the disk cannot take for want of room is told
 * to the caller; any other failure ends the program with 111, for then only
 * recovery can tell what the disk holds.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"
#include "segment.h"

struct bytes {
	char *at;
	size_t len, size;
};

struct store {
	int dir;            /* queue/mess */
	const char *path;   /* the same, for words */
	uint32_t highest;   /* number that any segment ever had */
	struct segment now; /* fd -1: there is none */
	uint32_t sequence;  /* of the last id given */
	off_t end;          /* durable up to here */
	struct bytes batch, heads;
	size_t heads_durable; /* heads of entries that are durable */
};

void store_init(struct store *, int dir, const char *path, uint32_t highest);
/*
 * Begin a new segment: from the file of that name in mess, or a new one of that
 * size (spare NULL).  Until others may see it, it is locked.  0 or errno: no
 * room.
 */
int store_begin(struct store *, const char *spare, off_t size);
/* Write the index and let go of the segment. */
void store_seal(struct store *);
void store_free(struct store *);

/* The next id of this segment. */
void store_id(struct store *, char id[ID_SIZE]);
/* Bytes that an entry of this envelope and content may take, at most. */
size_t store_need(const struct record *fields, size_t content);
/* Is there room behind what has gathered? */
bool store_fits(const struct store *, size_t need);
/* Would it fit into an empty segment of that size? */
bool store_could_fit(off_t size, size_t need);
/* Add an entry: fields with id= first.  bytes NULL: the content is big. */
void store_add(struct store *, const struct record *fields, const char *bytes,
    uint64_t length, uint64_t big_sum);
/* 0; or errno if there was no room: what gathered is dropped. */
int store_commit(struct store *);

#endif
