/*
 * box - letters into a mailbox
 */
#ifndef BOX_H
#define BOX_H

#include <stddef.h>

#include "house.h"
#include "job.h"

/* Into the job's mailbox, all of them; each gets its fate. */
void box_fill(
    struct house *, const struct job *, struct letter *const list[], size_t);
/* The same for a path: an mbox, a Maildir if it ends in a slash, /dev/null. */
void box_fill_path(const char *path, struct letter *const list[], size_t);

#endif
