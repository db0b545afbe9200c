/*
 * quoting - strings, comments and brackets in addresses, as RFC 5322 has them
 *
 * A string is "...", with backslashes; comments nest; in <...> a comma is a
 * route's.  None of them goes over a line end.
 */
#ifndef QUOTING_H
#define QUOTING_H

#include <stdbool.h>
#include <stddef.h>

/* A blank, or CR; not LF. */
bool quoting_blank(char);
/* from and to without the blanks at both ends. */
void quoting_trim(const char **from, const char **to);
/* Malloced and ended by NUL. */
char *quoting_copy(const char *from, size_t len);

/* Past what opens at p, or NULL if it does not close before end or LF. */
const char *quoting_string(const char *p, const char *end);
const char *quoting_comment(const char *p, const char *end);
const char *quoting_angle(const char *p, const char *end);

/*
 * The address in from..to without comments, phrase and the blanks around, into
 * out, which has room for all of it and a NUL.
 */
void quoting_bare(const char *from, const char *to, char *out);

#endif
