#include "content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
content_init(struct content *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = -1;
}

void
content_free(struct content *c)
{
	free(c->bytes);
	if (c->fd != -1)
		(void)close(c->fd);
	content_init(c);
}

ssize_t
content_read(const struct content *c, uint64_t offset, char *out, size_t max)
{
	uint64_t left = c->length - offset;
	ssize_t got;

	if (max > left)
		max = (size_t)left;
	if (c->fd != -1 && offset < c->head && max > c->head - offset)
		max = (size_t)(c->head - offset);
	if (c->fd == -1 || offset < c->head) {
		if (max > 0)
			memcpy(out, c->bytes + offset, max);
		return (ssize_t)max;
	}
	offset = offset - c->head + c->skip;
	while ((got = pread(c->fd, out, max, (off_t)offset)) == -1 &&
	       errno == EINTR)
		;
	/* A file that is shorter than was said is no message. */
	if (got == 0 && max > 0) {
		errno = EIO;
		return -1;
	}
	return got;
}

static bool
is_eightbit(const char *bytes, size_t len)
{
	uint64_t word, all = 0;
	size_t i;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, bytes + i, sizeof(word));
		all |= word;
	}
	for (; i < len; i++)
		all |= (unsigned char)bytes[i] & 0x80;
	return (all & 0x8080808080808080) != 0;
}

static size_t
count_lines(const char *bytes, size_t len)
{
	const char *end = bytes + len;
	size_t lines = 0;

	while ((bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		lines++;
		bytes++;
	}
	return lines;
}

/* The header ends at an empty line. */
static void
look_head(struct content *c, const char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len && !c->in_body; i++) {
		c->in_body =
		    bytes[i] == '\n' && (c->last == '\n' || c->last == '\0');
		c->last = bytes[i];
	}
	c->eightbit_head |= is_eightbit(bytes, i);
}

static void
look(struct content *c, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	look_head(c, bytes, len);
	c->lines += count_lines(bytes, len);
	c->eightbit |= is_eightbit(bytes, len);
	c->open_end = bytes[len - 1] != '\n';
}

int
content_scan(struct content *c, size_t max)
{
	char piece[CONTENT_PIECE];
	ssize_t got;
	size_t seen;

	for (seen = 0; c->scanned < c->length && seen < max; seen += got) {
		got = content_read(c, c->scanned, piece, sizeof(piece));
		if (got == -1)
			return -1;
		look(c, piece, (size_t)got);
		c->scanned += (uint64_t)got;
	}
	return c->scanned == c->length;
}

uint64_t
content_wire(const struct content *c)
{
	return c->length + c->lines + (c->open_end ? 2 : 0);
}
