/*
 * strain - a message from a pipe, made fit for the queue
 *
 * Lines may end in LF or CRLF and come out with LF.  A CR elsewhere becomes a
 * blank (it must not end a line anywhere down the road), NUL is refused, and
 * unless the caller said -i a line with a lone dot ends the message.
 */
#ifndef STRAIN_H
#define STRAIN_H

#include <stdbool.h>
#include <stddef.h>

#define STRAIN_CARRY 2 /* what may come out beyond what goes in */

struct strain {
	bool dots;  /* a lone dot ends */
	bool start; /* at the start of a line */
	bool dot;   /* held back: a dot there */
	bool cr;    /* held back: a CR */
	bool ended; /* the lone dot was seen */
};

void strain_init(struct strain *, bool dots);

/*
 * Bytes in, bytes out (room for len + STRAIN_CARRY).  The count of those; -1
 * for a NUL.  After the end nothing comes out.
 */
long strain_bytes(struct strain *, const char *in, size_t len, char *out);

#endif
