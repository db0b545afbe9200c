/*
 * master - the parent of the workers
 *
 * It listens, gives up root, and keeps one worker a core alive.  It never sees
 * a byte of SMTP, and does not wait for its workers when it ends: they see
 * that, and drain, while the next master listens beside them.
 */
#ifndef MASTER_H
#define MASTER_H

#include "config.h"
#include "paths.h"
#include "walls.h"

/* Into the folder that holds the partners' sockets, as pnsmtpd. */
void master_drop(const struct paths *);
/* The walls are the workers'; its own differ in that it forks. */
void master_run(struct config *, const struct paths *, const struct walls *)
    __attribute__((noreturn));

#endif
