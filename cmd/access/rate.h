/*
 * rate - how many connections each client has, and had of late
 *
 * IPv4 counts by address, IPv6 by /64, since that is what one customer has.
 * What is remembered is bounded: when there are too many addresses, those with
 * no connection open are forgotten, the one seen longest ago first.  Pure: the
 * time is given.
 */
#ifndef RATE_H
#define RATE_H

#include <stddef.h>
#include <stdint.h>

#define RATE_WINDOW 60 /* seconds, sendmail's ConnectionRateWindowSize */

struct rates;
struct held; /* what one asker has open */

/* Of one client, the connection that begins included. */
struct tally {
	unsigned rate; /* begun within the window */
	unsigned open;
};

/* max: addresses to remember at most, beside those with an open connection. */
struct rates *rates_new(size_t max);
void rates_free(struct rates *);
size_t rates_count(const struct rates *);

struct held *rates_hold(void);
/* The asker is gone: what it had open is closed. */
void rates_release(struct rates *, struct held *);

/*
 * A connection begins.  family is AF_INET or AF_INET6, address its 4 or 16
 * bytes, now in seconds.
 */
struct tally rates_open(struct rates *, struct held *, int family,
    const void *address, int64_t now);
/* One ends; nothing happens if that asker has none open from there. */
void rates_close(
    struct rates *, struct held *, int family, const void *address);

#endif
