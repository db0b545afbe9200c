/*
 * progress - a line on a terminal that tells how far a long run is
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct progress {
	const char *program, *name;
	bool terminal; /* else nothing is ever said */
	bool shown;
	struct timespec next;
};

void progress_start(struct progress *, const char *program, const char *name);
/* So many lines are read; shown a few times a second, from the first on. */
void progress_lines(struct progress *, size_t lines);
void progress_say(struct progress *, const char *what);
/* Take it off the screen, as before another message. */
void progress_clear(struct progress *);

#endif
