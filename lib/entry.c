/*
 * Ids and single entries: made in memory, parsed from memory.
 *
 * A record and its lines in the file have the same length, byte for byte, so a
 * place in record.text is a place in the file too.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "exits.h"
#include "segment.h"

#define FIELDS_MAX 256 /* the bytes that entry_encode adds, at most */

/* --- ids and names -------------------------------------------------------- */

int
hex_parse(const char *digits, size_t n, uint64_t *value)
{
	size_t i;
	char c;

	*value = 0;
	for (i = 0; i < n; i++) {
		c = digits[i];
		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return -1;
	}
	return 0;
}

void
id_format(char out[ID_SIZE], uint32_t segment, uint32_t sequence)
{
	snprintf(out, ID_SIZE, "%08x-%05x", segment, sequence);
}

int
id_parse(const char *id, uint32_t *segment, uint32_t *sequence)
{
	uint64_t high, low;
	size_t len = strlen(id);

	/* One way to write each: no zeros that need not be there. */
	if (len < 14 || len > 17 || id[8] != '-' ||
	    (len > 14 && id[9] == '0') || hex_parse(id, 8, &high) == -1 ||
	    hex_parse(id + 9, len - 9, &low) == -1)
		return -1;
	*segment = (uint32_t)high;
	*sequence = (uint32_t)low;
	return 0;
}

void
segment_name(char out[9], uint32_t number)
{
	snprintf(out, 9, "%08x", number);
}

int
segment_number(const char *name, uint32_t *number)
{
	uint64_t value;

	if (strlen(name) != 8 || hex_parse(name, 8, &value) == -1)
		return -1;
	*number = (uint32_t)value;
	return 0;
}

/* --- making --------------------------------------------------------------- */

uint64_t
content_sum(uint64_t salt, const void *bytes, size_t len)
{
	return XXH3_64bits_withSeed(bytes, len, salt);
}

uint64_t
entry_seed(uint64_t salt, off_t at)
{
	return salt ^ (uint64_t)at;
}

/* Are the names that we add free? */
static bool
may_encode(const struct record *head)
{
	static const char *const ours[] = {
	    "content_sum", "length", "big", "sum", "size"};
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (record_get(head, ours[i]) != NULL)
			return false;
	return true;
}

char *
entry_encode(const struct record *head, uint64_t seed, uint64_t length,
    uint64_t sum, bool big, size_t *len)
{
	char *out, *text;
	size_t used, size = head->len + FIELDS_MAX;

	if (!may_encode(head)) {
		errno = EINVAL;
		return NULL;
	}
	if (size > RECORD_ENVELOPE) {
		errno = EMSGSIZE;
		return NULL;
	}
	text = record_encode(head, &used);
	if ((out = realloc(text, size)) == NULL)
		err(EXIT_TEMP, "entry of %zu bytes", size);
	used--; /* the empty line */
	used += (size_t)snprintf(out + used, size - used,
	    "content_sum=%016jx\nlength=%ju\n%s", (uintmax_t)sum,
	    (uintmax_t)length, big ? "big=yes\n" : "");
	used += (size_t)snprintf(out + used, size - used, "sum=%016jx\n",
	    (uintmax_t)content_sum(seed, out, used));
	if (!big)
		used += (size_t)snprintf(
		    out + used, size - used, "size=%ju\n", (uintmax_t)length);
	out[used++] = '\n';
	*len = used;
	return out;
}

char *
index_encode(
    const char *heads, size_t len, uint64_t salt, off_t at, size_t *total)
{
	struct record r;
	char *head, *out;
	size_t used;

	record_init(&r, RECORD_QUESTION);
	record_add(&r, "index", "yes");
	head = entry_encode(&r, entry_seed(salt, at), len,
	    content_sum(salt, heads, len), false, &used);
	record_free(&r);
	if (head == NULL || (out = realloc(head, used + len)) == NULL)
		err(EXIT_TEMP, "index of %zu bytes", len);
	if (len > 0)
		memcpy(out + used, heads, len);
	*total = used + len;
	return out;
}

/* --- parsing -------------------------------------------------------------- */

void
entry_init(struct entry *e)
{
	memset(e, 0, sizeof(*e));
	record_init(&e->head, RECORD_ENVELOPE);
}

void
entry_free(struct entry *e)
{
	record_free(&e->head);
}

/*
 * The record at the start of bytes, with a good sum= as its last field or
 * before size= as its last.  As record_parse.
 */
static ssize_t
sealed_parse(struct record *r, uint64_t seed, const char *bytes, size_t len)
{
	const char *name, *value, *sum = NULL;
	size_t at = 0, before = 0, sealed = 0;
	uint64_t given;
	ssize_t used;

	if ((used = record_parse(r, bytes, len)) <= 0)
		return used;
	errno = EPROTO;
	while (record_walk(r, &at, &name, &value)) {
		if (sum != NULL && !record_is(name, "size"))
			return -1;
		if (record_is(name, "sum")) {
			sum = value;
			sealed = before;
		} else if (sum != NULL && at < r->len) {
			return -1;
		}
		before = at;
	}
	if (sum == NULL || strlen(sum) != 16 ||
	    hex_parse(sum, 16, &given) == -1 ||
	    given != content_sum(seed, bytes, sealed))
		return -1;
	return used;
}

