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
take_content(struct intake *in, struct letter *l, size_t head)
{
	const char *bytes = in->bytes + in->start + head;
	size_t have = in->len - in->start - head;

	if (l->length > in->most)
		return nonsense(in, "content too long to come inline");
	if (l->length > have)
		return 0;
	if ((l->bytes = malloc((size_t)l->length + 1)) == NULL)
		err(EXIT_TEMP, "letter");
	memcpy(l->bytes, bytes, (size_t)l->length);
	in->start += head + (size_t)l->length;
	return 1;
}

static int
take_file(struct intake *in, struct letter *l, size_t head)
{
	if (in->nfiles == 0)
		return nonsense(in, "length= without a descriptor");
	l->fd = in->files[0];
	in->nfiles--;
	memmove(in->files, in->files + 1, in->nfiles * sizeof(*in->files));
	in->start += head;
	return 1;
}

static int
take(struct intake *in, struct letter *l)
{
	ssize_t head = record_parse(
	    &l->record, in->bytes + in->start, in->len - in->start);
	int r;

	if (head == 0)
		return 0;
	if (head == -1)
		return nonsense(in, "malformed record");
	if (record_get(&l->record, "sender") == NULL ||
	    *record_text(&l->record, "recipient") == '\0')
		return nonsense(in, "no sender or no recipient");
	r = record_number(&l->record, "size", INT64_MAX, &l->length);
	if (r == 1)
		return take_content(in, l, (size_t)head);
	if (r == 0)
		r = record_number(&l->record, "length", INT64_MAX, &l->length);
	if (r != 1)
		return nonsense(in, "neither size nor length");
	return take_file(in, l, (size_t)head);
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
