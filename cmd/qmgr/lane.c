#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "lane.h"

#define LIMIT_START 5
#define RETRY_MIN   300
#define RETRY_MAX   4000
#define PROBE_MIN   60
#define PROBE_MAX   3600

static int
lane_compare(const struct lane *a, const struct lane *b)
{
	return strcmp(a->name, b->name);
}

/* What sys/tree.h expects of a BSD's sys/cdefs.h. */
#ifndef __unused
#define __unused __attribute__((unused))
#endif
RB_PROTOTYPE_STATIC(lane_tree, lane, node, lane_compare)
RB_GENERATE_STATIC(lane_tree, lane, node, lane_compare)

/* As long as it has waited already, with a fifth left to chance. */
uint32_t
retry_delay(int64_t age, uint32_t chance)
{
	uint32_t delay = age < RETRY_MIN   ? RETRY_MIN
			 : age > RETRY_MAX ? RETRY_MAX
					   : (uint32_t)age;

	return delay + chance % (delay / 5);
}

void
lanes_init(struct lanes *lanes)
{
	memset(lanes, 0, sizeof(*lanes));
	RB_INIT(&lanes->tree);
	TAILQ_INIT(&lanes->turns[KIND_TRIAL]);
	TAILQ_INIT(&lanes->turns[KIND_REMOTE]);
	TAILQ_INIT(&lanes->turns[KIND_LOCAL]);
	TAILQ_INIT(&lanes->turns[KIND_AHEAD]);
	TAILQ_INIT(&lanes->rests);
	TAILQ_INIT(&lanes->empties);
}

struct lane *
lane_find(struct lanes *lanes, const char *name)
{
	struct lane *lane = RB_ROOT(&lanes->tree);
	int order;

	while (lane != NULL && (order = strcmp(name, lane->name)) != 0)
		lane = order < 0 ? RB_LEFT(lane, node) : RB_RIGHT(lane, node);
	return lane;
}

static struct lane *
lane_new(const char *name, bool local, uint32_t most)
{
	size_t len = strlen(name) + 1;
	struct lane *lane = calloc(1, sizeof(*lane) + len);

	if (lane == NULL)
		err(EXIT_TEMP, "lane");
	memcpy(lane->name, name, len);
	lane->list = KIND_COUNT;
	lane->kind = local ? KIND_LOCAL : KIND_TRIAL;
	lane->most = most;
	lane->limit = local ? most : 1;
	TAILQ_INIT(&lane->ready);
	return lane;
}

static void
recall(struct lanes *lanes, struct lane *lane)
{
	if (!lane->remembered)
		return;
	TAILQ_REMOVE(&lanes->empties, lane, empty);
	lane->remembered = false;
	lanes->remembered--;
}

struct lane *
lane_get(struct lanes *lanes, const char *name, bool local, uint32_t most)
{
	struct lane *lane = lane_find(lanes, name);

	if (lane == NULL) {
		lane = lane_new(name, local, most);
		RB_INSERT(lane_tree, &lanes->tree, lane);
	}
	recall(lanes, lane);
	return lane;
}

struct lane *
lane_first(struct lanes *lanes)
{
	return RB_MIN(lane_tree, &lanes->tree);
}

struct lane *
lane_after(struct lanes *lanes, struct lane *lane)
{
	(void)lanes;
	return RB_NEXT(lane_tree, &lanes->tree, lane);
}

static void
be_listed(struct lanes *lanes, struct lane *lane, enum lane_kind list)
{
	if (list == lane->list)
		return;
	if (lane->list != KIND_COUNT)
		TAILQ_REMOVE(&lanes->turns[lane->list], lane, turn);
	lane->list = list;
	if (list != KIND_COUNT)
		TAILQ_INSERT_TAIL(&lanes->turns[list], lane, turn);
}

static void
lane_free(struct lanes *lanes, struct lane *lane)
{
	recall(lanes, lane);
	be_listed(lanes, lane, KIND_COUNT);
	if (lane->door != NULL)
		LIST_REMOVE(lane, beside);
	RB_REMOVE(lane_tree, &lanes->tree, lane);
	free(lane);
}

