/*
 * mailer - mailertable: another way for mail to a domain that is not ours
 */
#ifndef MAILER_H
#define MAILER_H

#include "rhs.h"
#include "tables.h"

enum mailer_kind {
	MAILER_TEMP = -1, /* the table cannot be read: t->reason */
	MAILER_NONE,      /* no entry: the domain's own exchangers */
	MAILER_SMTP,  /* to host, or several; user, if set, is the address */
	MAILER_LOCAL, /* user is the address here, "" the same local part */
	MAILER_DISCARD,
	MAILER_ERROR
};

struct mailer {
	enum mailer_kind kind;
	char name[32]; /* as sendmail calls it, in lower case */
	char host[ADDR_SIZE];
	char user[ADDR_SIZE];
	struct rhs error;
};

/* Sets rule if there is an entry. */
void mailer_find(struct tables *t, const char *domain, struct mailer *,
    char rule[RULE_SIZE]);

/* Is it "host", "[host]" or "[address]", with or without ":port"? */
bool mailer_is_host(const char *);
/* Is it one of these, or several parted by colons? */
bool mailer_is_list(const char *);

#endif
