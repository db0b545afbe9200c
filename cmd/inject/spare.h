/*
 * spare - segments kept ready, so that a new one needs no new disk space
 *
 * A few zero-filled files in queue/mess, spare.<number>.<count>, where number
 * is the highest that any segment had by then.  The last ones are a reserve:
 * only a message that qmgr moves may use those, so that a full disk can still
 * be compacted.
 */
#ifndef SPARE_H
#define SPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "helper.h"

#define SPARE_NAME 32
#define SPARES_MAX 8 /* kept; more than that are removed */

struct spares {
	struct helpers *helpers;
	off_t size; /* of each */
	unsigned count, unique;
	char names[SPARES_MAX][SPARE_NAME];
	char making[SPARE_NAME]; /* "": none */
	bool failed;             /* the last one could not be made */
	void (*changed)(void *); /* one is ready, or cannot be made */
	void *arg;
};

/* Is it such a name?  0 and its parts, or -1. */
int spare_parse(const char *name, uint32_t *number, unsigned *unique);

/* One that is there: false if it is one too many. */
bool spares_add(struct spares *, const char *name);
/* The name for one more. */
void spares_name(struct spares *, uint32_t highest, char name[SPARE_NAME]);
/* Make more, one after another, until there are enough; failed is cleared. */
void spares_fill(struct spares *, uint32_t highest);
/* Is there one besides the reserve?  Is the reserve whole? */
bool spares_ready(const struct spares *);
bool spares_plenty(const struct spares *);
/*
 * Take one.  0; EAGAIN: one is being made, changed() tells; ENOSPC: there is no
 * room.  moving: take the reserve where none can be made.
 */
int spares_take(
    struct spares *, bool moving, uint32_t highest, char name[SPARE_NAME]);

#endif
