#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "segment.h"
#include "spare.h"

#define RESERVE 2
#define ENOUGH  (RESERVE + 1)

int
spare_parse(const char *name, uint32_t *number, unsigned *unique)
{
	char hex[9], again[SPARE_NAME];

	if (strlen(name) >= SPARE_NAME ||
	    sscanf(name, "spare.%8[0-9a-f].%u", hex, unique) != 2 ||
	    segment_number(hex, number) == -1)
		return -1;
	snprintf(again, sizeof(again), "spare.%08x.%u", *number, *unique);
	return strcmp(name, again) == 0 ? 0 : -1;
}

bool
spares_add(struct spares *s, const char *name)
{
	uint32_t number;
	unsigned unique;

	if (spare_parse(name, &number, &unique) == 0 && unique >= s->unique)
		s->unique = unique + 1;
	if (s->count == SPARES_MAX)
		return false;
	strlcpy(s->names[s->count++], name, SPARE_NAME);
	return true;
}

void
spares_name(struct spares *s, uint32_t highest, char name[SPARE_NAME])
{
	snprintf(name, SPARE_NAME, "spare.%08x.%u", highest, s->unique++);
}

static void
made(int error, void *arg)
{
	struct spares *s = arg;
	char name[SPARE_NAME];

	strlcpy(name, s->making, sizeof(name));
	s->making[0] = '\0';
	s->failed = error != 0;
	if (error == 0)
		spares_add(s, name);
	s->changed(s->arg);
}

void
spares_fill(struct spares *s, uint32_t highest)
{
	struct record job;

	s->failed = false;
	if (s->making[0] != '\0' || s->count >= ENOUGH)
		return;
	spares_name(s, highest, s->making);
	record_init(&job, RECORD_QUESTION);
	record_add(&job, "do", "make");
	record_add(&job, "name", s->making);
	record_addf(&job, "bytes", "%jd", (intmax_t)s->size);
	helpers_do(s->helpers, &job, made, s);
}

bool
spares_ready(const struct spares *s)
{
	return s->count > RESERVE;
}

bool
spares_plenty(const struct spares *s)
{
	return s->count >= RESERVE;
}

int
spares_take(
    struct spares *s, bool moving, uint32_t highest, char name[SPARE_NAME])
{
	if (!spares_ready(s)) {
		if (!s->failed) {
			spares_fill(s, highest);
			return EAGAIN;
		}
		if (!moving || s->count == 0)
			return ENOSPC;
	}
	strlcpy(name, s->names[--s->count], SPARE_NAME);
	return 0;
}
