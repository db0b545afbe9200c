/*
 * house - the one account that this local delivers for
 */
#ifndef HOUSE_H
#define HOUSE_H

#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>

#include "account.h"
#include "class.h"
#include "keeper.h"
#include "letter.h"
#include "map.h"
#include "memo.h"
#include "paths.h"

#define HOUSE_BATCH 100 /* letters at once */

struct house {
	char account[ACCOUNT_SIZE];
	char home[PATH_SIZE];
	char spool[PATH_SIZE]; /* the account's own spool file */
	char inject[PATH_SIZE];
	char me[256];
	struct paths paths;
	struct map *mailboxes, *aliases;
	bool steward; /* programs and files of the aliases are ours to do */
	struct class *ours; /* NULL until it is asked */
	struct keeper keeper;
	struct memo memo;
	/* Called for the letters of a batch, in order, once their fate is set.
	 */
	void (*answer)(struct letter *const[], size_t count, void *arg);
	void *arg;
};

/*
 * Starts the keeper, and so drops group mail; nothing but the account's entry
 * in passwd may have been read before.
 */
void house_open(struct house *, const struct passwd *);

/*
 * Deliver the letters, HOUSE_BATCH at most, set the fate of each and answer:
 * those for one mailbox together, under one lock and with one sync; each that
 * goes elsewhere as soon as it has, so that the asker sees that we live.
 */
void house_deliver(struct house *, struct letter *const list[], size_t count);

#endif
