/*
 * reply - put a verdict into the words of an answer
 */
#ifndef REPLY_H
#define REPLY_H

#include "judge.h"
#include "rhs.h"

/* Nothing against it. */
void reply_pass(struct verdict *);
void reply_relay(struct verdict *, const char *rule);
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
