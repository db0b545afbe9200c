/*
 * reply - what an SMTP server says, from bytes; pure
 *
 * A reply is one line or more (RFC 5321 4.2.1); the last one's code counts.
 * The text is kept for people: printable ASCII only, bounded, one line.
 */
#ifndef REPLY_H
#define REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define REPLY_LINE  4096 /* a line at most; RFC 5321 4.5.3.1.5 has 512 */
#define REPLY_LINES 512
#define REPLY_TEXT  512
#define STATUS_SIZE 12

enum reply_event {
	REPLY_MORE, /* all bytes are used, and it is not complete */
	REPLY_PART, /* a line that is not the last; see words */
	REPLY_LAST, /* the last line: code, status and text are complete */
	REPLY_BAD   /* this is no SMTP */
};

struct reply {
	int code;                 /* 200 to 599 */
	char status[STATUS_SIZE]; /* RFC 2034: "5.1.1"; "" if there is none */
	char text[REPLY_TEXT];    /* code and words of all lines */
	const char *words;        /* this line's, behind the code */
	bool mixed;               /* the lines' codes differ */
	size_t lines;
	size_t len;
	char line[REPLY_LINE + 1];
};

void reply_begin(struct reply *);
/* Take bytes up to the end of a line; *used is how many. */
enum reply_event reply_feed(
    struct reply *, const char *bytes, size_t len, size_t *used);

#endif