static void
remember(struct lanes *lanes, struct lane *lane)
{
	if (lane->remembered)
		return;
	TAILQ_INSERT_TAIL(&lanes->empties, lane, empty);
	lane->remembered = true;
	if (++lanes->remembered > LANE_KNOWN)
		lane_free(lanes, TAILQ_FIRST(&lanes->empties));
}

void
lane_drop(struct lanes *lanes, struct lane *lane)
{
	if (lane->queued + lane->waiting + lane->active > 0 || lane->resting ||
	    lane->blocked)
		return;
	if (lane->kind == KIND_REMOTE)
		remember(lanes, lane);
	else
		lane_free(lanes, lane);
}

bool
lane_is_full(const struct lane *lane)
{
	return lane->active >= lane->limit;
}

/* Where it belongs now. */
static enum lane_kind
list_of(const struct lanes *lanes, const struct lane *lane)
{
	if (lane->queued == 0 || lane->blocked || lane->resting)
		return KIND_COUNT;
	if (!lane_is_full(lane))
		return lane->kind;
	if (lanes->ahead && lane->kind == KIND_REMOTE &&
	    lane->active / 2 < lane->limit)
		return KIND_AHEAD;
	return KIND_COUNT;
}

void
lane_update(struct lanes *lanes, struct lane *lane)
{
	be_listed(lanes, lane, list_of(lanes, lane));
}

/* --- the heap of those who wait ------------------------------------------- */

static void
heap_set(struct lanes *lanes, size_t place, struct rcpt *r)
{
	lanes->heap[place] = r;
	r->place = (uint32_t)place;
}

static void
heap_up(struct lanes *lanes, size_t place, struct rcpt *r)
{
	size_t parent;

	while (place > 0) {
		parent = (place - 1) / 2;
		if (lanes->heap[parent]->due <= r->due)
			break;
		heap_set(lanes, place, lanes->heap[parent]);
		place = parent;
	}
	heap_set(lanes, place, r);
}

static void
heap_down(struct lanes *lanes, size_t place, struct rcpt *r)
{
	size_t child;

	while ((child = place * 2 + 1) < lanes->count) {
		if (child + 1 < lanes->count &&
		    lanes->heap[child + 1]->due < lanes->heap[child]->due)
			child++;
		if (lanes->heap[child]->due >= r->due)
			break;
		heap_set(lanes, place, lanes->heap[child]);
		place = child;
	}
	heap_set(lanes, place, r);
}

static void
heap_remove(struct lanes *lanes, struct rcpt *r)
{
	struct rcpt *last = lanes->heap[--lanes->count];

	if (last == r)
		return;
	heap_down(lanes, r->place, last);
	heap_up(lanes, last->place, last);
}

/* --- recipients ----------------------------------------------------------- */

void
rcpt_ready(struct lanes *lanes, struct rcpt *r)
{
	TAILQ_INSERT_TAIL(&r->lane->ready, r, next);
	r->lane->queued++;
	r->state = RCPT_READY;
	lane_update(lanes, r->lane);
}

void
rcpt_wait(struct lanes *lanes, struct rcpt *r, int64_t due)
{
	size_t size;

	if (lanes->count == lanes->size) {
		size = lanes->size == 0 ? 1024 : lanes->size * 2;
		lanes->heap =
		    reallocarray(lanes->heap, size, sizeof(*lanes->heap));
		if (lanes->heap == NULL)
			err(EXIT_TEMP, "%zu waiting recipients", size);
		lanes->size = size;
	}
	r->due = due < 0 ? 0 : due > UINT32_MAX ? UINT32_MAX : (uint32_t)due;
	r->state = RCPT_WAITING;
	if (r->lane != NULL)
		r->lane->waiting++;
	heap_up(lanes, lanes->count++, r);
}

void
rcpt_take(struct lanes *lanes, struct rcpt *r)
{
	if (r->state == RCPT_READY) {
		TAILQ_REMOVE(&r->lane->ready, r, next);
		r->lane->queued--;
		lane_update(lanes, r->lane);
	} else if (r->state == RCPT_WAITING) {
		heap_remove(lanes, r);
		if (r->lane != NULL)
			r->lane->waiting--;
	}
	r->state = RCPT_NEW;
}

