#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cdb.h>
#include <err.h>

#include "exits.h"
#include "gather.h"
#include "scribe.h"
#include "whole.h"

#define TABLES    256u
#define LINE_MOST (UINT32_MAX >> 2)

/* As they stand in the file, in the order of its bytes. */
struct head {
	uint32_t key_len, value_len;
};
struct slot {
	uint32_t hash, at; /* at 0: free */
};

struct place {
	uint32_t hash, at;
	unsigned line : 30, twice : 2; /* enum mapmake_double */
};

/* The entries of one hash table, in the order they came. */
struct bucket {
	struct place *list;
	size_t count, room;
};

/* An entry that does not count, as another one has its key. */
struct loser {
	uint32_t at, size;
	unsigned line;    /* of the later one of both */
	uint64_t earlier; /* bytes of losers in front of it */
};

struct gather {
	int error; /* of a put that failed: there is no table then */
	struct scribe scribe;
	uint64_t count; /* entries */
	struct bucket buckets[TABLES];
	struct loser *losers;
	size_t lost, room;
};

struct gather *
gather_new(int fd)
{
	struct gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		err(EXIT_TEMP, "table");
	scribe_begin(&g->scribe, fd, WHOLE_HEAD);
	return g;
}

void
gather_free(struct gather *g)
{
	unsigned i;

	scribe_free(&g->scribe);
	for (i = 0; i < TABLES; i++)
		free(g->buckets[i].list);
	free(g->losers);
	free(g);
}

/* --- putting -------------------------------------------------------------- */

/* A list of so many bytes each that had room for *room. */
static void *
grow(void *list, size_t *room, size_t size)
{
	*room = *room == 0 ? 16 : *room + *room / 2;
	if ((list = reallocarray(list, *room, size)) == NULL)
		err(EXIT_TEMP, "table");
	return list;
}

static void
remember(struct bucket *b, struct place place)
{
	if (b->count == b->room)
		b->list = grow(b->list, &b->room, sizeof(*b->list));
	b->list[b->count++] = place;
}

static bool
is_too_large(const struct gather *g, const struct mapmake_entry *e)
{
	return e->key_len > UINT32_MAX || e->value_len > UINT32_MAX ||
	       g->scribe.at + sizeof(struct head) + e->key_len + e->value_len +
		       2 * sizeof(struct slot) * (g->count + 1) + WHOLE_SEAL >
		   UINT32_MAX;
}

static int
take(struct gather *g, const struct mapmake_entry *e, struct place place)
{
	struct head head = {
	    htole32((uint32_t)e->key_len), htole32((uint32_t)e->value_len)};

	if (is_too_large(g, e)) {
		errno = EFBIG;
		return -1;
	}
	place.hash = cdb_hash(e->key, (unsigned)e->key_len);
	place.at = (uint32_t)g->scribe.at;
	if (scribe_put(&g->scribe, &head, sizeof(head)) == -1 ||
	    scribe_put(&g->scribe, e->key, e->key_len) == -1 ||
	    scribe_put(&g->scribe, e->value, e->value_len) == -1)
		return -1;
	remember(&g->buckets[place.hash % TABLES], place);
	g->count++;
	return 0;
}

int
gather_put(struct gather *g, const struct mapmake_entry *e,
    enum mapmake_double twice, unsigned line)
{
	struct place place = {
	    .line = line < LINE_MOST ? line : LINE_MOST, .twice = twice};
	int got = take(g, e, place);

	if (got == -1)
		g->error = errno;
	return got;
}

/* --- keys that come twice ------------------------------------------------- */

/* The key of the entry at that place: malloced, with a NUL; or NULL. */
static char *
key_at(const struct gather *g, uint32_t at, struct head *head)
{
	char *key;

	if (scribe_read(&g->scribe, head, sizeof(*head), at) == -1)
		return NULL;
	head->key_len = le32toh(head->key_len);
	head->value_len = le32toh(head->value_len);
	if ((key = malloc((size_t)head->key_len + 1)) == NULL)
		err(EXIT_TEMP, "table");
	key[head->key_len] = '\0';
	if (scribe_read(&g->scribe, key, head->key_len,
		(uint64_t)at + sizeof(*head)) == 0)
		return key;
	free(key);
	return NULL;
}

