/*
 * body - a message as it goes over the wire (RFC 5321 2.3.8, 4.5.2); pure
 *
 * Every LF becomes CRLF, a dot that begins a line is doubled, and a CR that
 * stands alone becomes a blank: the end of the data is the one that body_end
 * writes, and nothing in a message can look like it to any server.
 */
#ifndef BODY_H
#define BODY_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>

struct body {
	bool start; /* of a line */
	bool cr;    /* one was read, and is not decided */
};

void body_begin(struct body *);
void body_add(struct body *, const char *bytes, size_t len, struct evbuffer *);
/* CRLF if the last line has none, then the dot. */
void body_end(struct body *, struct evbuffer *);

#endif
