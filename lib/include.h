/*
 * include - a list with all that it includes
 *
 * For aliases and .forward.  A file must be regular, with one name, not
 * writable by group or others, and nobody but root and its owner may be able to
 * put another in its place (trail.h).  From a file of somebody who is neither
 * we nor root only addresses are taken.  A file is read once; a list that
 * includes itself, or goes deeper than INCLUDE_DEPTH, is a fault.
 */
#ifndef INCLUDE_H
#define INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include "alias.h"
#include "fate.h"

#define INCLUDE_DEPTH  10
#define INCLUDE_FAULTS 20 /* that are told */

struct include_rules {
	const char *name; /* of the list at the top, for reasons */
	size_t items;     /* at most, in all */
	size_t bytes;     /* at most, of all files */
};

/*
 * What there is to do, and what cannot be done: a file that cannot be opened
 * (5.2.4, with sendmail's words; 4.2.4 if that may pass), a line that is none
 * (5.1.3), a program in a stranger's file (5.7.1), a circle (5.4.6).  One fault
 * keeps nothing else from being done.
 */
struct included {
	struct alias_items items; /* without ALIAS_INCLUDE */
	size_t nfaults;
	struct fate faults[INCLUDE_FAULTS];
};

void include_all(const struct alias_items *, const struct include_rules *,
    struct included *);
void included_free(struct included *);

#endif
