/*
 * Segments in their files: opening, walking, and contents.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "exits.h"
#include "segment.h"
#include "window.h"

#define READ_FIRST 8192  /* most entries' records are shorter */
#define READ_BIG   65536 /* at a time, of a content in a file of its own */

typedef int parser(
    struct entry *, uint64_t salt, const char *bytes, size_t len, off_t at);

static int
fail(int error)
{
	errno = error;
	return -1;
}

void
segment_ahead(struct segment *s, bool ahead)
{
	if (ahead)
		window_renew(&s->ahead, WINDOW_AHEAD);
	else
		window_drop(&s->ahead);
}

int
segment_open(struct segment *s, int dirfd, const char *name, int flags)
{
	char block[SEGMENT_BLOCK];
	uint32_t number;
	struct stat st;
	ssize_t got;
	int saved;

	s->fd = -1;
	s->ahead = NULL;
	if (segment_number(name, &number) == -1)
		return fail(EPROTO);
	s->fd =
	    openat(dirfd, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (s->fd == -1)
		return -1;
	errno = EINVAL;
	if (fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (got = read_at(s->fd, block, sizeof(block), 0)) != -1 &&
	    head_parse(block, (size_t)got, s) == 0) {
		s->cut = st.st_size < s->size;
		if (s->cut)
			s->size = st.st_size;
		if (s->number == number)
			return 0;
		errno = EPROTO; /* another's file under this name */
	}
	saved = errno;
	segment_close(s);
	return fail(saved);
}

void
segment_close(struct segment *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
	window_drop(&s->ahead);
}

/* Read as much as the parser needs. */
static int
read_with(const struct segment *s, off_t at, struct entry *e, parser *parse)
{
	struct window once = {.least = 0};
	struct window *w = s->ahead != NULL ? s->ahead : &once;
	size_t size = READ_FIRST;
	const char *bytes;
	ssize_t got;
	int result = 0, saved;

	for (; result == 0; size *= 4) {
		if ((got = window_show(w, s->fd, at, size, &bytes)) == -1)
			result = -1;
		else if ((result = parse(e, s->salt, bytes, (size_t)got, at)) ==
			     0 &&
			 (size_t)got < size)
			result = fail(EPROTO);
	}
	saved = errno;
	window_free(&once);
	if (result == 1 && e->end > s->size)
		return fail(EPROTO);
	errno = saved;
	return result;
}

int
entry_read(const struct segment *s, off_t at, struct entry *e)
{
	return read_with(s, at, e, entry_parse);
}

bool
entry_stands(const struct segment *s, const struct entry *e)
{
	struct window once = {.least = 0};
	const struct record *head = &e->head;
	const char *bytes;
	size_t i = 0;
	ssize_t got = window_show(s->ahead != NULL ? s->ahead : &once, s->fd,
	    e->offset, head->len + 1, &bytes);

	if (got == (ssize_t)head->len + 1 && bytes[head->len] == '\n')
		while (
		    i < head->len &&
		    bytes[i] == (head->text[i] == '\0' ? '\n' : head->text[i]))
			i++;
	window_free(&once);
	return i == head->len;
}

/* --- walking -------------------------------------------------------------- */

static off_t
boundary(off_t at)
{
	return (at + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK * SEGMENT_BLOCK;
}

/* Are there only NULs from a place to the next boundary?  -1: not readable. */
static int
is_padding(const struct segment *s, off_t at)
{
	static const char nuls[SEGMENT_BLOCK];
	struct window once = {.least = 0};
	const char *bytes;
	ssize_t got = window_show(s->ahead != NULL ? s->ahead : &once, s->fd,
	    at, (size_t)(boundary(at) - at), &bytes);
	int result = got == -1 ? -1 : memcmp(bytes, nuls, (size_t)got) == 0;

	window_free(&once);
	return result;
}

enum found { ENTRY, INDEX, NOTHING, UNREADABLE };

/* What stands at a place.  A bad sector is damage like any other. */
static enum found
look(const struct segment *s, off_t at, off_t limit, struct entry *e)
{
	if (entry_read(s, at, e) == 1)
		return e->end <= limit ? ENTRY : NOTHING;
	if (errno != EPROTO && errno != EIO)
		return UNREADABLE;
	if (at % SEGMENT_BLOCK == 0 && read_with(s, at, e, index_parse) == 1)
		return INDEX;
	return NOTHING;
}

/*
 * No entry stands at from: find the next boundary that has one, or the index.
 * As segment_walk.
 */
static int
seek(const struct segment *s, off_t from, off_t limit, struct entry *e,
    off_t *at)
{
	off_t next;
	enum found what;

	for (next = boundary(from + 1); next < limit; next += SEGMENT_BLOCK) {
		if ((what = look(s, next, limit, e)) == UNREADABLE)
			return -1;
		if (what != NOTHING) {
			*at = next;
			return 2;
		}
	}
	return 0;
}

int
segment_walk(const struct segment *s, off_t *at, off_t limit, struct entry *e,
    off_t *damage)
{
	off_t from = *at;
	enum found what = NOTHING;

	if (limit == 0 || limit > s->size)
		limit = s->size;
	if (from < limit)
		what = look(s, from, limit, e);
	/* Behind a batch's last entry come NULs, then perhaps another batch. */
	if (what == NOTHING && from % SEGMENT_BLOCK != 0 && from < limit &&
	    is_padding(s, from) == 1) {
		from = boundary(from);
		if (from < limit)
			what = look(s, from, limit, e);
	}
	if (what == UNREADABLE)
		return -1;
	if (what == ENTRY) {
		*at = e->end;
		return 1;
	}
	if (what == INDEX || from >= limit)
		return 0;
	*damage = from;
	return seek(s, from, limit, e, at);
}

/* --- the index ------------------------------------------------------------ */

static int
foot_read(const struct segment *s, off_t *at)
{
	char block[SEGMENT_BLOCK];
	ssize_t got;

	if (s->size < 3 * SEGMENT_BLOCK)
		return -1;
	got = read_at(s->fd, block, sizeof(block), s->size - SEGMENT_BLOCK);
	return got == -1 ? -1 : foot_parse(block, (size_t)got, s->salt, at);
}

bool
segment_sealed(const struct segment *s)
{
	off_t at;

	return foot_read(s, &at) == 0;
}

/* The whole index, verified: malloced.  NULL with errno if there is none. */
static char *
index_read(const struct segment *s, size_t *len)
{
	char *heads = NULL;
	struct entry e;
	off_t at;

	if (foot_read(s, &at) == -1)
		return NULL;
	entry_init(&e);
	if (read_with(s, at, &e, index_parse) == 1)
		heads = entry_content(s, &e);
	*len = e.length;
	entry_free(&e);
	return heads;
}

/* The next head in the index: bytes taken, or -1 with EPROTO. */
static ssize_t
index_next(
    const struct segment *s, const char *heads, size_t len, struct entry *e)
{
	static const char name[] = "offset=";
	const char *end = memchr(heads, '\n', len), *why;
	char digits[24];
	size_t line;
	off_t at;

	if (end == NULL || len < sizeof(name) ||
	    memcmp(heads, name, sizeof(name) - 1) != 0)
		return fail(EPROTO);
	line = (size_t)(end - heads) + 1;
	if (line - sizeof(name) >= sizeof(digits))
		return fail(EPROTO);
	memcpy(digits, heads + sizeof(name) - 1, line - sizeof(name));
	digits[line - sizeof(name)] = '\0';
	at = strtonum(digits, SEGMENT_BLOCK, s->size, &why);
	if (why != NULL ||
	    entry_parse(e, s->salt, heads + line, len - line, at) != 1 ||
	    e->end > s->size)
		return fail(EPROTO);
	return (ssize_t)(line + e->head.len + 1);
}

int
segment_index(
    const struct segment *s, int (*each)(struct entry *, void *arg), void *arg)
{
	size_t len = 0, done = 0;
	ssize_t took;
	struct entry e;
	char *heads;
	int result = 1;

	if ((heads = index_read(s, &len)) == NULL)
		return 0;
	entry_init(&e);
	while (result == 1 && done < len) {
		took = index_next(s, heads + done, len - done, &e);
		if (took == -1 || each(&e, arg) == -1)
			result = -1;
		done += (size_t)took;
	}
	entry_free(&e);
	free(heads);
	return result;
}

/* --- contents ------------------------------------------------------------- */

char *
entry_content(const struct segment *s, const struct entry *e)
{
	char *bytes;
	ssize_t got;

	if (e->big || e->end > s->size || e->content <= 0) {
		errno = EPROTO;
		return NULL;
	}
	if ((bytes = malloc(e->length + 1)) == NULL)
		err(EXIT_TEMP, "content of %ju bytes", (uintmax_t)e->length);
	got = read_at(s->fd, bytes, e->length, e->content);
	if (got == (ssize_t)e->length &&
	    content_sum(s->salt, bytes, e->length) == e->content_sum) {
		bytes[e->length] = '\0';
		return bytes;
	}
	free(bytes);
	if (got != -1)
		errno = EPROTO;
	return NULL;
}

int
entry_verify_big(const struct segment *s, const struct entry *e, int fd)
{
	XXH3_state_t *state = XXH3_createState();
	char bytes[READ_BIG];
	uint64_t done = 0, sum;
	ssize_t got;

	(void)s; /* its sum is begun before a segment is chosen: no salt */
	if (state == NULL)
		err(EXIT_TEMP, "checksum");
	XXH3_64bits_reset(state);
	while ((got = read_at(fd, bytes, sizeof(bytes), (off_t)done)) > 0) {
		XXH3_64bits_update(state, bytes, (size_t)got);
		done += (uint64_t)got;
	}
	sum = XXH3_64bits_digest(state);
	XXH3_freeState(state);
	if (got == -1)
		return -1;
	return done == e->length && sum == e->content_sum ? 0 : fail(EPROTO);
}
