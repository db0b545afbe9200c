/*
 * source - where in its text file an entry of a table stands
 *
 * Only for telling people (access -v, route -v): what counts is the compiled
 * table.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>

/*
 * The line of DIR/TABLE (no .cdb) that holds key, from 1; 0 if there is none,
 * or if the text is newer than the compiled table, so that its lines may not be
 * those that count.  aliases is read as "name: list", all else as "key value".
 */
unsigned source_line(const char *dir, const char *table, const char *key);
/*
 * The same as words: "DIR/TABLE:12", or "DIR/TABLE.cdb" and, if the text is
 * newer, that; "" if there is neither.
 */
void source_place(char *out, size_t size, const char *dir, const char *table,
    const char *key);

#endif
