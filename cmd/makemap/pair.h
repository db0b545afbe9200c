/*
 * pair - one line of a table's source, as sendmail's makemap reads it
 *
 * "key value", parted by blanks or by one given character.  Pure.
 */
#ifndef PAIR_H
#define PAIR_H

#include <stdbool.h>
#include <stddef.h>

#define PAIR_SIZE 1024 /* bytes, the closing NUL counted */

struct pair_rules {
	char comment;   /* a line that begins with it is skipped */
	char separator; /* '\0': any blank */
	bool fold;      /* A-Z in keys become lower case */
	bool empty;     /* a key without a value is allowed */
};

struct pair {
	char *key, *value; /* in text */
	size_t key_len, value_len;
	const char *reason; /* why it is wrong */
	bool with_key;      /* the reason is told with the key */
};

/* 1: an entry; 0: nothing there; -1: wrong.  text is changed; no LF in it. */
int pair_parse(
    char *text, size_t len, const struct pair_rules *, struct pair *);

#endif
