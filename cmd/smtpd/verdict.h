/*
 * verdict - what access says to a question
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "record.h"

enum verdict_kind {
	VERDICT_PASS,
	VERDICT_DISCARD,
	VERDICT_HOLD,  /* text: why */
	VERDICT_REFUSE /* text: the whole reply */
};

struct verdict {
	enum verdict_kind kind;
	const char *text;
	const char *rule;
};

/*
 * Read an answer; the pointers point into it.  NULL, or one that makes no
 * sense, is a refusal for now: silence never lets anything pass.
 */
void verdict_read(struct verdict *, const struct record *answer);

#endif
