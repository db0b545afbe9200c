#include "intake.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"

#define ROOM 65536

void
intake_init(struct intake *in, size_t most)
{
	memset(in, 0, sizeof(*in));
	in->most = most;
}

void
intake_free(struct intake *in)
{
	size_t i;

	for (i = 0; i < in->nfiles; i++)
		close(in->files[i]);
	free(in->bytes);
	memset(in, 0, sizeof(*in));
}

char *
intake_room(struct intake *in, size_t *room)
{
	if (in->start > 0) {
		in->len -= in->start;
		memmove(in->bytes, in->bytes + in->start, in->len);
		in->start = 0;
	}
	if (in->size - in->len < ROOM) {
		in->size = in->size == 0 ? 2 * ROOM : 2 * in->size;
		in->bytes = realloc(in->bytes, in->size);
		if (in->bytes == NULL)
			err(EXIT_TEMP, "intake");
	}
	*room = in->size - in->len;
	return in->bytes + in->len;
}

void
intake_took(struct intake *in, size_t len)
{
	in->len += len;
}

void
intake_file(struct intake *in, int fd)
{
	if (in->nfiles < INTAKE_FILES)
		in->files[in->nfiles++] = fd;
	else
		close(fd); /* the letter that misses it is refused */
}

bool
intake_is_open(const struct intake *in)
{
	return in->len > in->start;
}

static int
nonsense(struct intake *in, const char *why)
{
	in->why = why;
	return -1;
}

static int
take_content(struct intake *in, struct letter *l, size_t head, uint64_t size)
{
	const char *bytes = in->bytes + in->start + head;
	size_t have = in->len - in->start - head;

	if (size > in->most)
		return nonsense(in, "content too long to come inline");
	if (size > have)
		return 0;
	if ((l->bytes = malloc((size_t)size + 1)) == NULL)
		err(EXIT_TEMP, "letter");
	memcpy(l->bytes, bytes, (size_t)size);
	in->start += head + (size_t)size;
	return 1;
}

/* A file, and perhaps content that takes the place of its beginning. */
static int
take_file(struct intake *in, struct letter *l, size_t head, uint64_t size)
{
	int r = record_number(&l->record, "skip", l->length, &l->skip);

	if (in->nfiles == 0)
		return nonsense(in, "length= without a descriptor");
	if (r == -1 || (r == 0 && size > 0))
		return nonsense(in, "size= and length= without skip=");
	if ((r = take_content(in, l, head, size)) != 1)
		return r;
	l->head = size;
	l->length = l->length - l->skip + size;
	l->fd = in->files[0];
	in->nfiles--;
	memmove(in->files, in->files + 1, in->nfiles * sizeof(*in->files));
	return 1;
}

static int
take(struct intake *in, struct letter *l)
{
	ssize_t head = record_parse(
	    &l->record, in->bytes + in->start, in->len - in->start);
	uint64_t size = 0;
	int r;

	if (head == 0)
		return 0;
	if (head == -1)
		return nonsense(in, "malformed record");
	if (record_get(&l->record, "sender") == NULL ||
	    *record_text(&l->record, "recipient") == '\0')
		return nonsense(in, "no sender or no recipient");
	if (record_number(&l->record, "size", INT64_MAX, &size) == -1)
		return nonsense(in, "size= is no number");
	r = record_number(&l->record, "length", INT64_MAX, &l->length);
	if (r == 1)
		return take_file(in, l, (size_t)head, size);
	if (r == -1 || record_get(&l->record, "size") == NULL)
		return nonsense(in, "neither size nor length");
	l->length = size;
	return take_content(in, l, (size_t)head, size);
}

int
intake_next(struct intake *in, struct letter *l)
{
	int r = 0;

	letter_init(l);
	if (intake_is_open(in))
		r = take(in, l);
	if (r != 1)
		letter_free(l);
	return r;
}
