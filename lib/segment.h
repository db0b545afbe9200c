/*
 * segment - the queue's log: what inject writes and qmgr reads
 *
 * queue/mess/0000001a is a file of fixed size, zero-filled before use.  Its
 * first block is a head: a record with the segment's number and a random salt
 * that seeds every checksum, so that nothing from an earlier life of the file,
 * nor a message's own bytes, can pass for an entry.  Then follow batches, each
 * beginning on a SEGMENT_BLOCK boundary; a batch is entries without a gap, and
 * NULs up to the next boundary.  An entry is a record and its content:
 *
 *	id=0000001a-00003
 *	generation=0
 *	arrival=1764000000.123456
 *	sender=kim@example.org
 *	recipient=kjy@kjy.co.ki
 *	content_sum=16 hex digits
 *	length=1234		(of the content)
 *	big=yes			(only if the content is in mess/big/<id>)
 *	sum=16 hex digits	(of all the bytes above, from "id=", at this
 *place) size=1234		(absent if big)
 *
 * sum is seeded with the salt and the entry's offset, so that a copy of a
 *record (the index has one of each) is no entry.  content_sum is seeded with
 *the salt, but for a big content, whose sum is begun before it is known which
 *segment will take its record: that has none.
 *
 * A full segment ends with an index: one entry (index=yes instead of id and
 *what follows it) whose content is the records of all entries, each with
 *offset=N before them, and in the last block a record that says where the index
 *begins. See queue(5).
 *
 * Nothing here does I/O but pread(2) at given places.
 */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "record.h"

#define SEGMENT_BLOCK  4096
#define SEGMENT_INLINE 262144   /* a longer content goes to mess/big */
#define SEGMENT_SIZE   33554432 /* default; the file's size counts */
#define SEGMENT_MIN    1048576
#define SEGMENT_ASIDE  ".damaged" /* behind the name of one that is kept */
#define ID_SIZE        24

struct segment {
	int fd;
	uint32_t number;
	uint64_t salt;
	off_t size;           /* of the file, at most what its head says */
	bool cut;             /* the file is shorter than that */
	struct window *ahead; /* see segment_ahead */
};

/* One accepted message, as it lies in a segment. */
struct entry {
	char id[ID_SIZE];
	uint32_t segment; /* of the id; not of the file, after a move */
	uint32_t sequence;
	uint32_t generation;
	int64_t arrival; /* microseconds since 1970 */
	bool big;
	uint64_t length; /* of the content */
	uint64_t content_sum;
	off_t offset;       /* of the entry in its file */
	off_t content;      /* of the content, 0 if big */
	off_t end;          /* where the next entry may begin */
	struct record head; /* all fields, sender and recipients among them */
};

/* n lower case hexadecimal digits: 0, or -1 if another byte is among them. */
int hex_parse(const char *digits, size_t n, uint64_t *value);
/* "0000001a-00003" and back; id_parse: 0, or -1 if it is no id. */
void id_format(char out[ID_SIZE], uint32_t segment, uint32_t sequence);
int id_parse(const char *id, uint32_t *segment, uint32_t *sequence);
/* "1764000000.123456" in microseconds: 0 or -1. */
int arrival_parse(const char *text, int64_t *arrival);
/* "0000001a", and back: 0, or -1 for another name. */
void segment_name(char out[9], uint32_t number);
int segment_number(const char *name, uint32_t *number);

/* --- writing: pure, into memory ------------------------------------------- */

/* The head block of a new life. */
void segment_head(
    char block[SEGMENT_BLOCK], uint32_t number, uint64_t salt, off_t size);

/*
 * Encode one entry's record.  head holds every field but length, content_sum,
 * big, sum and size, id first; seed is entry_seed of its place.  Malloced, *len
 * bytes; NULL with errno.
 */
uint64_t entry_seed(uint64_t salt, off_t at);
char *entry_encode(const struct record *head, uint64_t seed, uint64_t length,
    uint64_t content_sum, bool big, size_t *len);

/* The index entry for heads ("offset=" and a record each), to stand at at. */
char *index_encode(
    const char *heads, size_t len, uint64_t salt, off_t at, size_t *total);
/* The last block: where the index begins. */
void segment_foot(char block[SEGMENT_BLOCK], uint64_t salt, off_t index);

/* XXH3 of content, seeded with the salt. */
uint64_t content_sum(uint64_t salt, const void *, size_t);

/* --- reading -------------------------------------------------------------- */

/*
 * Read the head: 0; -1 with errno EPROTO if this is no segment, EINVAL if it is
 * no regular file, or read's.
 */
int segment_open(struct segment *, int dirfd, const char *name, int flags);
void segment_close(struct segment *);

/*
 * Who reads one entry after the other: from now on a lot is read at once, and
 * what is there already is taken for what the file holds.  false: no more.
 */
void segment_ahead(struct segment *, bool);

void entry_init(struct entry *);
void entry_free(struct entry *);

/*
 * Parse the entry in bytes, which begin at file offset at.  1 and the entry; 0
 * if len is too short to tell; -1 if none is there (errno EPROTO).  Pure.
 */
int entry_parse(
    struct entry *, uint64_t salt, const char *bytes, size_t len, off_t at);
/*
 * The same for an index, which has no id; and for the first block (number, salt
 * and size) and the last.
 */
int index_parse(
    struct entry *, uint64_t salt, const char *bytes, size_t len, off_t at);
int head_parse(const char *block, size_t len, struct segment *);
int foot_parse(const char *block, size_t len, uint64_t salt, off_t *index);
/* The same, read from the file. 1, -1 EPROTO, or -1 and read's errno. */
int entry_read(const struct segment *, off_t at, struct entry *);
/* Does what the index gave stand in its place, byte for byte? */
bool entry_stands(const struct segment *, const struct entry *);

/*
 * Walk a segment from *at (start with SEGMENT_BLOCK) up to limit (0: all).
 * 1: an entry, *at moved behind it.  0: no more.  2: bytes from *damage to *at
 * are no entry though good ones follow; go on.  -1: errno from read.  Only the
 * heads are verified here; entry_content verifies a content.
 */
int segment_walk(const struct segment *, off_t *at, off_t limit, struct entry *,
    off_t *damage);

/*
 * Walk the index of a full segment.  each() gets every entry as segment_walk
 * would give it, though it may not stand in its place.  1: done, -1 from each
 * ends it and is returned; 0: there is no whole index, walk the segment instead
 * (each was not called).
 */
int segment_index(
    const struct segment *, int (*each)(struct entry *, void *arg), void *arg);

/*
 * Does it have a last block?  That is written when all before it is durable.
 */
bool segment_sealed(const struct segment *);

/*
 * The content of an entry that is not big, verified: malloced.  NULL with errno
 * EPROTO if the checksum is wrong.
 */
char *entry_content(const struct segment *, const struct entry *);
/* Verify a big content from its descriptor: 0, or -1 with errno. */
int entry_verify_big(const struct segment *, const struct entry *, int fd);

#endif
