/*
 * cidr - networks as keys of a table: 192.168.0.0/24, 10/8, 2001:db8::/32
 *
 * A key may also spell its prefix as a mask (192.168.0.0/255.255.255.0), leave
 * out trailing octets, have bits set behind the prefix, and begin with "IPv6:".
 * The longest prefix that holds an address wins.
 */
#ifndef CIDR_H
#define CIDR_H

#include <stdbool.h>

#define CIDR_BYTES 16

struct cidr {
	int family;                    /* AF_INET or AF_INET6 */
	unsigned bits;                 /* of the prefix */
	unsigned char net[CIDR_BYTES]; /* zero behind the prefix */
};

/* 1; 0 if it is no network (no slash, say); -1 if it is a wrong one. */
int cidr_parse(const char *text, struct cidr *);

struct cidr_entry {
	struct cidr network;
	bool tagged; /* among equal networks the tagged ones come first */
	char *key, *value;
};

struct cidr_set;
struct cidr_set *cidr_set_new(void);
void cidr_set_free(struct cidr_set *);
/* Copies key and value. */
void cidr_set_add(struct cidr_set *, const struct cidr *, bool tagged,
    const char *key, const char *value);
/* After the last add; of equal entries the first that was added counts. */
void cidr_set_sort(struct cidr_set *);
const struct cidr_entry *cidr_set_find(
    const struct cidr_set *, int family, const void *address);

#endif
