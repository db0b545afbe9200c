#include "clock.h"

#include <inttypes.h>
#include <string.h>

void
clock_add(struct clock *c, const struct jump *j)
{
	if (c->count == CLOCK_JUMPS) {
		memmove(c->jumps, c->jumps + 1,
		    (CLOCK_JUMPS - 1) * sizeof(*c->jumps));
		c->count--;
	}
	c->jumps[c->count++] = *j;
}

int64_t
clock_look(struct clock *c, int64_t now, int64_t steady)
{
	int64_t by = now - steady - c->ahead;

	c->ahead = now - steady;
	c->steady = steady;
	return by >= CLOCK_LEAP || by <= -CLOCK_LEAP ? by : 0;
}

/* What came between the last look and this one came by the new clock. */
static bool
is_before(
    const struct jump *j, uint32_t segment, uint32_t sequence, int64_t arrival)
{
	if (segment != j->segment ? segment > j->segment
				  : sequence > j->sequence)
		return false;
	return arrival < j->at - j->since || arrival > j->at;
}

int64_t
clock_age(const struct clock *c, uint32_t segment, uint32_t sequence,
    int64_t arrival, int64_t now)
{
	int64_t age = now - arrival;
	size_t i;

	for (i = 0; i < c->count; i++)
		if (is_before(&c->jumps[i], segment, sequence, arrival))
			age -= c->jumps[i].by;
	return age;
}

int
clock_write(const struct clock *c, FILE *out)
{
	const struct jump *j;
	size_t i;

	for (i = 0; i < c->count; i++) {
		j = &c->jumps[i];
		if (fprintf(out,
			"segment=%08" PRIx32 "\nsequence=%" PRIu32
			"\nat=%" PRId64 "\nsince=%" PRId64 "\nby=%" PRId64
			"\n\n",
			j->segment, j->sequence, j->at, j->since, j->by) < 0)
			return -1;
	}
	return 0;
}

void
clock_read(struct clock *c, FILE *in)
{
	struct jump j;

	while (fscanf(in,
		   "segment=%8" SCNx32 " sequence=%10" SCNu32 " at=%20" SCNd64
		   " since=%20" SCNd64 " by=%20" SCNd64 " ",
		   &j.segment, &j.sequence, &j.at, &j.since, &j.by) == 5)
		clock_add(c, &j);
}
