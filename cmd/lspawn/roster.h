/*
 * roster - accounts that were asked for lately
 *
 * qmgr asks who owns a mailbox, then for the owner's local, and again with the
 * next message; passwd may be long, or a network away.  Only accounts that
 * exist are remembered, so a new one counts at once; one that changes, or goes,
 * ROSTER_LIFETIME seconds later.
 */
#ifndef ROSTER_H
#define ROSTER_H

#include <pwd.h>
#include <time.h>

#define ROSTER_LIFETIME 10
#define ROSTER_SIZE     1024

struct roster {
	struct {
		struct passwd pw; /* name NULL: nobody's */
		time_t until;
	} seats[ROSTER_SIZE];
};

/* Start with all zero.  The account, valid until the next call, or NULL. */
const struct passwd *roster_find(struct roster *, const char *name, time_t now);
/* Remember it: name, ids and home.  Who had its seat is forgotten. */
void roster_keep(struct roster *, const struct passwd *, time_t now);
void roster_empty(struct roster *);

#endif
