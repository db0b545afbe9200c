/*
 * cut - what is left of the tree if the power fails now
 */
#ifndef CUT_H
#define CUT_H

#include <stdbool.h>

#include "node.h"

/*
 * Write the view kept into a new folder, with owners and modes.  torn: of what
 * was not synced, each block and each folder's changes survive or do not, by
 * chance.  0 or an errno.
 */
int cut(const struct node *root, const char *path, bool torn);

#endif
