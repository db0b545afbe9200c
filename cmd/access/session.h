/*
 * session - a whole session asked in one go, by somebody who wants to know
 */
#ifndef SESSION_H
#define SESSION_H

#include "desk.h"

#define SESSION_RCPTS 1000

struct session {
	const char *address, *name, *reverse, *resolve, *helo;
	const char *from; /* NULL: it is about the client alone */
	const char *to[SESSION_RCPTS];
	size_t count;
};

/*
 * Prints each verdict with its rule and where that stands; if the desk is
 * verbose, each look-up before.  0 if all may pass, 1 if something is refused
 * for good, 75 if only for now.
 */
int session_ask(struct desk *, const struct session *);

#endif