/* 1, 0, -1.  Heads are those of both. */
static int
same_key(const struct gather *g, const uint32_t at[2], struct head heads[2])
{
	char *a = key_at(g, at[0], &heads[0]), *b = NULL;
	int same = -1;

	if (a != NULL && (b = key_at(g, at[1], &heads[1])) != NULL)
		same = heads[0].key_len == heads[1].key_len &&
		       memcmp(a, b, heads[0].key_len) == 0;
	free(a);
	free(b);
	return same;
}

static void
lose(struct gather *g, uint32_t at, const struct head *head, unsigned line)
{
	uint32_t size = sizeof(*head) + head->key_len + head->value_len;

	if (g->lost == g->room)
		g->losers = grow(g->losers, &g->room, sizeof(*g->losers));
	g->losers[g->lost++] = (struct loser){at, size, line, 0};
}

/*
 * The slot has the entry's hash.  1: its key as well, and one of both is a
 * loser; 0: another key; -1.
 */
static int
meet(struct gather *g, struct slot *slot, const struct place *p)
{
	const uint32_t at[2] = {le32toh(slot->at), p->at};
	struct head heads[2];
	int got = same_key(g, at, heads);

	if (got != 1)
		return got;
	if (p->twice == MAPMAKE_KEEP) {
		lose(g, p->at, &heads[1], p->line);
	} else {
		lose(g, at[0], &heads[0], p->line);
		slot->at = htole32(p->at);
	}
	return 1;
}

