/*
 * whole - is a compiled table (CDB) as its maker wrote it?
 *
 * A CDB has no checksum.  Ours end in a seal, 16 bytes behind the last hash
 * table, where no CDB reader looks: a mark, and XXH3 of all bytes before the
 * seal.  A file with a seal is judged by it, which is as fast as memory.  One
 * without, made by another CDB tool, is walked: each entry must lie whole in
 * front of the tables, be found by its key, and none may be in the tables
 * besides.  Pure.
 */
#ifndef WHOLE_H
#define WHOLE_H

#include <stddef.h>
#include <stdint.h>

#define WHOLE_HEAD 2048u /* 256 tables, a place and a length each */
#define WHOLE_SEAL 16u

/* The seal for bytes whose XXH3 (64 bits) is hash. */
void whole_seal(uint64_t hash, unsigned char seal[WHOLE_SEAL]);

/*
 * 0, or what is wrong: ENODATA (empty), EMEDIUMTYPE (a Berkeley DB file) or
 * EPROTO (damaged, cut short, or something else).
 */
int whole_check(const unsigned char *bytes, size_t size);
/* In words; strerror for what is none of the above. */
const char *whole_reason(int error);

#endif
