/*
 * judge - the verdict on a client, a sender or a recipient
 *
 * sendmail's check_relay, check_mail and check_rcpt.  A pure function of the
 * question and the tables; what the system alone knows, whether an account
 * exists, it asks its caller.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "accounts.h"
#include "look.h"
#include "question.h"

#define ACTION_SIZE 2048

struct verdict {
	char action[ACTION_SIZE];
	char rule[RULE_SIZE];
};

struct judge {
	struct look look;
	bool relay_mail_from; /* a sender's address may grant relaying */
	enum account (*account)(const char *name, void *arg);
	/*
	 * Rates and counts: asked of a client for which no entry said OK or
	 * RELAY.  1 with the verdict; 0: nothing against it; -1: a table cannot
	 * be read.  NULL: nobody counts.
	 */
	int (*count)(struct judge *, const struct question *, struct verdict *);
	void *arg;
};

/*
 * 1 and the verdict; 0: the caller's account() said ACCOUNT_PENDING; -1: a
 * table cannot be read (the reason is in look.t), and the verdict is a reply
 * that says to try later.
 */
int judge(struct judge *, const struct question *, struct verdict *);

#endif