static int
by_line(const void *a, const void *b)
{
	const struct loser *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int
by_place(const void *a, const void *b)
{
	const struct loser *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int
tell(struct gather *g, mapmake_told *told, void *arg)
{
	struct head head;
	char *key;
	size_t i;

	qsort(g->losers, g->lost, sizeof(*g->losers), by_line);
	for (i = 0; told != NULL && i < g->lost; i++) {
		if ((key = key_at(g, g->losers[i].at, &head)) == NULL)
			return -1;
		told(key, g->losers[i].line, arg);
		free(key);
	}
	return 0;
}

/* The bytes between two losers, to where the scribe is. */
static int
move(struct gather *g, uint64_t from, uint64_t to)
{
	char bytes[8192];
	size_t len;

	for (; from < to; from += len) {
		len = sizeof(bytes);
		if (len > to - from)
			len = to - from;
		if (scribe_read(&g->scribe, bytes, len, from) == -1 ||
		    scribe_put(&g->scribe, bytes, len) == -1)
			return -1;
	}
	return 0;
}

/* The losers, by place, leave the file. */
static int
close_up(struct gather *g, struct part *entries)
{
	uint64_t from = WHOLE_HEAD, gone = 0;
	size_t i;

	scribe_return(&g->scribe, WHOLE_HEAD);
	for (i = 0; i < g->lost; i++) {
		if (move(g, from, g->losers[i].at) == -1)
			return -1;
		from = (uint64_t)g->losers[i].at + g->losers[i].size;
		g->losers[i].earlier = gone;
		gone += g->losers[i].size;
	}
	if (move(g, from, entries->to) == -1)
		return -1;
	return scribe_end(&g->scribe, entries);
}

/* The last loser up to that place, or NULL. */
static const struct loser *
last_loser(const struct gather *g, uint32_t at)
{
	size_t low = 0, high = g->lost, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (g->losers[middle].at > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low == 0 ? NULL : &g->losers[low - 1];
}

/* They leave the list as well; who stays stands elsewhere now. */
static void
close_ranks(const struct gather *g, struct bucket *b)
{
	const struct loser *l;
	struct place place;
	size_t i, stay = 0;

	for (i = 0; i < b->count; i++) {
		place = b->list[i];
		l = last_loser(g, place.at);
		if (l != NULL && l->at == place.at)
			continue;
		if (l != NULL)
			place.at -= (uint32_t)(l->earlier + l->size);
		b->list[stay++] = place;
	}
	b->count = stay;
}

static int
take_out(struct gather *g, struct part *entries)
{
	unsigned i;

	qsort(g->losers, g->lost, sizeof(*g->losers), by_place);
	/* What is moved must be what was written. */
	if (scribe_compare(&g->scribe, entries, NULL) == -1 ||
	    close_up(g, entries) == -1)
		return -1;
	for (i = 0; i < TABLES; i++)
		close_ranks(g, &g->buckets[i]);
	g->count -= g->lost;
	g->lost = 0;
	return 0;
}

/* --- writing -------------------------------------------------------------- */

static int
enter(struct gather *g, struct slot *table, size_t slots, const struct place *p)
{
	size_t i = (p->hash >> 8) % slots;
	bool may_meet = p->twice != MAPMAKE_BOTH;
	int got;

	for (; table[i].at != 0; i = i + 1 == slots ? 0 : i + 1) {
		if (!may_meet || table[i].hash != htole32(p->hash))
			continue;
		if ((got = meet(g, &table[i], p)) != 0)
			return got;
	}
	table[i] = (struct slot){htole32(p->hash), htole32(p->at)};
	return 0;
}

/* One that losers were met in is not written: it is made again without them. */
static int
write_table(struct gather *g, const struct bucket *b)
{
	size_t slots = 2 * b->count, i;
	struct slot *table = calloc(slots + 1, sizeof(*table));
	int done = 0;

	if (table == NULL)
		err(EXIT_TEMP, "table");
	for (i = 0; done != -1 && i < b->count; i++)
		done = enter(g, table, slots, &b->list[i]);
	if (done != -1 && g->lost == 0)
		done = scribe_put(&g->scribe, table, slots * sizeof(*table));
	free(table);
	return done == -1 ? -1 : 0;
}

static int
write_tables(struct gather *g)
{
	unsigned i;

	for (i = 0; i < TABLES; i++)
		if (write_table(g, &g->buckets[i]) == -1)
			return -1;
	return 0;
}

static int
write_head(struct gather *g, uint64_t at, struct part *head)
{
	struct slot places[TABLES];
	uint64_t slots;
	unsigned i;

	for (i = 0; i < TABLES; i++) {
		slots = 2 * (uint64_t)g->buckets[i].count;
		/* Where a table stands, and how many slots it has. */
		places[i] = (struct slot){
		    htole32((uint32_t)at), htole32((uint32_t)slots)};
		at += slots * sizeof(struct slot);
	}
	scribe_return(&g->scribe, 0);
	if (scribe_put(&g->scribe, places, sizeof(places)) == -1)
		return -1;
	return scribe_end(&g->scribe, head);
}

static int
write_seal(struct gather *g, const struct part parts[3])
{
	unsigned char seal[WHOLE_SEAL], there[WHOLE_SEAL];
	XXH3_state_t *all = XXH3_createState();
	int i, done = 0;
	struct part end;

	if (all == NULL)
		err(EXIT_TEMP, "table");
	XXH3_64bits_reset(all);
	for (i = 0; done == 0 && i < 3; i++)
		done = scribe_compare(&g->scribe, &parts[i], all);
	whole_seal(XXH3_64bits_digest(all), seal);
	XXH3_freeState(all);
	scribe_return(&g->scribe, parts[2].to);
	if (done == -1 || scribe_put(&g->scribe, seal, sizeof(seal)) == -1 ||
	    scribe_end(&g->scribe, &end) == -1 ||
	    scribe_read(&g->scribe, there, sizeof(there), end.from) == -1)
		return -1;
	errno = EIO;
	return memcmp(seal, there, sizeof(seal)) == 0 ? 0 : -1;
}

/* Until there are no more losers. */
static int
settle(struct gather *g, struct part *entries, mapmake_told *told, void *arg)
{
	while (write_tables(g) == 0) {
		if (g->lost == 0)
			return 0;
		scribe_return(&g->scribe, entries->to);
		if (tell(g, told, arg) == -1 || take_out(g, entries) == -1)
			return -1;
	}
	return -1;
}

static int
write_all(struct gather *g, mapmake_told *told, void *arg)
{
	struct part parts[3]; /* head, entries, tables */

	if (scribe_end(&g->scribe, &parts[1]) == -1 ||
	    settle(g, &parts[1], told, arg) == -1 ||
	    scribe_end(&g->scribe, &parts[2]) == -1 ||
	    write_head(g, parts[2].from, &parts[0]) == -1 ||
	    write_seal(g, parts) == -1)
		return -1;
	/* There may be tables behind it that had losers. */
	return ftruncate(g->scribe.fd, (off_t)g->scribe.at);
}

int
gather_write(struct gather *g, mapmake_told *told, void *arg)
{
	if (g->error != 0) {
		errno = g->error;
		return -1;
	}
	return write_all(g, told, arg);
}
