/*
 * gather - the entries of a table in the making, and the CDB made of them
 *
 * An entry's bytes go to where they stay, behind the place of the head; memory
 * holds 12 bytes for each.  Keys that come twice are found when the hash tables
 * are made, where equal hashes meet; then what does not count is taken out of
 * the file.  So ten million keys take some 150 MB whatever their length, and
 * nothing is ever looked up at random in a file.
 */
#ifndef GATHER_H
#define GATHER_H

#include "mapmake.h"

struct gather;

/* The table goes to the file, which is empty. */
struct gather *gather_new(int fd);
void gather_free(struct gather *);

/* As mapmake_put, with the line that mapmake_line told. */
int gather_put(struct gather *, const struct mapmake_entry *,
    enum mapmake_double, unsigned line);

/*
 * Write the rest, once and last.  Every byte is read back and compared, by its
 * XXH3, with what was to be written, and then sealed.  0, or -1 with errno; EIO
 * if the file does not hold what was written to it.
 */
int gather_write(struct gather *, mapmake_told *, void *arg);

#endif
