/*
 * reply - put a verdict into the words of an answer
 *
 * Every verdict is made here, by one function that takes the rule, so that none
 * can be without.
 */
#ifndef REPLY_H
#define REPLY_H

#include "judge.h"
#include "rhs.h"

/* A table cannot be read. */
#define REPLY_UNREADABLE                                                       \
	"451 4.3.0 Temporary system failure. Please try again later."

/* text: the reason of a HOLD, the whole reply, "" for the others. */
void reply(
    struct verdict *, enum verdict_kind, const char *text, const char *rule);
/*
 * text is "CODE D.S.N text"; "<address>... " goes before the text where
 * sendmail puts it (address NULL: never).
 */
void reply_text(
    struct verdict *, const char *address, const char *text, const char *rule);
void reply_error(struct verdict *, const char *address, const struct rhs *,
    const char *rule);
/* What the entry that was found says; reject is the reply to REJECT. */
void reply_entry(struct verdict *, const struct hit *, const char *address,
    const char *reject);

#endif
