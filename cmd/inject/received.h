/*
 * received - the trace line that inject puts before a message
 *
 * RFC 5321 4.4.  Pure, but for the time zone.  What a client said of itself is
 * put down only as far as it looks like a name; the rest becomes '?'.
 */
#ifndef RECEIVED_H
#define RECEIVED_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#define RECEIVED_SIZE 2048

struct received {
	const char *helo, *name, *address; /* of the client; address "": none */
	const char *protocol;              /* ESMTP, SMTP */
	uid_t uid;                         /* who called, if no client */
	const char *me, *id;
	const char *recipient; /* NULL unless there is only one */
	time_t when;
};

/* The folded line, LF at the end of each part: its length. */
size_t received_format(char out[RECEIVED_SIZE], const struct received *);

#endif
