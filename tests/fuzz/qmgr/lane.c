/*
 * Any order of events: each recipient is in one place, the counts are right,
 * and nobody who is ready in a lane that is well is forgotten.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lane.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define RCPTS 12

static struct rcpt rcpts[RCPTS];
static struct lanes lanes;
static int64_t now;

/* As the caller does it when nobody is of that lane any more. */
static void
leave(const char *name)
{
	struct lane *lane = lane_find(&lanes, name);
	int i;

	for (i = 0; i < RCPTS; i++)
		if (rcpts[i].lane == lane)
			return;
	if (lane != NULL)
		lane_drop(&lanes, lane);
}

static void
step(uint8_t what, struct rcpt *r)
{
	static const char *const names[] = {"a", "b", "local:c"};
	int which = what % 3;
	struct lane *lane;

	if (what < 64 && r->state == RCPT_NEW) {
		r->lane = lane_get(&lanes, names[which], which == 2, 4);
		rcpt_ready(&lanes, r);
	} else if (what < 96 && r->state == RCPT_NEW && r->lane != NULL) {
		rcpt_wait(&lanes, r, now + what);
	} else if (what < 128 && r->state != RCPT_ACTIVE) {
		rcpt_take(&lanes, r);
	} else if (what < 160) {
		if ((lane = lane_next(&lanes, (enum lane_kind)which)) != NULL)
			lane_start(&lanes, lane, TAILQ_FIRST(&lane->ready));
	} else if (what < 192 && r->state == RCPT_ACTIVE) {
		lane_stop(&lanes, r->lane, r);
		if (what & 1)
			lane_ill(&lanes, r->lane, "ill", now, what);
		else
			lane_well(&lanes, r->lane);
	} else if (what < 224) {
		now += what;
		lanes_wake(&lanes, now);
		(void)rcpt_due(&lanes, now);
	} else if (what < 240 && r->state == RCPT_NEW) {
		r->lane = NULL;
	} else
		leave(names[which]);
}

static void
check(void)
{
	struct lane *lane;
	struct rcpt *r;
	uint32_t ready;
	size_t waiting = 0, remembered = 0;
	int i;

	for (i = 0; i < RCPTS; i++)
		waiting += rcpts[i].state == RCPT_WAITING;
	if (waiting != lanes.count)
		abort();
	for (lane = lane_first(&lanes); lane != NULL;
	     lane = lane_after(&lanes, lane)) {
		ready = 0;
		remembered += lane->remembered;
		if (lane->remembered &&
		    (lane->queued > 0 || lane->waiting > 0 ||
			lane->active > 0 || lane->kind != KIND_REMOTE))
			abort();
		TAILQ_FOREACH(r, &lane->ready, next)
		ready++;
		if (ready != lane->queued || lane->limit > lane->most ||
		    lane->limit == 0)
			abort();
		/* cppcheck-suppress knownConditionTrueFalse ; it loses the loop
		 */
		if (ready > 0 && !lane->resting && lane->active < lane->limit &&
		    lane->list != lane->kind)
			abort();
	}
	if (remembered != lanes.remembered)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lane *lane;
	size_t i;

	memset(rcpts, 0, sizeof(rcpts));
	lanes_init(&lanes);
	now = 1000000;
	for (i = 0; i + 1 < size; i += 2) {
		step(data[i], &rcpts[data[i + 1] % RCPTS]);
		check();
	}
	for (i = 0; i < RCPTS; i++) {
		if (rcpts[i].state == RCPT_ACTIVE)
			lane_stop(&lanes, rcpts[i].lane, &rcpts[i]);
		rcpt_take(&lanes, &rcpts[i]);
	}
	while ((lane = lane_first(&lanes)) != NULL) {
		lane_flush(&lanes, lane);
		lane->kind = KIND_LOCAL; /* which is not remembered */
		lane_drop(&lanes, lane);
	}
	free(lanes.heap);
	return 0;
}
