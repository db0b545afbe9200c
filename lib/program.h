/*
 * program - give a letter to a program
 *
 * The command of a .forward is the user's own writing and runs by /bin/sh -c;
 * that of an alias is parted into words (words.h) and runs without a shell.
 * Nothing that a stranger wrote is in either.  What a stranger wrote is on
 * standard input, and in the environment only with its odd bytes replaced.  See
 * forward(5), aliases(5).
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "fate.h"
#include "letter.h"

#define PROGRAM_OUTPUT 4096 /* of what it says, the rest is thrown away */

#define PROGRAM_DATA 1073741824 /* bytes of memory it may have */

struct program {
	const char *command;
	bool shell;
	const char *account;
	const char *home;
	unsigned seconds; /* the longest it may take */
};

/* Run it to its end and set the fate. */
void program_run(const struct program *, const struct letter *, struct fate *);

/* --- pure ------------------------------------------------------------------
 */

/* What a wait(2) status means; output is what it said, ended by NUL. */
void program_judge(int status, const char *output, struct fate *);

/*
 * An address for the environment: letters, digits and "!@%-_=+:,./" stay, the
 * rest becomes '_', and so does a '-' at its beginning, since a command may use
 * it as an argument.  out has size bytes; cut to fit.
 */
void program_tame(char *out, size_t size, const char *text);

#endif
