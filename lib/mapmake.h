/*
 * mapmake - make a compiled table (CDB), whole or not at all
 *
 * The new table is written beside the old one, read back byte for byte and
 * synced before it takes the old one's place.  So a reader never sees half a
 * table, and a failure leaves the old one as it was.  Two makers of one table
 * wait for each other.  The table ends in a seal, see whole.h.
 */
#ifndef MAPMAKE_H
#define MAPMAKE_H

#include <stdbool.h>
#include <stddef.h>

struct mapmake;

enum mapmake_double {
	MAPMAKE_KEEP,    /* a key that is there keeps its first value */
	MAPMAKE_REPLACE, /* the last value counts */
	MAPMAKE_BOTH     /* both are stored */
};

/*
 * Begin path, which ends in .cdb.  NULL with errno; ELOOP if it is a symbolic
 * link, EMLINK if it has other names (unless unsafe is set).
 */
struct mapmake *mapmake_begin(const char *path, bool unsafe);

/*
 * 0, or -1 with errno, EFBIG if a CDB cannot hold it (all of it must stay below
 * 4 GB); after that the table cannot be written any more.  That a key comes
 * twice is only found when it is written.
 */
int mapmake_put(struct mapmake *, const char *key, size_t key_len,
    const char *value, size_t value_len, enum mapmake_double);

/*
 * Who shall be told, when it is written, of each KEEP or REPLACE whose key was
 * there already: by line, the one that mapmake_line told before the put.
 */
typedef void mapmake_told(const char *key, unsigned line, void *arg);
void mapmake_tell(struct mapmake *, mapmake_told *, void *arg);
void mapmake_line(struct mapmake *, unsigned line);

/*
 * Write it.  0, or -1 with errno: then the old table still stands.  Either way
 * the maker is freed.  A new file is readable by all (each service has a user
 * of its own); one that is replaced hands down its mode and owner.
 */
int mapmake_commit(struct mapmake *);
void mapmake_abort(struct mapmake *);

/*
 * The same in two steps, for who wants to look at the new table before it
 * counts: written, it lies whole at mapmake_written.  mapmake_write: 0, or -1
 * with errno, then abort; mapmake_switch frees the maker.
 */
int mapmake_write(struct mapmake *);
const char *mapmake_written(const struct mapmake *);
int mapmake_switch(struct mapmake *);

struct mapmake_entry {
	const char *key, *value;
	size_t key_len, value_len;
};

/*
 * Every entry of an existing table in its order.  0; -1 with errno (in words by
 * whole_reason) or what each returned if that is not 0.
 */
int mapmake_read(const char *path,
    int (*each)(const struct mapmake_entry *, void *arg), void *arg);

#endif
