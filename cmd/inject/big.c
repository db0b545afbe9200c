#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "big.h"
#include "crash.h"
#include "exits.h"

int
big_place_compare(const struct big_place *a, const struct big_place *b)
{
	return strcmp(a->id, b->id);
}

RB_GENERATE(big_places, big_place, node, big_place_compare)

int
big_begin(struct big *b, int dir, const char *id, bool keep)
{
	memset(b, 0, sizeof(*b));
	b->dir = dir;
	b->keep = keep;
	snprintf(b->name, sizeof(b->name), "big/%s", id);
	snprintf(b->part, sizeof(b->part), "big/%s.part", id);
	b->fd = openat(dir, b->part,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (b->fd == -1)
		return errno;
	CRASH_POINT("big", "arriving");
	if ((b->state = XXH3_createState()) == NULL)
		err(EXIT_TEMP, "checksum");
	XXH3_64bits_reset(b->state);
	return 0;
}

int
big_write(struct big *b, struct evbuffer *bytes)
{
	struct evbuffer_iovec v;
	ssize_t put;

	while (evbuffer_peek(bytes, -1, NULL, &v, 1) > 0 && v.iov_len > 0) {
		put = write(b->fd, v.iov_base, v.iov_len);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return errno;
		XXH3_64bits_update(b->state, v.iov_base, (size_t)put);
		b->length += (uint64_t)put;
		evbuffer_drain(bytes, (size_t)put);
	}
	return 0;
}

void
big_end(struct big *b, struct record *job)
{
	b->sum = XXH3_64bits_digest(b->state);
	b->published = true;
	record_add(job, "do", "publish");
	record_add(job, "name", b->part);
	record_add(job, "to", b->name);
}

void
big_free(struct big *b, bool kept)
{
	if (b->fd == -1)
		return;
	close(b->fd);
	b->fd = -1;
	XXH3_freeState(b->state);
	if (kept)
		return;
	unlinkat(b->dir, b->part, 0);
	if (b->published && !b->keep)
		unlinkat(b->dir, b->name, 0);
}

static struct big_place *
find(struct big_places *all, const char *id)
{
	struct big_place wanted;

	if (strlcpy(wanted.id, id, sizeof(wanted.id)) >= sizeof(wanted.id))
		return NULL;
	return RB_FIND(big_places, all, &wanted);
}

void
big_places_set(struct big_places *all, const char *id, uint32_t segment)
{
	struct big_place *p = find(all, id);

	if (p == NULL) {
		if ((p = calloc(1, sizeof(*p))) == NULL)
			err(EXIT_TEMP, "big content %s", id);
		strlcpy(p->id, id, sizeof(p->id));
		RB_INSERT(big_places, all, p);
	}
	/* A later generation stands in a later segment. */
	if (segment > p->segment)
		p->segment = segment;
}

bool
big_places_have(struct big_places *all, const char *id)
{
	return find(all, id) != NULL;
}

bool
big_places_take(struct big_places *all, uint32_t segment, char id[ID_SIZE])
{
	struct big_place *p;

	RB_FOREACH(p, big_places, all)
	if (p->segment == segment) {
		strlcpy(id, p->id, ID_SIZE);
		RB_REMOVE(big_places, all, p);
		free(p);
		return true;
	}
	return false;
}
