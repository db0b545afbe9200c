/*
 * source - where in its text file an entry of a table stands
 *
 * Only for telling people (access -v, route -v): what counts is the compiled
 * table.
 */
#ifndef SOURCE_H
#define SOURCE_H

/*
 * The line of DIR/TABLE (no .cdb) that holds key, from 1; 0 if there is none.
 * aliases is read as "name: list", everything else as "key value".
 */
unsigned source_line(const char *dir, const char *table, const char *key);

#endif
