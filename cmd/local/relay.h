/*
 * relay - send a letter on to other addresses, through inject
 */
#ifndef RELAY_H
#define RELAY_H

#include <stddef.h>

#include "fate.h"
#include "forward.h"
#include "letter.h"

/*
 * One new message for all of the addresses, its sender kept, with Delivered-To
 * in front so that a circle of .forward files ends.  me: the domain of those
 * that have none.
 */
void relay(const char *socket, const char *me, const struct letter *,
    const struct place *, size_t count, struct fate *);

#endif
