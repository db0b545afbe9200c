/*
 * fate - what became of a delivery: class, status and a line of text
 *
 * The vocabulary of every answer: done, deferred (later may be better), failed
 * (never), with an RFC 3463 status and the reason in words.
 */
#ifndef FATE_H
#define FATE_H

#include "record.h"

#define FATE_TEXT 512

enum fate_class { FATE_DONE, FATE_DEFERRED, FATE_FAILED };

struct fate {
	enum fate_class class;
	char status[12];
	char text[FATE_TEXT]; /* one line, no control bytes */
};

/* The text is cut to fit, and what could break a line becomes '?'. */
void fate_set(struct fate *, enum fate_class, const char *status,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/*
 * Deferred, for the reason in errno: 4.2.2 where a quota or file limit is
 * reached, 4.3.1 where a disk is full, else 4.3.0.  A reason that may go away
 * is never a failure.  what: the file, or what was tried.
 */
void fate_errno(struct fate *, const char *what);
const char *fate_name(enum fate_class);
/* The fields class, status and text. */
void fate_tell(const struct fate *, struct record *);
/* Read them back; a record without a known class is deferred. */
void fate_hear(struct fate *, const struct record *);

#endif
