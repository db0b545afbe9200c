/*
 * memo - which parts of a letter are done, while another part waits
 *
 * A .forward may name several places.  If one of them defers after another was
 * done, the letter comes again; what is noted here is not done twice.  It lives
 * as long as this process: a crash may repeat a delivery, it never loses one.
 */
#ifndef MEMO_H
#define MEMO_H

#include <stdbool.h>
#include <stddef.h>

#include "fate.h"
#include "letter.h"

#define MEMO_MAX 4096 /* notes; the oldest gives way */

struct memo {
	size_t count;
	struct note {
		char *letter; /* id and recipient */
		char *part;
		struct fate fate;
	} notes[MEMO_MAX];
};

/* Note what became of a part.  A letter without an id is not noted. */
void memo_add(struct memo *, const struct letter *, const char *part,
    const struct fate *);
const struct fate *memo_find(
    const struct memo *, const struct letter *, const char *part);
/* The letter is finished. */
void memo_drop(struct memo *, const struct letter *);

#endif
