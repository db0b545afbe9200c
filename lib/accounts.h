/*
 * accounts - does an account exist, without waiting for whoever knows
 *
 * passwd may be a network away (NSS), so a few helper processes ask it, with a
 * deadline; answers are remembered for a short while.  Without an event base
 * the question is asked at once and waited for, as a filter may.
 */
#ifndef ACCOUNTS_H
#define ACCOUNTS_H

#include <event2/event.h>

enum account {
	ACCOUNT_NO, /* it definitely does not */
	ACCOUNT_YES,
	ACCOUNT_ERROR,  /* cannot be found out now */
	ACCOUNT_PENDING /* known() will be called; then ask again */
};

struct accounts;

/*
 * base NULL: wait.  known is called with the name whose answer has come; the
 * helpers are forked at once, so before much else is open.
 */
struct accounts *accounts_new(struct event_base *base,
    void (*known)(const char *name, void *arg), void *arg);
void accounts_free(struct accounts *);
enum account accounts_ask(struct accounts *, const char *name);

#endif
