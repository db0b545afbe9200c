/*
 * big - contents too long for a segment, each in a file of its own
 *
 * mess/big/<id>.part while it arrives, mess/big/<id> when it is on disk.  The
 * table says which segment holds the latest record of each, so that the file
 * goes when that segment does.
 */
#ifndef BIG_H
#define BIG_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/tree.h>
#include <xxhash.h>

#include "record.h"
#include "segment.h"

#define BIG_NAME 40

struct big {
	int dir; /* mess */
	int fd;  /* -1: there is none */
	bool published, keep;
	char name[BIG_NAME], part[BIG_NAME]; /* in mess */
	uint64_t length, sum;
	XXH3_state_t *state;
};

/*
 * keep: the file may be there already, with the same content (the message is
 * being moved), and stays if this one is dropped.  0 or errno.
 */
int big_begin(struct big *, int dir, const char *id, bool keep);
/* Move all of it into the file: 0 or errno. */
int big_write(struct big *, struct evbuffer *);
/* The content is whole: the job that makes it durable. */
void big_end(struct big *, struct record *job);
/* Forget it; its file too, unless its record has been written (kept). */
void big_free(struct big *, bool kept);

/* --- all of them ---------------------------------------------------------- */

struct big_place {
	RB_ENTRY(big_place) node;
	char id[ID_SIZE];
	uint32_t segment;
};

RB_HEAD(big_places, big_place);
RB_PROTOTYPE(big_places, big_place, node, big_place_compare)
int big_place_compare(const struct big_place *, const struct big_place *);

void big_places_set(struct big_places *, const char *id, uint32_t segment);
bool big_places_have(struct big_places *, const char *id);
/* Take one that the segment holds out of the table: false if none is left. */
bool big_places_take(struct big_places *, uint32_t segment, char id[ID_SIZE]);

#endif
