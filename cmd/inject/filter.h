/*
 * filter - inject run by hand: one message from standard input
 */
#ifndef FILTER_H
#define FILTER_H

#include "message.h"
#include "paths.h"

/*
 * Hand the question on standard input to the server if there is one, else
 * make the message durable here.  The answer goes to standard output: 0, 100
 * or 111.
 */
int filter(const struct paths *, const struct settings *);

#endif
