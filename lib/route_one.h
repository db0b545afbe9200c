/*
 * route_one - where one address goes, aliases not followed
 *
 * sendmail's rulesets 3 and 0: canonical form, virtusertable, then ours or
 * mailertable, relayhost, the domain's exchangers.  access asks it as well, for
 * the errors that an address meets before any other rule.
 */
#ifndef ROUTE_ONE_H
#define ROUTE_ONE_H

#include "rhs.h"
#include "route.h"
#include "tables.h"

/*
 * between tables_begin and tables_end.  0; -1 with t->reason: try later.
 * virtual: look into virtusertable too.
 */
int route_one(
    struct tables *t, const char *text, bool virtual, struct target *);

/* A malloced copy. */
char *route_copy(const char *text);
/* Targets of one kind, every field copied.  recipient "" or NULL: none. */
void target_local(
    struct target *, struct tables *t, const char *local, const char *domain);
void target_error(struct target *, const char *recipient, const struct rhs *,
    const char *rule);

/*
 * The alias of a local user: user+extension, user+*, user.  1 and value
 * (malloced) and name, the entry's; 0; -1.
 */
int route_alias(struct tables *t, const struct target *, char **value,
    char name[RULE_SIZE]);
/* The user who gets postmaster's and mailer-daemon's mail, or NULL. */
const char *route_stand_in(const char *user);

#endif
