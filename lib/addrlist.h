/*
 * addrlist - the addresses in a list (RFC 5322 3.4)
 *
 * What stands in To, Cc, Bcc, From and on sendmail's command line: mailboxes
 * with or without a display name, groups, comments, quoted strings, source
 * routes (dropped), empty elements (skipped), and addresses without a domain.
 * Whether an address means anything is not judged here.
 */
#ifndef ADDRLIST_H
#define ADDRLIST_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRLIST_ADDRESS 1024 /* longer than any that can be delivered to */

struct addrlist {
	const char *text;
	size_t len;
	size_t at;       /* how far we are */
	bool group;      /* within name: ... ; */
	const char *why; /* after -1: what is wrong, in words */
};

struct addrlist_mailbox {
	/* local@domain, or local: no comments, no blanks, quotes kept */
	char address[ADDRLIST_ADDRESS];
	bool qualified;    /* has a domain */
	size_t local_end;  /* offset in text just behind the local part */
	size_t start, end; /* offsets in text of the address and behind it */
};

void addrlist_start(struct addrlist *, const char *text, size_t len);

/* 1 and the next mailbox; 0 no more; -1 the list is malformed. */
int addrlist_next(struct addrlist *, struct addrlist_mailbox *);

#endif
