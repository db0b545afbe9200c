#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <cdb.h>
#include <xxhash.h>

#include "whole.h"

#define MARK      "postern1"
#define MARK_SIZE 8u
#define SLOT      8u /* of a hash table: hash and place */

/* Magic numbers of Berkeley DB, at this place in either byte order. */
#define BERKELEY_AT 12u
static const uint32_t berkeley[] = {0x061561, 0x053162, 0x042253, 0x040988};

void
whole_seal(uint64_t hash, unsigned char seal[WHOLE_SEAL])
{
	/* A mark is no string: NOLINTNEXTLINE(*-not-null-terminated-result) */
	memcpy(seal, MARK, MARK_SIZE);
	cdb_pack((uint32_t)hash, seal + MARK_SIZE);
	cdb_pack((uint32_t)(hash >> 32), seal + MARK_SIZE + 4);
}

static bool
is_berkeley(const unsigned char *bytes, size_t size)
{
	uint32_t magic;
	size_t i;

	if (size < BERKELEY_AT + 4)
		return false;
	magic = cdb_unpack(bytes + BERKELEY_AT);
	for (i = 0; i < sizeof(berkeley) / sizeof(berkeley[0]); i++)
		if (magic == berkeley[i] ||
		    magic == __builtin_bswap32(berkeley[i]))
			return true;
	return false;
}

/* Where the hash tables end, or 0 if one does not lie in the file. */
static uint64_t
end_of_tables(const unsigned char *bytes, size_t size)
{
	uint64_t place, end, last = 0;
	unsigned i;

	for (i = 0; i < 256; i++) {
		place = cdb_unpack(bytes + i * SLOT);
		end = place + SLOT * (uint64_t)cdb_unpack(bytes + i * SLOT + 4);
		if (place < WHOLE_HEAD || end > size)
			return 0;
		if (end > last)
			last = end;
	}
	return last;
}

static bool
is_sealed(const unsigned char *bytes, size_t size)
{
	unsigned char seal[WHOLE_SEAL];

	whole_seal(XXH3_64bits(bytes, size), seal);
	return memcmp(bytes + size, seal, WHOLE_SEAL) == 0;
}

/* Where the entries end: tables follow them. */
static uint64_t
end_of_entries(const unsigned char *bytes, size_t size)
{
	uint64_t place, first = size;
	unsigned i;

	for (i = 0; i < 256; i++)
		if ((place = cdb_unpack(bytes + i * SLOT)) < first)
			first = place;
	return first;
}

/* Do the tables fill what is behind the entries, without overlap? */
static bool
is_filled(const unsigned char *bytes, uint64_t room)
{
	uint64_t slots = 0;
	unsigned i;

	for (i = 0; i < 256; i++)
		slots += cdb_unpack(bytes + i * SLOT + 4);
	return slots * SLOT == room;
}

static uint64_t
slots_used(const unsigned char *bytes)
{
	const unsigned char *slot;
	uint64_t used = 0;
	uint32_t n;
	unsigned i;

	for (i = 0; i < 256; i++) {
		slot = bytes + cdb_unpack(bytes + i * SLOT);
		for (n = cdb_unpack(bytes + i * SLOT + 4); n > 0; n--) {
			used += cdb_unpack(slot + 4) != 0;
			slot += SLOT;
		}
	}
	return used;
}

/* Is the entry at that place found by its key (of len bytes)? */
static bool
is_found(const unsigned char *bytes, uint32_t at, uint32_t len)
{
	uint32_t hash = cdb_hash(bytes + at + 8, len), n, place, i;
	const unsigned char *head = bytes + (hash & 255) * SLOT, *table;

	table = bytes + cdb_unpack(head);
	n = cdb_unpack(head + 4);
	for (i = 0; i < n; i++) {
		const unsigned char *slot =
		    table + (((uint64_t)(hash >> 8) + i) % n) * SLOT;

		if ((place = cdb_unpack(slot + 4)) == 0)
			return false;
		if (place == at)
			return cdb_unpack(slot) == hash;
	}
	return false;
}

static bool
is_sound(const unsigned char *bytes, size_t size)
{
	uint64_t end = end_of_entries(bytes, size), at = WHOLE_HEAD, count = 0;
	uint64_t key, next;

	if (!is_filled(bytes, size - end))
		return false;
	while (at < end) {
		if (end - at < 8)
			return false;
		key = cdb_unpack(bytes + at);
		next = at + 8 + key + cdb_unpack(bytes + at + 4);
		if (next > end || !is_found(bytes, (uint32_t)at, (uint32_t)key))
			return false;
		at = next;
		count++;
	}
	return count == slots_used(bytes);
}

int
whole_check(const unsigned char *bytes, size_t size)
{
	uint64_t end;

	if (size == 0)
		return ENODATA;
	if (is_berkeley(bytes, size))
		return EMEDIUMTYPE;
	if (size < WHOLE_HEAD || size > UINT32_MAX)
		return EPROTO;
	end = end_of_tables(bytes, size);
	if (end != 0 && end + WHOLE_SEAL == size)
		return is_sealed(bytes, (size_t)end) ? 0 : EPROTO;
	return end == size && is_sound(bytes, size) ? 0 : EPROTO;
}

const char *
whole_reason(int error)
{
	switch (error) {
	case ENODATA:
		return "is empty, no CDB map; run makemap";
	case EMEDIUMTYPE:
		return "is a Berkeley DB file, no CDB map; run makemap";
	case EPROTO:
		return "damaged, cut short or no CDB map";
	default:
		return strerror(error);
	}
}
