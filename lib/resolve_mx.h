/*
 * resolve_mx - which exchangers, in which order (RFC 5321 5.1); no I/O
 */
#ifndef RESOLVE_MX_H
#define RESOLVE_MX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolve.h"
#include "resolve_answer.h"
#include "resolve_own.h"

#define MX_HOSTS     10 /* names whose addresses are asked for */
#define MX_ADDRESSES 8  /* of one name */

struct mx_host {
	char name[RESOLVE_NAME];
	unsigned preference;
	bool temp;   /* an address look-up failed for now */
	size_t four; /* addresses that are IPv4 */
	size_t six;
	uint8_t four_list[MX_ADDRESSES][4];
	uint8_t six_list[MX_ADDRESSES][16];
};

struct mx_list {
	bool strict; /* the names are a stranger's: see net_routable */
	bool self;   /* this host was among them, so they were cut there */
	size_t count;
	struct mx_host hosts[MX_HOSTS];
};

/* A number from 0 to below - 1; arc4random_uniform outside of tests. */
typedef uint32_t mx_random(uint32_t below);

enum mx_choice {
	MX_FOUND,
	MX_NULL,    /* RFC 7505: takes no mail */
	MX_SELF,    /* this host is the best of them */
	MX_UNUSABLE /* none is a host name */
};

/*
 * The hosts of an answer of MX records: sorted, equal ones shuffled, doubles
 * dropped, and from this host's own name (me) on cut off.
 */
enum mx_choice mx_choose(
    struct mx_list *, const struct answer *, const char *me, mx_random *random);

/* Take the addresses of an answer (A or AAAA) for a host. */
void mx_addresses(struct mx_host *, int type, const struct answer *);

/*
 * All addresses in the order to be tried, or how it failed.  asked is the name
 * for the words; missing the status if there is no address at all.
 */
void mx_merge(struct exchangers *, struct mx_list *, const struct own *,
    const char *asked, mx_random *random);

/* "It failed": 1 for good or -1 for now, why, and the name it is about. */
void mx_failed(struct exchangers *, int failed, const char *status,
    const char *asked, const char *why);

#endif
