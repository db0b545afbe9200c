/*
 * record - the one format our programs speak and write
 *
 * A record is a list of "name=value" lines closed by an empty line:
 *
 *	request=smtpd_access_policy
 *	client_address=192.0.2.7
 *	recipient=ann@example.org
 *
 * Names are [a-z_]+ and may repeat; values are any bytes but LF and NUL.
 * "size=N", as the last name, says that N bytes of content follow the empty
 * line.  Unknown names are for the reader to ignore.  Each use has its own
 * limit on a record's length, given to record_init.  See record(5).
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define RECORD_QUESTION 16384    /* limit for a question or an answer */
#define RECORD_ENVELOPE 16777216 /* limit for a message's envelope */
#define RECORD_TAG      32       /* what a tag adds, see ask.h */

struct record {
	char *text;  /* "name=value\0name=value\0" */
	size_t len;  /* bytes used in text */
	size_t size; /* bytes allocated */
	size_t max;  /* limit on len, the closing empty line not counted */
};

/* An empty record that may grow to max bytes.  record_free gives it back. */
void record_init(struct record *, size_t max);
void record_free(struct record *);
void record_clear(struct record *);

/*
 * Append a field.  0, or -1 with errno EINVAL (a bad name, or a value with LF)
 * or EMSGSIZE (too long): then the record is as it was.
 */
int record_add(struct record *, const char *name, const char *value);
int record_addf(struct record *, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The first value of that name, or NULL.  Valid until the record changes. */
const char *record_get(const struct record *, const char *name);
/* The same, but "" where the name is absent. */
const char *record_text(const struct record *, const char *name);
/* A decimal value.  1 and *n; 0 if absent; -1 if it is no number <= max. */
int record_number(
    const struct record *, const char *name, uint64_t max, uint64_t *n);

/* The same for a value that is at hand: 1 or -1. */
int record_decimal(const char *value, uint64_t max, uint64_t *n);

/*
 * How much content follows: size=, if it is the last name.  1 and *n; 0 if
 * there is none; -1 if it is no number <= max.  (Postfix's policy protocol has
 * a size= in the middle, which means something else.)
 */
int record_content(const struct record *, uint64_t max, uint64_t *n);

/*
 * Walk all fields: start with *at = 0.  1 with *name (as "name=", not ended by
 * NUL: use record_is) and *value; 0 at the end.
 */
int record_walk(
    const struct record *, size_t *at, const char **name, const char **value);
/* Is the field that record_walk found called so? */
bool record_is(const char *found, const char *name);
/* Walk the values of one name: start with *at = 0.  NULL at the end. */
const char *record_each(const struct record *, const char *name, size_t *at);

/*
 * Parse the record at the start of bytes.  The number of bytes it took, the
 * empty line included; 0 if it is not complete yet; -1 with errno EPROTO
 * (malformed) or EMSGSIZE (longer than max).
 */
ssize_t record_parse(struct record *, const char *bytes, size_t len);

/* The record as it is sent: malloced, *len bytes, not ended by NUL. */
char *record_encode(const struct record *, size_t *len);

/*
 * On stdio.  record_read: 1 got it; 0 the peer closed before its first byte;
 * -1 errno is EPROTO, EMSGSIZE or read's.  Content is left in the stream.
 * record_print: 0 or -1; it does not flush.
 */
int record_read(FILE *, struct record *);
int record_print(FILE *, const struct record *);

/* Copy the first field of that name, if it is there and not empty. */
void record_copy(
    struct record *to, const struct record *from, const char *name);

#endif
