/*
 * dotlock - the lock file NAME.lock, as mail readers know it
 *
 * It holds "PID HOST": readers that know the old form read the number.  A lock
 * left by a process of this host that is gone may be taken away at once, even
 * if a younger process (after a reboot, say) has its number; any other when it
 * is older than DOTLOCK_STALE.
 */
#ifndef DOTLOCK_H
#define DOTLOCK_H

#include <stdbool.h>
#include <time.h>

#include "paths.h"

#define DOTLOCK_STALE 300 /* seconds */

struct dotlock {
	bool held;
	char path[PATH_SIZE];
};

/*
 * Try once.  1: it is ours.  0: another holds it.  -1 with errno: EACCES or
 * EPERM if we may not create it there, ELOOP if the name is taken by something
 * that is no file, or what open(2) says.
 */
int dotlock_take(struct dotlock *, const char *file);
void dotlock_release(struct dotlock *);

/*
 * Pure: may a lock of that age, whose text is "PID HOST", be taken away? lives:
 * is there a process of that number that is as old?
 */
bool dotlock_is_stale(const char *text, const char *host, time_t age,
    bool (*lives)(long pid, time_t age));

#endif