int
arrival_parse(const char *text, int64_t *arrival)
{
	const char *dot = strchr(text, '.'), *p;
	int64_t sum = 0;

	if (dot == NULL || strlen(dot) != 7)
		return -1;
	for (p = text; *p != '\0'; p++)
		if (p != dot &&
		    (*p < '0' || *p > '9' ||
			__builtin_mul_overflow(sum, 10, &sum) ||
			__builtin_add_overflow(sum, *p - '0', &sum)))
			return -1;
	*arrival = sum;
	return 0;
}

/* What entries and the index have in common.  used: bytes of the record. */
static int
extent_parse(struct entry *e, off_t at, size_t used)
{
	const struct record *r = &e->head;
	uint64_t size = 0;
	const char *sum = record_text(r, "content_sum");
	int has_size = record_number(r, "size", INT64_MAX, &size);

	e->big = strcmp(record_text(r, "big"), "yes") == 0;
	if (record_number(r, "length", INT64_MAX, &e->length) != 1 ||
	    strlen(sum) != 16 || hex_parse(sum, 16, &e->content_sum) == -1 ||
	    has_size != (e->big ? 0 : 1) || (!e->big && size != e->length) ||
	    __builtin_add_overflow(at, used, &e->end))
		return -1;
	e->offset = at;
	e->content = e->big ? 0 : e->end;
	if (!e->big && __builtin_add_overflow(e->end, size, &e->end))
		return -1;
	return 0;
}

/* Can bytes, of which there may be few, begin with that? */
static bool
may_begin(const char *bytes, size_t len, const char *with)
{
	size_t n = strlen(with);

	return memcmp(bytes, with, len < n ? len : n) == 0;
}

static int
not_there(int error)
{
	errno = error;
	return -1;
}

int
entry_parse(
    struct entry *e, uint64_t salt, const char *bytes, size_t len, off_t at)
{
	uint64_t generation;
	const char *id;
	ssize_t used;

	if (!may_begin(bytes, len, "id="))
		return not_there(EPROTO);
	used = sealed_parse(&e->head, entry_seed(salt, at), bytes, len);
	if (used == 0)
		return 0;
	if (used == -1 || (id = record_get(&e->head, "id")) == NULL ||
	    id_parse(id, &e->segment, &e->sequence) == -1 ||
	    record_number(&e->head, "generation", UINT32_MAX, &generation) !=
		1 ||
	    arrival_parse(record_text(&e->head, "arrival"), &e->arrival) ==
		-1 ||
	    extent_parse(e, at, (size_t)used) == -1)
		return not_there(EPROTO);
	strlcpy(e->id, id, sizeof(e->id));
	e->generation = (uint32_t)generation;
	return 1;
}

int
index_parse(
    struct entry *e, uint64_t salt, const char *bytes, size_t len, off_t at)
{
	ssize_t used;

	if (!may_begin(bytes, len, "index=yes\n"))
		return not_there(EPROTO);
	used = sealed_parse(&e->head, entry_seed(salt, at), bytes, len);
	if (used == 0)
		return 0;
	if (used == -1 || extent_parse(e, at, (size_t)used) == -1 || e->big)
		return not_there(EPROTO);
	e->id[0] = '\0';
	return 1;
}

/* --- head and foot -------------------------------------------------------- */

/* The text, which fits, sealed, and NULs to the end of the block. */
static void
block_seal(char block[SEGMENT_BLOCK], uint64_t salt)
{
	size_t len = strlen(block);

	snprintf(block + len, SEGMENT_BLOCK - len, "sum=%016jx\n\n",
	    (uintmax_t)content_sum(salt, block, len));
}

void
segment_head(
    char block[SEGMENT_BLOCK], uint32_t number, uint64_t salt, off_t size)
{
	memset(block, 0, SEGMENT_BLOCK);
	snprintf(block, SEGMENT_BLOCK, "segment=%08x\nsalt=%016jx\nbytes=%jd\n",
	    number, (uintmax_t)salt, (intmax_t)size);
	block_seal(block, salt);
}

void
segment_foot(char block[SEGMENT_BLOCK], uint64_t salt, off_t index)
{
	memset(block, 0, SEGMENT_BLOCK);
	snprintf(block, SEGMENT_BLOCK, "index_offset=%jd\n", (intmax_t)index);
	block_seal(block, salt);
}

int
head_parse(const char *block, size_t len, struct segment *s)
{
	struct record r;
	uint64_t bytes;
	const char *text;
	int result = -1;

	record_init(&r, SEGMENT_BLOCK);
	if (record_parse(&r, block, len) > 0 &&
	    (text = record_get(&r, "salt")) != NULL && strlen(text) == 16 &&
	    hex_parse(text, 16, &s->salt) == 0 &&
	    sealed_parse(&r, s->salt, block, len) > 0 &&
	    segment_number(record_text(&r, "segment"), &s->number) == 0 &&
	    record_number(&r, "bytes", INT64_MAX, &bytes) == 1) {
		s->size = (off_t)bytes;
		result = 0;
	}
	record_free(&r);
	return result == 0 ? 0 : not_there(EPROTO);
}

int
foot_parse(const char *block, size_t len, uint64_t salt, off_t *index)
{
	struct record r;
	uint64_t n = 0;
	int result = -1;

	record_init(&r, SEGMENT_BLOCK);
	if (sealed_parse(&r, salt, block, len) > 0 &&
	    record_number(&r, "index_offset", INT64_MAX, &n) == 1)
		result = 0;
	record_free(&r);
	*index = (off_t)n;
	return result == 0 ? 0 : not_there(EPROTO);
}
