/*
 * door - whose local may be started, and who owns a mailbox
 */
#ifndef DOOR_H
#define DOOR_H

#include <pwd.h>
#include <stdbool.h>

#include "account.h"
#include "fate.h"
#include "map.h"
#include "peer.h"
#include "roster.h"

struct door {
	struct map *mailboxes, *aliases;
	/*
	 * The account that runs programs and writes files for the aliases:
	 * conf/default-user, else the first there is of sendmail's; for those
	 * who are not root the caller.  "" if there is none.
	 */
	char steward[ACCOUNT_SIZE];
	struct peers barred; /* postern's own users, never a recipient */
	struct roster roster;
};

void door_open(struct door *, const char *confdir);

/*
 * The account that owns the mailbox of a user: by the table mailboxes, else the
 * account of that name.  Done; failed only if there is neither; deferred if the
 * table or the account's own source cannot be asked now.
 */
void door_owner(
    struct door *, const char *user, char owner[ACCOUNT_SIZE], struct fate *);

/*
 * The account that follows an alias: who owns the lists that it includes, if it
 * is one and the alias names no program or file; else the steward.  Done, or
 * deferred.
 */
void door_alias(
    struct door *, const char *alias, char owner[ACCOUNT_SIZE], struct fate *);

/*
 * The account, if its local may run: not root, not postern's own, and for those
 * who are not root themselves only the caller's.  NULL and a fate; else valid
 * until the next call.
 */
const struct passwd *door_account(
    struct door *, const char *name, struct fate *);

#endif
