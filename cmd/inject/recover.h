/*
 * recover - what every start does: look at what the last life left
 */
#ifndef RECOVER_H
#define RECOVER_H

#include <stdbool.h>

#include "big.h"
#include "paths.h"
#include "spare.h"

struct mess {
	char path[PATH_SIZE];
	int dir, lock;
	uint32_t highest;  /* segment number ever used */
	uint32_t *numbers; /* of the segments that are there */
	size_t count;
	bool damaged; /* a segment has been set aside */
};

/*
 * Make queue/mess if it is missing, and open it: 0, or -1 with errno EACCES.
 * Exits 111 if it is not ours.
 */
int mess_open(struct mess *, const char *queue);
/* Lock it, waiting at most so long: 0, or -1 if another inject has it. */
int mess_lock(struct mess *, unsigned milliseconds);

/*
 * Find the highest number and the spares, and clear away what a crash left:
 * half-made spares, contents in big/ without a record.  What is foreign or
 * damaged is named in the log and left alone.  places NULL: leave big/ alone.
 */
void mess_recover(struct mess *, struct spares *, struct big_places *);
/* Remove the segments that were there and hold nothing. */
void mess_remove_empty(struct mess *);

#endif
