/*
 * stage - a copy of the configuration, made of links, in which the new map
 * stands in the old one's place
 */
#ifndef STAGE_H
#define STAGE_H

#include <stdbool.h>

#include "paths.h"

struct stage {
	char dir[PATH_SIZE];  /* of its own, in TMPDIR or /tmp */
	char conf[PATH_SIZE]; /* in it */
	bool incomplete;      /* another table is missing, or not whole */
	char lacking[PATH_SIZE + 64]; /* which one */
};

/*
 * map is the new TABLE.cdb for the folder conf.  0, or -1 with errno.  The
 * texts of tables are left out: what counts is what is compiled.
 */
int stage_make(
    struct stage *, const char *conf, const char *table, const char *map);
void stage_remove(const struct stage *);

#endif
