/*
 * words - a command line parted into its words, for exec and no shell
 *
 * Blanks part words.  "..." and '...' hold blanks and anything else; in "..."
 * and outside of quotes a backslash takes the meaning from what follows it.
 * Nothing is expanded.  What would need a shell is refused rather than passed
 * on as an argument: ; & | < > ( ) $ ` and a line end, unless quoted ($ and `
 * in '...' only).  A first word "exec" is dropped, as smrsh does.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>

#define WORDS_MAX 256

struct words {
	size_t count;
	char *list[WORDS_MAX + 1]; /* ended by NULL, pointing into text */
	char *text;
};

/* NULL, or a constant that tells why it is no command: nothing to free. */
const char *words_split(const char *command, struct words *);
void words_free(struct words *);

#endif
