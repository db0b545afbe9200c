/*
 * resolve - names and addresses by libunbound, on the event loop
 *
 * /etc/hosts counts as DNS, in both directions.  Every look-up has a deadline
 * and bounded answers; names that are no host names are never handed out.
 */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <event2/event.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#define RESOLVE_NAME  256
#define RESOLVE_HOSTS 20 /* addresses at most, all exchangers together */

/* The record names and values of the policy protocol: client_resolve= */
enum resolve_class {
	RESOLVE_OK,     /* a name, and its addresses hold the client's */
	RESOLVE_FAIL,   /* no name */
	RESOLVE_FORGED, /* a name that does not lead back */
	RESOLVE_TEMP    /* DNS does not answer */
};

struct resolver;
struct lookup;

/*
 * Call before the chroot.  Reads /etc/resolv.conf and /etc/hosts; the control
 * file nameserver in confdir (lines of ADDRESS or ADDRESS@PORT), if it is
 * there, stands in place of the first.  Exits 111 on failure.
 */
struct resolver *resolver_new(struct event_base *, const char *confdir);
void resolver_free(struct resolver *);

/*
 * The client's name: PTR, then forward.  verified and reverse are "unknown"
 * where there is none.
 */
struct client_name {
	enum resolve_class class;
	char verified[RESOLVE_NAME];
	char reverse[RESOLVE_NAME];
};
struct lookup *resolve_client(struct resolver *, const struct sockaddr *,
    void (*found)(const struct client_name *, void *arg), void *arg);
const char *resolve_class_name(enum resolve_class);

/* Where mail for a domain goes. */
struct exchanger {
	char name[RESOLVE_NAME];
	unsigned preference;
	struct sockaddr_storage address;
	socklen_t len;
};

struct exchangers {
	/* 0: hosts are there.  else the class and status of every recipient: */
	int failed;      /* 1: for good, -1: for now */
	char status[12]; /* 5.1.2, 5.1.10, 4.4.3 ... */
	char text[512];  /* why, in words, with the name asked */
	size_t count;
	struct exchanger hosts[RESOLVE_HOSTS]; /* in the order to be tried */
};

/*
 * host: a domain (MX, else its own addresses), or [name] or [address] (no MX
 * look-up).  Equal preferences are shuffled; hosts named me, and those not
 * better than it, are left out (RFC 5321 5.1); a null MX fails (RFC 7505).
 */
struct lookup *resolve_exchangers(struct resolver *, const char *host,
    const char *me, void (*found)(const struct exchangers *, void *arg),
    void *arg);

/*
 * Is there such a domain: has it an MX or an address, or the "[address]" a
 * name?  RESOLVE_FAIL is a definite no, RESOLVE_TEMP that nobody knows.
 */
struct lookup *resolve_domain(struct resolver *, const char *domain,
    void (*found)(enum resolve_class, void *arg), void *arg);

/* The callback will not be called.  Not from within it. */
void resolve_cancel(struct lookup *);

#endif
