/*
 * glue - texts, one behind the other
 *
 * What "%s%s" does in a tenth of the time: keys of tables are made of it, ten
 * for each question that is asked.
 */
#ifndef GLUE_H
#define GLUE_H

#include <stdbool.h>
#include <stddef.h>

/* The texts, of which the last is NULL.  false: cut to what fits. */
bool glue(char *to, size_t size, ...) __attribute__((sentinel));

#endif
