/*
 * text - strangers' words, put so that they end no line, field or part
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdio.h>

#define WORD_MAX 900 /* a longer word is cut; RFC 5322 2.1.1 allows 998 */

/* One byte: as it is, or \xHH.  How many columns it took. */
size_t put_byte(FILE *, char);
/* In words from this column on, folded with indent before each further line. */
void put_words(FILE *, size_t column, const char *indent, const char *text);
/* "Name: type; text", folded as a header field (RFC 3464 2.1.1). */
void put_field(FILE *, const char *name, const char *type, const char *text);
/* The same for an address: rfc822, or utf-8 (RFC 6533). */
void put_address(FILE *, const char *name, const char *address);

#endif
