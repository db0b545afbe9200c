/*
 * rcpts - addresses for the envelope
 */
#ifndef RCPTS_H
#define RCPTS_H

#include <stddef.h>

struct rcpts {
	size_t count, room;
	char **list;
};

/*
 * Add the addresses in a list (RFC 5322 3.4), with @me where there is no
 * domain.  0, or -1 and why (a constant).
 */
int rcpts_add(struct rcpts *, const char *text, size_t len, const char *me,
    const char **why);
/* Take those in drop out of from. */
void rcpts_remove(struct rcpts *from, const struct rcpts *drop);
void rcpts_free(struct rcpts *);

#endif
