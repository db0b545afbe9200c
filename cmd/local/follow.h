/*
 * follow - do what a .forward or an alias says
 *
 * Of a letter that waits because one part waits, the parts that are done are
 * not done again (memo.h).
 */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "alias.h"
#include "house.h"
#include "job.h"

/* Sets the fate, unless the own mailbox is all there is: then the job waits. */
void follow_forward(struct house *, const struct alias_items *, struct job *);

/*
 * The alias that the job names, with the lists that it includes.  Its programs
 * and files only if we are the steward; from a list of somebody who is neither
 * we nor root only addresses.
 */
void follow_alias(struct house *, struct job *);

#endif
