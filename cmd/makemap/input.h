/*
 * input - standard input, line by line, where it lies in a large buffer
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "pair.h"

struct input {
	size_t at, end; /* of what was read and not taken yet */
	bool over;
	char buffer[131072 + 1];
};

#define INPUT_LINE  1
#define INPUT_PIECE 2 /* of a longer line: PAIR_SIZE - 1 bytes */

/*
 * The next one; 0: there is none; -1 with errno.  *text may be written to, and
 * is valid until the next call.  A line has a NUL in place of its LF.
 */
int input_line(struct input *, char **text, size_t *len);

#endif
