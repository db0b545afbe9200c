/*
 * clock - how old a message is when the clock has jumped
 *
 * A clock that is set, by hand or after a flat battery, must not make all mail
 * expire at once, nor sleep for years; nor shall mail grow old while nobody was
 * there to deliver it.  So a jump, and a time of a day or more in which no qmgr
 * ran, is written down, and does not count for the messages of before.
 *
 * Pure.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CLOCK_LEAP  3600  /* seconds; less is no jump */
#define CLOCK_GAP   86400 /* without a qmgr */
#define CLOCK_JUMPS 32    /* remembered */

struct jump {
	uint32_t segment, sequence; /* the last message of before */
	int64_t at;                 /* by the new clock, when it was seen */
	int64_t since;              /* seconds from the last look until then */
	int64_t by;                 /* seconds that are not to count */
};

struct clock {
	int64_t ahead; /* of the time since boot, when we looked last */
	int64_t steady;
	size_t count;
	struct jump jumps[CLOCK_JUMPS];
};

void clock_add(struct clock *, const struct jump *);
/*
 * Look at the clock: now, and the time since boot.  Seconds of a jump since the
 * last look, or 0.
 */
int64_t clock_look(struct clock *, int64_t now, int64_t steady);
/* The age of a message, without what does not count. */
int64_t clock_age(const struct clock *, uint32_t segment, uint32_t sequence,
    int64_t arrival, int64_t now);

/* As lines: 0 or -1.  What makes no sense is passed over when read. */
int clock_write(const struct clock *, FILE *);
void clock_read(struct clock *, FILE *);

#endif
