/*
 * spellings - how strangers ask for relaying, and from where
 */
#ifndef SPELLINGS_H
#define SPELLINGS_H

#include <stddef.h>

#include "paths.h"
#include "trial.h"

#define SPELLING_FAMILIES 2
#define SPELLING_NETS     4 /* addresses of each family, far from each other */

size_t spellings_count(void);
/*
 * Recipient number i, asked from address number net of a family.  NULL if that
 * family has no such; me is this host's name.
 */
const struct trial *spelling(
    size_t i, unsigned family, unsigned net, const char *me, struct trial *);

#endif
