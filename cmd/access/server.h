/*
 * server - answer everyone who connects to the socket
 */
#ifndef SERVER_H
#define SERVER_H

#include "paths.h"
#include "walls.h"

/* Until TERM, behind the walls.  The exit status. */
int serve(const struct paths *, const struct walls *);

#endif
