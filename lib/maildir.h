/*
 * maildir - a mailbox that is a folder, one file a message
 *
 * A message is written to tmp/, synced, moved into new/, and new/ is synced:
 * so it is in new/ whole or not at all.  No locks.  The folder must be ours; it
 * and its parts are made, mode 0700, if they are missing.
 */
#ifndef MAILDIR_H
#define MAILDIR_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "fate.h"
#include "letter.h"

/*
 * Deliver each letter and set its fate; new/ is synced once for all of them.
 * One that cannot be written is deferred alone, and leaves nothing behind.
 */
void maildir_deliver(
    const char *path, struct letter *const list[], size_t count);

/* A name no other delivery has: the host's / and : are written \057, \072. */
#define MAILDIR_NAME 256
void maildir_name(char out[MAILDIR_NAME], const struct timespec *now, pid_t pid,
    unsigned count, const char *host);

#endif
