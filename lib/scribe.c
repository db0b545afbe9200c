#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "scribe.h"

#define BEHIND 8388608u /* bytes, then the disk begins to write them */

void
scribe_begin(struct scribe *s, int fd, uint64_t at)
{
	memset(s, 0, sizeof(*s));
	if ((s->buffer = malloc(SCRIBE_BUFFER)) == NULL ||
	    (s->hash = XXH3_createState()) == NULL)
		err(EXIT_TEMP, "buffer");
	s->fd = fd;
	s->pushed = at;
	scribe_return(s, at);
}

void
scribe_free(struct scribe *s)
{
	XXH3_freeState(s->hash);
	free(s->buffer);
}

void
scribe_return(struct scribe *s, uint64_t at)
{
	s->at = s->from = at;
	s->held = 0;
	XXH3_64bits_reset(s->hash);
}

static void
push(struct scribe *s, uint64_t end)
{
	if (end < s->pushed + BEHIND)
		return;
	/* No harm if the file system has no use for it. */
	(void)sync_file_range(s->fd, (off_t)s->pushed, (off_t)(end - s->pushed),
	    SYNC_FILE_RANGE_WRITE);
	s->pushed = end;
}

/* Bytes that end at that place. */
static int
write_all(struct scribe *s, const void *bytes, size_t len, uint64_t end)
{
	uint64_t at = end - len;
	ssize_t n;

	XXH3_64bits_update(s->hash, bytes, len);
	for (; len > 0; len -= (size_t)n, at += (uint64_t)n) {
		if ((n = pwrite(s->fd, bytes, len, (off_t)at)) == -1)
			return -1;
		bytes = (const char *)bytes + n;
	}
	push(s, end);
	return 0;
}

static int
flush(struct scribe *s)
{
	size_t len = s->held;

	s->held = 0;
	return write_all(s, s->buffer, len, s->at);
}

int
scribe_put(struct scribe *s, const void *bytes, size_t len)
{
	if (len > SCRIBE_BUFFER - s->held && flush(s) == -1)
		return -1;
	s->at += len;
	if (len > SCRIBE_BUFFER)
		return write_all(s, bytes, len, s->at);
	memcpy(s->buffer + s->held, bytes, len);
	s->held += len;
	return 0;
}

int
scribe_end(struct scribe *s, struct part *part)
{
	if (flush(s) == -1)
		return -1;
	*part = (struct part){s->from, s->at, XXH3_64bits_digest(s->hash)};
	scribe_return(s, s->at);
	return 0;
}

int
scribe_read(const struct scribe *s, void *bytes, size_t len, uint64_t at)
{
	ssize_t n;

	for (; len > 0; len -= (size_t)n, at += (uint64_t)n) {
		n = pread(s->fd, bytes, len, (off_t)at);
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		bytes = (char *)bytes + n;
	}
	return 0;
}

int
scribe_compare(struct scribe *s, const struct part *part, XXH3_state_t *all)
{
	uint64_t at, hash;
	size_t len;

	for (at = part->from; at < part->to; at += len) {
		len = SCRIBE_BUFFER;
		if (len > part->to - at)
			len = part->to - at;
		if (scribe_read(s, s->buffer, len, at) == -1)
			return -1;
		XXH3_64bits_update(s->hash, s->buffer, len);
		if (all != NULL)
			XXH3_64bits_update(all, s->buffer, len);
	}
	hash = XXH3_64bits_digest(s->hash);
	XXH3_64bits_reset(s->hash);
	errno = EIO;
	return hash == part->hash ? 0 : -1;
}
