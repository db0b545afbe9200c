/*
 * value - may a value stand in a table whose values become replies?
 *
 * access, and error: in virtusertable and mailertable.  Pure.
 */
#ifndef VALUE_H
#define VALUE_H

#include <stdbool.h>

/* Of no other table is a value ever wrong. */
bool value_is_reply(const char *table);

/*
 * NULL, or why not.  A text may begin with a reply code, and then it must be
 * 4xx or 5xx: 250 would say yes where the table says no.
 */
const char *value_check(const char *table, const char *value);

#endif
