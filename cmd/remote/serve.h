/*
 * serve - remote on a socket, for qmgr
 */
#ifndef SERVE_H
#define SERVE_H

#include "deliver.h"
#include "peer.h"

/*
 * Answer these peers on fd, which listens, until TERM or INT; then finish what
 * is in hand for a few seconds.
 */
void serve(const struct deliver_world *, int fd, const struct peers *);

#endif
