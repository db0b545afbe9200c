/*
 * keeper - the one process that may use group mail
 *
 * The group opens every mailbox of the spool, so it is kept by a process that
 * never sees mail, a name from outside or any file but the account's own spool
 * file and its dot lock: it opens and locks that file, and hands the descriptor
 * over.  Who reads letters, a .forward or the tables, and who runs programs,
 * has dropped the group for good before.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <sys/types.h>

#include "fate.h"
#include "paths.h"

struct keeper {
	int fd; /* to it; -1 when it is gone */
	pid_t pid;
};

/*
 * First thing in main: put the effective group aside (it stays the saved one)
 * until the keeper takes it.
 */
void keeper_set_aside(void);
/* Start it for a spool file, then drop the group for good.  Exits 111. */
void keeper_start(struct keeper *, const char *spool, const struct paths *);

/* The spool file, open, locked and to be closed; -1 and a fate. */
int keeper_open(struct keeper *, struct fate *);
/* Unlock it: at once, or with the next batches that come within a moment. */
void keeper_shut(struct keeper *);

#endif
