/*
 * server - answer everyone who connects to the socket
 */
#ifndef SERVER_H
#define SERVER_H

#include "paths.h"

/* Until TERM.  The exit status. */
int serve(const struct paths *);

#endif
