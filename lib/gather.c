#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cdb.h>
#include <err.h>
#include <xxhash.h>

#include "exits.h"
#include "gather.h"
#include "paths.h"
#include "whole.h"

#define ENTRY_HEAD 8u /* lengths of key and value */
#define SLOT       8u

struct place {
	uint32_t hash, at;
};

struct gather {
	FILE *spool; /* entries as they stand in a CDB */
	uint64_t spooled;
	uint64_t size;      /* of the table so far */
	struct place *list; /* in the order they came; at: in the spool */
	size_t count, room;
	uint32_t *index; /* by hash: number in the list, plus 1 */
	size_t slots;    /* a power of 2 */
	int error;       /* of a put that failed: there is no table then */
};

static FILE *
open_spool(const char *folder)
{
	char path[PATH_SIZE];
	FILE *spool;
	int fd;

	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		path_join(path, folder, ".makemap-XXXXXX");
		if ((fd = mkostemp(path, O_CLOEXEC)) != -1)
			unlink(path);
	}
	if (fd == -1)
		return NULL;
	if ((spool = fdopen(fd, "w+")) == NULL)
		err(EXIT_TEMP, "%s", folder);
	return spool;
}

struct gather *
gather_new(const char *folder)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		err(EXIT_TEMP, "table");
	g->size = WHOLE_HEAD + WHOLE_SEAL;
	g->slots = 1024;
	if ((g->index = calloc(g->slots, sizeof(*g->index))) == NULL)
		err(EXIT_TEMP, "table");
	if ((g->spool = open_spool(folder)) == NULL) {
		gather_free(g);
		return NULL;
	}
	return g;
}

void
gather_free(struct gather *g)
{
	int error = errno;

	if (g->spool != NULL)
		fclose(g->spool);
	free(g->list);
	free(g->index);
	free(g);
	errno = error;
}

size_t
gather_count(const struct gather *g)
{
	return g->count;
}

/* --- finding -------------------------------------------------------------- */

static size_t
first_slot(const struct gather *g, uint32_t hash)
{
	/* CDB's hash is weak in its high bits for short keys: spread it. */
	return (hash * 0x9e3779b1u) & (g->slots - 1);
}

static void
index_add(struct gather *g, size_t number)
{
	size_t i = first_slot(g, g->list[number].hash);

	while (g->index[i] != 0)
		i = (i + 1) & (g->slots - 1);
	g->index[i] = (uint32_t)number + 1;
}

static void
index_grow(struct gather *g)
{
	size_t i, old = g->slots;
	uint32_t *from = g->index;

	g->slots *= 2;
	if ((g->index = calloc(g->slots, sizeof(*g->index))) == NULL)
		err(EXIT_TEMP, "table");
	for (i = 0; i < old; i++)
		if (from[i] != 0)
			index_add(g, from[i] - 1);
	free(from);
}

/* Read len bytes of the spool at that place. */
static int
fetch(struct gather *g, void *bytes, size_t len, uint64_t at)
{
	ssize_t n;

	for (; len > 0; len -= (size_t)n, at += (uint64_t)n) {
		n = pread(fileno(g->spool), bytes, len, (off_t)at);
		if (n <= 0) {
			errno = n == 0 ? EIO : errno;
			return -1;
		}
		bytes = (char *)bytes + n;
	}
	return 0;
}

/* 1 if the entry at that place has this key; *value_len is its value's. */
static int
has_key(struct gather *g, uint32_t at, const struct mapmake_entry *e,
    uint32_t *value_len)
{
	unsigned char head[ENTRY_HEAD];
	char *key;
	int same;

	if (fflush(g->spool) == EOF || fetch(g, head, sizeof(head), at) == -1)
		return -1;
	*value_len = cdb_unpack(head + 4);
	if (cdb_unpack(head) != e->key_len)
		return 0;
	if ((key = malloc(e->key_len + 1)) == NULL)
		err(EXIT_TEMP, "table");
	same = fetch(g, key, e->key_len, at + sizeof(head));
	if (same == 0)
		same = memcmp(key, e->key, e->key_len) == 0;
	free(key);
	return same;
}

/* 1 and its number; 0; -1. */
static int
find(struct gather *g, uint32_t hash, const struct mapmake_entry *e,
    size_t *number, uint32_t *value_len)
{
	size_t i;
	int got;

	for (i = first_slot(g, hash); g->index[i] != 0;
	     i = (i + 1) & (g->slots - 1)) {
		*number = g->index[i] - 1;
		if (g->list[*number].hash != hash)
			continue;
		got = has_key(g, g->list[*number].at, e, value_len);
		if (got != 0)
			return got;
	}
	return 0;
}

