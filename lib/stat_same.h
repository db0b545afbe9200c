/*
 * stat_same - is a file still the one that was read?
 */
#ifndef STAT_SAME_H
#define STAT_SAME_H

#include <stdbool.h>
#include <sys/stat.h>

/* The same file, of the same size, not written nor replaced in between. */
bool stat_same(const struct stat *, const struct stat *);

#endif
