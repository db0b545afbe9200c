/*
 * judge - the verdict on a client, a sender or a recipient
 *
 * sendmail's check_relay, check_mail and check_rcpt.  A pure function of the
 * question and the tables; what only the system knows, whether an account or a
 * domain exists, it asks its caller.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "accounts.h"
#include "domains.h"
#include "feature.h"
#include "look.h"
#include "question.h"

enum verdict_kind {
	VERDICT_PASS,    /* nothing against it: DUNNO */
	VERDICT_RELAY,   /* relaying is granted: OK */
	VERDICT_DISCARD, /* take it and throw the message away */
	VERDICT_HOLD,    /* take it and keep the message in the queue */
	VERDICT_REPLY    /* refuse it, for good or for now */
};

#define ACTION_SIZE 2048

struct verdict {
	enum verdict_kind kind;
	char action[ACTION_SIZE];
	char rule[RULE_SIZE]; /* never empty */
};

struct limits;

struct judge {
	struct look look;
	unsigned features;
	enum account (*account)(const char *name, void *arg);
	enum domain (*domain)(const char *name, void *arg);
	const struct limits *limits; /* NULL: nobody counts connections */
	void *arg;
};

/*
 * 1 and the verdict; 0: the caller said ACCOUNT_PENDING or DOMAIN_PENDING, ask
 * again when it is known; -1: a table cannot be read (the reason is in look.t),
 * and the verdict is a reply that says to try later.
 */
int judge(struct judge *, const struct question *, struct verdict *);

#endif