/* --- putting -------------------------------------------------------------- */

/* Into the spool.  The place, or -1. */
static int64_t
spool(struct gather *g, const struct mapmake_entry *e)
{
	int64_t at = (int64_t)g->spooled;
	unsigned char head[ENTRY_HEAD];

	cdb_pack((uint32_t)e->key_len, head);
	cdb_pack((uint32_t)e->value_len, head + 4);
	if (fwrite(head, 1, sizeof(head), g->spool) != sizeof(head) ||
	    fwrite(e->key, 1, e->key_len, g->spool) != e->key_len ||
	    fwrite(e->value, 1, e->value_len, g->spool) != e->value_len)
		return -1;
	g->spooled += sizeof(head) + e->key_len + e->value_len;
	return at;
}

static void
append(struct gather *g, struct place place, bool indexed)
{
	if (g->count == g->room) {
		g->room = g->room == 0 ? 64 : g->room + g->room / 2;
		g->list = reallocarray(g->list, g->room, sizeof(*g->list));
		if (g->list == NULL)
			err(EXIT_TEMP, "table");
	}
	g->list[g->count++] = place;
	if (!indexed)
		return;
	if (g->count > g->slots / 4 * 3)
		index_grow(g);
	index_add(g, g->count - 1);
}

static int
take(struct gather *g, const struct mapmake_entry *e, enum mapmake_double twice)
{
	uint64_t more = ENTRY_HEAD + (uint64_t)e->key_len + e->value_len;
	uint64_t slots = 2 * SLOT;
	uint32_t hash, old = 0;
	size_t number = 0;
	int64_t at;
	int there;

	/* What was replaced lies in the spool still, and has places there. */
	if (e->key_len > UINT32_MAX || e->value_len > UINT32_MAX ||
	    g->size + more + slots > UINT32_MAX ||
	    g->spooled + more > UINT32_MAX) {
		errno = EFBIG;
		return -1;
	}
	hash = cdb_hash(e->key, (unsigned)e->key_len);
	if ((there = find(g, hash, e, &number, &old)) == -1 ||
	    (there == 1 && twice == MAPMAKE_KEEP))
		return there;
	if ((at = spool(g, e)) == -1)
		return -1;
	if (there == 1 && twice == MAPMAKE_REPLACE) {
		g->size += e->value_len;
		g->size -= old;
		g->list[number].at = (uint32_t)at;
		return 1;
	}
	g->size += more + slots;
	append(g, (struct place){hash, (uint32_t)at}, there == 0);
	return there;
}

int
gather_put(
    struct gather *g, const struct mapmake_entry *e, enum mapmake_double twice)
{
	int got = take(g, e, twice);

	if (got == -1)
		g->error = errno;
	return got;
}

/* --- writing -------------------------------------------------------------- */

/* Everything that is written is hashed for the seal. */
struct sink {
	FILE *file;
	XXH3_state_t *hash;
};

static int
put(struct sink *s, const void *bytes, size_t len)
{
	XXH3_64bits_update(s->hash, bytes, len);
	return fwrite(bytes, 1, len, s->file) == len ? 0 : -1;
}

/* How many entries each of the 256 tables has. */
static void
count_tables(const struct gather *g, uint32_t counts[256])
{
	size_t i;

	memset(counts, 0, 256 * sizeof(counts[0]));
	for (i = 0; i < g->count; i++)
		counts[g->list[i].hash & 255]++;
}

static int
write_head(const struct gather *g, const uint32_t counts[256], struct sink *s)
{
	unsigned char head[WHOLE_HEAD];
	uint64_t at;
	unsigned i;

	at = g->size - WHOLE_SEAL - 2 * SLOT * (uint64_t)g->count;
	for (i = 0; i < 256; i++) {
		cdb_pack((uint32_t)at, head + i * SLOT);
		cdb_pack(2 * counts[i], head + i * SLOT + 4);
		at += 2 * SLOT * (uint64_t)counts[i];
	}
	return put(s, head, sizeof(head));
}

