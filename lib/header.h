/*
 * header - the fields at the head of a message (RFC 5322 2.2)
 *
 * Pure functions over a message's text, whose lines end in LF.  A field begins
 * with a name of printable characters and a colon (blanks before the colon are
 * the obsolete syntax and count), and goes on in the lines after it that begin
 * with a blank.  The header ends before the first line that is neither: mostly
 * the empty one.
 */
#ifndef HEADER_H
#define HEADER_H

#include <stdbool.h>
#include <stddef.h>

#define HEADER_HOPS 50 /* more Received lines than this are a loop */

/* A field as it stands in the text; nothing is copied. */
struct header_field {
	const char *text; /* the whole field, its last LF included */
	size_t len;
	size_t name_len; /* the name is at the start of text */
	const char
	    *value; /* behind the colon, folds and all, without last LF */
	size_t value_len;
};

/*
 * Walk the fields: start with *at = 0.  1 and the field, *at behind it; 0: no
 * more, and *at is where the header ends.
 */
int header_next(
    const char *text, size_t len, size_t *at, struct header_field *);

/* Is it the field of that name, in whatever case? */
bool header_is(const struct header_field *, const char *name);

/*
 * Length of the field name at the start of a line, or 0 if the line begins no
 * field.  Blanks between name and colon are not counted.
 */
size_t header_name(const char *line, size_t len);

/* How many fields of that name does the header have? */
size_t header_count(const char *text, size_t len, const char *name);

/* The value unfolded and without blanks around it: malloced, never NULL. */
char *header_value(const struct header_field *);

#endif
