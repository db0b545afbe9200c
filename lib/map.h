/*
 * map - look-ups in a compiled table (CDB), which may change under us
 *
 * NAME.cdb is made by makemap.  A map that was replaced is opened anew at the
 * next look-up; where neither it nor its source NAME is there, it is empty. One
 * that is missing beside its source, damaged, truncated, foreign or a file of
 * no bytes is an error until it is mended, never empty.  One that is older than
 * its source is told in the log, once for each change of the source.
 */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>
#include <stddef.h>

struct map;

#define MAP_VALUE 4096

/* DIR/NAME.cdb.  Never fails: look-ups tell. */
struct map *map_open(const char *dir, const char *name);
void map_close(struct map *);
/*
 * The value of key, which is compared as it stands (keys are lower case), with
 * or without a trailing NUL on either side.  1 found and in value; 0 not there;
 * -1 with errno, and map_reason tells which file and why.
 */
int map_find(struct map *, const char *key, char value[MAP_VALUE]);
const char *map_reason(const struct map *);
/* The same for a value of any length, malloced. */
int map_load(struct map *, const char *key, char **value);
/*
 * Look whether the file is another one than before.  true: that need not be
 * done again until something in its folder has changed.
 */
bool map_look(struct map *);
/*
 * While it is held, look-ups use the table as it was found last, so that one
 * question is answered from one state (and without a stat each).
 */
void map_hold(struct map *, bool held);
/*
 * Every entry, in the table's order; each returns 0 to go on.  0, what each
 * returned, or -1 as map_find.
 */
int map_each(struct map *,
    int (*each)(const char *key, const char *value, void *arg), void *arg);
/* Another number each time that another table was opened. */
unsigned long map_version(struct map *);
/* Is there such a file (even if broken)? */
bool map_exists(struct map *);
const char *map_name(const struct map *);

#endif
