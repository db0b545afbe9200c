/*
 * addr - what an address means
 *
 * addr_parse is strict: an RFC 5321 Mailbox or nothing.  addr_canon reads what
 * sendmail's rulesets 3 and 0 read, so that the tables see the same address
 * that they saw there: comments and <> dropped, a source route stripped, a!b
 * and a%b turned into b@a and a@b, localhost and our own [address] named, and
 * an address at a domain of ours that holds a further one replaced by that.
 * Both are pure; what addr_canon must know of domains it asks its world.
 */
#ifndef ADDR_H
#define ADDR_H

#include <stdbool.h>
#include <stddef.h>

#define ADDR_SIZE   1024 /* of a text that addr_canon takes, and of each part */
#define ADDR_LOCAL  64   /* RFC 5321 4.5.3.1.1 */
#define ADDR_DOMAIN 255  /* RFC 5321 4.5.3.1.2 */

struct addr {
	char local[ADDR_SIZE];  /* with its quotes and case */
	char domain[ADDR_SIZE]; /* no trailing dot; "" if there is none */
};

/* NULL, or a constant that tells why text is no Mailbox. */
const char *addr_parse(const char *text, struct addr *);

struct addr_world {
	const char *me; /* what localhost means */
	/* Is the domain ours (class w)?  1, 0, or -1: cannot tell now. */
	int (*is_local)(const char *domain, void *arg);
	/* domaintable: 1 and the new name, 0, or -1.  May be NULL. */
	int (*rename)(const char *domain, char name[ADDR_SIZE], void *arg);
	void *arg;
};

enum addr_fault {
	ADDR_OK,
	ADDR_TEMP, /* the world could not tell */
	ADDR_EMPTY,
	ADDR_NO_USER,
	ADDR_NO_HOST,
	ADDR_BAD_HOST,
	ADDR_COLON,
	ADDR_ROUTE,
	ADDR_LIST,
	ADDR_LITERAL,
	ADDR_ANGLE,
	ADDR_CLOSE,
	ADDR_PAREN,
	ADDR_QUOTE,
	ADDR_LONG,
	ADDR_LOOP
};

enum addr_fault addr_canon(
    const char *text, const struct addr_world *, struct addr *);
/* "553 5.1.3 Invalid route address": code, status and text of a fault. */
const char *addr_reply(enum addr_fault);
/*
 * Ruleset 3 alone, as headers are read: what stands before a domain of ours
 * stays as it is.
 */
enum addr_fault addr_focus(
    const char *text, const struct addr_world *, struct addr *);

/*
 * Drop quotes around the whole local part, if no blank or backslash needs them.
 */
void addr_dequote(char *local);
/* Does the local part hold a further address (an unquoted @, % or !)? */
bool addr_is_nested(const char *local);
/* A-Z become a-z. */
void addr_fold(char *text);
/* local@domain, or local alone.  false if it does not fit. */
bool addr_join(char *out, size_t size, const char *local, const char *domain);

#endif
