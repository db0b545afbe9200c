/*
 * seen - a set of addresses, whatever their case
 *
 * Starts as a NULL pointer that the caller holds.
 */
#ifndef SEEN_H
#define SEEN_H

#include <stdbool.h>

/* true if it is new. */
bool seen_add(void **set, const char *address);
void seen_free(void **set);

#endif
