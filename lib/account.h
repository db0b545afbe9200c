/*
 * account - names of users, and the table mailboxes
 *
 * Each line of the table, "NAME PATH OWNER", gives a name a mailbox of its own,
 * with or without an account of that name: PATH is an mbox or, if it ends in a
 * slash, a Maildir; OWNER is the account that writes it.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "map.h"
#include "paths.h"

#define ACCOUNT_SIZE 129 /* a name, with its NUL */

struct account_mailbox {
	char path[PATH_SIZE];
	char owner[ACCOUNT_SIZE];
};

/*
 * May a program use it as part of a path and as an argument?  No slash, colon,
 * backslash, quote, blank or control byte, no leading '-' or '.', no ".lock" at
 * its end (a spool file of that name would be another's lock), and not too
 * long.
 */
bool account_name(const char *);

/* A line's value, "PATH OWNER".  0, or -1 if it makes no sense. */
int account_parse(const char *value, struct account_mailbox *);

/*
 * The name's line.  1; 0 none; -1 the table is broken or the line makes no
 * sense: why says so.
 */
int account_mailbox(struct map *, const char *name, struct account_mailbox *,
    char *why, size_t size);

#endif