static int
copy_bytes(FILE *from, uint64_t len, struct sink *s)
{
	char buffer[8192];
	size_t n;

	for (; len > 0; len -= n) {
		n = len < sizeof(buffer) ? (size_t)len : sizeof(buffer);
		if (fread(buffer, 1, n, from) != n) {
			errno = ferror(from) ? errno : EIO;
			return -1;
		}
		if (put(s, buffer, n) == -1)
			return -1;
	}
	return 0;
}

/* In the order they came; list[].at becomes the place in the table. */
static int
write_entries(struct gather *g, struct sink *s)
{
	uint64_t at = WHOLE_HEAD, here = UINT64_MAX, len;
	unsigned char head[ENTRY_HEAD];
	size_t i;

	for (i = 0; i < g->count; i++) {
		if (g->list[i].at != here &&
		    fseeko(g->spool, g->list[i].at, SEEK_SET) == -1)
			return -1;
		if (fread(head, 1, sizeof(head), g->spool) != sizeof(head)) {
			errno = ferror(g->spool) ? errno : EIO;
			return -1;
		}
		len = (uint64_t)cdb_unpack(head) + cdb_unpack(head + 4);
		if (put(s, head, sizeof(head)) == -1 ||
		    copy_bytes(g->spool, len, s) == -1)
			return -1;
		here = g->list[i].at + sizeof(head) + len;
		g->list[i].at = (uint32_t)at;
		at += sizeof(head) + len;
	}
	return 0;
}

/* By table, and within one in the order they came. */
static struct place *
sort_places(const struct gather *g, const uint32_t counts[256])
{
	struct place *sorted =
	    reallocarray(NULL, g->count + 1, sizeof(*sorted));
	size_t next[256], at = 0, i;

	if (sorted == NULL)
		err(EXIT_TEMP, "table");
	for (i = 0; i < 256; i++) {
		next[i] = at;
		at += counts[i];
	}
	for (i = 0; i < g->count; i++)
		sorted[next[g->list[i].hash & 255]++] = g->list[i];
	return sorted;
}

static int
write_table(const struct place *places, uint32_t count, struct sink *s)
{
	size_t slots = 2 * (size_t)count, i, k;
	unsigned char *table;
	int done;

	if (count == 0)
		return 0;
	if ((table = calloc(slots, SLOT)) == NULL)
		err(EXIT_TEMP, "table");
	for (i = 0; i < count; i++) {
		k = (places[i].hash >> 8) % slots;
		while (cdb_unpack(table + k * SLOT + 4) != 0)
			k = k + 1 == slots ? 0 : k + 1;
		cdb_pack(places[i].hash, table + k * SLOT);
		cdb_pack(places[i].at, table + k * SLOT + 4);
	}
	done = put(s, table, slots * SLOT);
	free(table);
	return done;
}

static int
write_tables(struct gather *g, const uint32_t counts[256], struct sink *s)
{
	struct place *sorted, *p;
	unsigned i;
	int done = 0;

	free(g->index);
	g->index = NULL;
	p = sorted = sort_places(g, counts);
	for (i = 0; done == 0 && i < 256; i++) {
		done = write_table(p, counts[i], s);
		p += counts[i];
	}
	free(sorted);
	free(g->list);
	g->list = NULL;
	return done;
}

static int
write_all(struct gather *g, struct sink *s, uint64_t *hash)
{
	unsigned char seal[WHOLE_SEAL];
	uint32_t counts[256];

	count_tables(g, counts);
	if (fflush(g->spool) == EOF || write_head(g, counts, s) == -1 ||
	    write_entries(g, s) == -1 || write_tables(g, counts, s) == -1)
		return -1;
	*hash = XXH3_64bits_digest(s->hash);
	whole_seal(*hash, seal);
	return fwrite(seal, 1, sizeof(seal), s->file) == sizeof(seal) ? 0 : -1;
}

int
gather_write(struct gather *g, int fd, uint64_t *hash)
{
	struct sink s = {NULL, XXH3_createState()};
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), done, error;

	if (g->error != 0) {
		errno = g->error;
		done = -1;
	} else if (s.hash == NULL || copy == -1 ||
		   (s.file = fdopen(copy, "w")) == NULL)
		err(EXIT_TEMP, "table");
	else {
		XXH3_64bits_reset(s.hash);
		done = write_all(g, &s, hash);
		error = errno;
		if (fclose(s.file) == EOF && done == 0)
			done = -1;
		else
			errno = error;
	}
	error = errno;
	XXH3_freeState(s.hash);
	errno = error;
	return done;
}