struct rcpt *
rcpt_due(struct lanes *lanes, int64_t now)
{
	struct rcpt *r;

	if (lanes->count == 0 || (r = lanes->heap[0])->due > now)
		return NULL;
	rcpt_take(lanes, r);
	return r;
}

/* --- turns ---------------------------------------------------------------- */

static void
lane_rested(struct lanes *lanes, struct lane *lane)
{
	if (lane->resting)
		TAILQ_REMOVE(&lanes->rests, lane, rest);
	lane->resting = false;
	lane_update(lanes, lane);
}

void
lanes_wake(struct lanes *lanes, int64_t now)
{
	struct lane *lane, *next;

	TAILQ_FOREACH_SAFE(lane, &lanes->rests, rest, next)
	if (lane->probe <= now)
		lane_rested(lanes, lane);
}

struct lane *
lane_next(struct lanes *lanes, enum lane_kind kind)
{
	struct lane_turns *turns = &lanes->turns[kind];
	struct lane *lane = TAILQ_FIRST(turns);

	if (lane != NULL) {
		TAILQ_REMOVE(turns, lane, turn);
		TAILQ_INSERT_TAIL(turns, lane, turn);
	}
	return lane;
}

void
lane_start(struct lanes *lanes, struct lane *lane, struct rcpt *r)
{
	rcpt_take(lanes, r);
	r->state = RCPT_ACTIVE;
	lane->active++;
	lane_update(lanes, lane);
}

void
lane_stop(struct lanes *lanes, struct lane *lane, struct rcpt *r)
{
	r->state = RCPT_NEW;
	lane->active--;
	lane_update(lanes, lane);
}

static void
become(struct lanes *lanes, struct lane *lane, enum lane_kind kind)
{
	if (lane->kind == KIND_LOCAL || lane->kind == kind)
		return;
	lane->kind = kind;
	lane_update(lanes, lane);
}

void
lane_well(struct lanes *lanes, struct lane *lane)
{
	/* The first word of a host that never failed is worth several. */
	if (lane->kind == KIND_TRIAL && lane->failures == 0)
		lane->limit = LIMIT_START;
	else
		lane->limit++;
	if (lane->limit > lane->most)
		lane->limit = lane->most;
	lane->probe = 0;
	lane->failures = 0;
	lane->reason[0] = '\0';
	become(lanes, lane, KIND_REMOTE);
	lane_rested(lanes, lane);
}

/* The rest grows with each probe that failed. */
static uint32_t
rest_time(uint32_t failures, uint32_t chance)
{
	uint32_t delay = PROBE_MIN;

	while (failures-- > 1 && delay < PROBE_MAX)
		delay *= 2;
	if (delay > PROBE_MAX)
		delay = PROBE_MAX;
	return delay + chance % (delay / 5);
}

void
lane_ill(struct lanes *lanes, struct lane *lane, const char *reason,
    int64_t now, uint32_t chance)
{
	strlcpy(lane->reason, reason, sizeof(lane->reason));
	/* Several deliveries that were under way tell the same news. */
	if (lane->resting)
		return;
	if (lane->kind != KIND_LOCAL && lane->limit > 1) {
		lane->limit /= 2;
		lane_update(lanes, lane);
		return;
	}
	lane->failures++;
	lane->probe = now + rest_time(lane->failures, chance);
	lane->resting = true;
	TAILQ_INSERT_TAIL(&lanes->rests, lane, rest);
	become(lanes, lane, KIND_TRIAL);
	lane_update(lanes, lane);
}

void
lane_flush(struct lanes *lanes, struct lane *lane)
{
	lane->probe = 0;
	lane_rested(lanes, lane);
}

int64_t
lanes_next(const struct lanes *lanes)
{
	const struct lane *lane;
	int64_t next = lanes->count > 0 ? lanes->heap[0]->due : 0;

	TAILQ_FOREACH(lane, &lanes->rests, rest)
	if (next == 0 || lane->probe < next)
		next = lane->probe;
	return next;
}
