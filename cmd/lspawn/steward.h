/*
 * steward - who runs programs and writes files for the aliases
 */
#ifndef STEWARD_H
#define STEWARD_H

#include "account.h"

/*
 * conf/default-user, else the first there is of mailnull, sendmail, daemon and
 * nobody; for a caller who is not root the caller.  "" if there is none: never
 * root, nor whose group is mail.
 */
void steward_find(const char *confdir, char steward[ACCOUNT_SIZE]);

#endif
