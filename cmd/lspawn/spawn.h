/*
 * spawn - start the local of one account, as that account
 */
#ifndef SPAWN_H
#define SPAWN_H

#include <pwd.h>
#include <sys/types.h>

#include "fate.h"
#include "paths.h"

struct spawn {
	char program[PATH_SIZE]; /* local */
	gid_t mail;              /* the group of the spool, or (gid_t)-1 */
	const char *steward;     /* whose local does what aliases ask for */
};

/* program NULL: local in our own program's folder, else in LIBEXECDIR. */
void spawn_init(struct spawn *, const char *program);

/*
 * Fork, become the account, exec.  The other end of the new local's socket, and
 * its pid; or -1 and a fate that says which step failed.
 */
int spawn_local(
    const struct spawn *, const struct passwd *, pid_t *, struct fate *);

#endif
