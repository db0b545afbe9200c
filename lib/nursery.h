/*
 * nursery - where the helpers of accounts come from
 *
 * A process that forks them when it is asked to, so that the program itself
 * need not, and may stand behind walls that passwd (NSS) could not live with.
 * It ends when its program does.
 */
#ifndef NURSERY_H
#define NURSERY_H

#define NURSERY_NAME     256
#define NURSERY_DEADLINE 10 /* seconds; a helper that needs more has ended */

/* Fork it.  The descriptor to ask it with, or -1 with errno. */
int nursery_new(void);

/*
 * A new helper, or -1 with errno.  Send it a name, shorter than NURSERY_NAME;
 * it sends back what nursery_ask says of that.
 */
int nursery_helper(int nursery);

/* 'y', 'n', or 'e': only a definite "not found" is a no.  Waits. */
char nursery_ask(const char *name);

#endif
