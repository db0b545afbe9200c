/*
 * logline - a line of our logs, taken apart again (see log.h); no I/O
 *
 * What a supervisor or syslog puts in front of it is passed over.
 */
#ifndef LOGLINE_H
#define LOGLINE_H

#include <stdbool.h>
#include <stddef.h>

#define LOGLINE_FIELDS 32

struct logline {
	const char *event;
	size_t count;
	struct {
		const char *name, *value;
	} fields[LOGLINE_FIELDS];
};

/*
 * Takes the text apart in place.  false if it is no such line; bytes that a
 * value cannot have (LF, NUL) become "?".
 */
bool logline_parse(char *text, struct logline *);
/* The first value of that name, or NULL. */
const char *logline_get(const struct logline *, const char *name);

#endif
