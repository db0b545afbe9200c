/*
 * gather - the entries of a table in the making, and the CDB made of them
 *
 * The entries' bytes go to a file without a name; memory holds 8 bytes for
 * where each stands and at most 11 for the index that finds it by its key, so
 * that ten million keys take some 200 MB whatever their length.
 */
#ifndef GATHER_H
#define GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "mapmake.h"

struct gather;

/* NULL with errno.  The file without a name lies in folder. */
struct gather *gather_new(const char *folder);
void gather_free(struct gather *);

/*
 * As mapmake_put: 0 or 1; -1 with errno, EFBIG if the table grows beyond what
 * a CDB can hold.
 */
int gather_put(
    struct gather *, const struct mapmake_entry *, enum mapmake_double);
size_t gather_count(const struct gather *);

/*
 * Write the table with its seal to an empty file, once and last: only the count
 * is left afterwards.  0 and the table's XXH3, or -1 with errno.
 */
int gather_write(struct gather *, int fd, uint64_t *hash);

#endif
