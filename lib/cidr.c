#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <err.h>

#include "cidr.h"
#include "exits.h"

#define TEXT_SIZE 64

struct cidr_set {
	struct cidr_entry *list;
	size_t count;
	bool four[33], six[129]; /* which prefix lengths there are */
};

/* Zero what lies behind the prefix. */
static void
mask(unsigned char net[CIDR_BYTES], unsigned bits)
{
	unsigned i;

	for (i = 0; i < CIDR_BYTES; i++) {
		if (bits >= 8)
			bits -= 8;
		else {
			net[i] &= (unsigned char)(0xff00u >> bits);
			bits = 0;
		}
	}
}

/* One to four octets; those left out are 0. */
static int
parse_four(const char *text, unsigned char net[CIDR_BYTES])
{
	unsigned i, octet;

	for (i = 0; i < 4; i++) {
		if (*text < '0' || *text > '9')
			return -1;
		for (octet = 0; *text >= '0' && *text <= '9'; text++)
			if ((octet = octet * 10 + (unsigned)(*text - '0')) >
			    255)
				return -1;
		net[i] = (unsigned char)octet;
		if (*text == '\0')
			return 0;
		if (*text++ != '.')
			return -1;
	}
	return -1;
}

/* A mask in octets whose ones all come first. */
static int
parse_mask(const char *text, unsigned *bits)
{
	struct in_addr a;
	uint32_t ones;

	if (inet_pton(AF_INET, text, &a) != 1)
		return -1;
	ones = ntohl(a.s_addr);
	for (*bits = 0; *bits < 32 && (ones & 0x80000000u) != 0; (*bits)++)
		ones <<= 1;
	return ones == 0 ? 0 : -1;
}

static int
parse_bits(const char *text, unsigned max, unsigned *bits)
{
	size_t len = strlen(text);

	if (len == 0 || len > 3 || text[strspn(text, "0123456789")] != '\0')
		return -1;
	*bits = (unsigned)strtoul(text, NULL, 10);
	return *bits <= max ? 0 : -1;
}

int
cidr_parse(const char *from, struct cidr *c)
{
	char text[TEXT_SIZE], *slash, *address = text;

	memset(c, 0, sizeof(*c));
	if (strlcpy(text, from, sizeof(text)) >= sizeof(text) ||
	    (slash = strchr(text, '/')) == NULL)
		return 0;
	*slash++ = '\0';
	if (strncasecmp(address, "ipv6:", 5) == 0)
		address += 5;
	if (*address == '\0' || strchr(slash, '@') != NULL ||
	    address[strspn(address, strchr(address, ':') != NULL
					? "0123456789abcdefABCDEF.:"
					: "0123456789.")] != '\0')
		return 0; /* a path, a name, a local part */
	if (strchr(address, ':') != NULL) {
		c->family = AF_INET6;
		if (inet_pton(AF_INET6, address, c->net) != 1 ||
		    parse_bits(slash, 128, &c->bits) == -1)
			return -1;
	} else {
		c->family = AF_INET;
		if (parse_four(address, c->net) == -1 ||
		    (parse_bits(slash, 32, &c->bits) == -1 &&
			parse_mask(slash, &c->bits) == -1))
			return -1;
	}
	mask(c->net, c->bits);
	return 1;
}

struct cidr_set *
cidr_set_new(void)
{
	struct cidr_set *set = calloc(1, sizeof(*set));

	if (set == NULL)
		err(EXIT_TEMP, "networks");
	return set;
}

void
cidr_set_free(struct cidr_set *set)
{
	size_t i;

	if (set == NULL)
		return;
	for (i = 0; i < set->count; i++) {
		free(set->list[i].key);
		free(set->list[i].value);
	}
	free(set->list);
	free(set);
}

void
cidr_set_add(struct cidr_set *set, const struct cidr *network, bool tagged,
    const char *key, const char *value)
{
	struct cidr_entry *e;

	if ((set->count & (set->count - 1)) == 0) {
		set->list = reallocarray(set->list,
		    set->count == 0 ? 1 : set->count * 2, sizeof(*set->list));
		if (set->list == NULL)
			err(EXIT_TEMP, "networks");
	}
	e = &set->list[set->count++];
	e->network = *network;
	e->tagged = tagged;
	if ((e->key = strdup(key)) == NULL ||
	    (e->value = strdup(value)) == NULL)
		err(EXIT_TEMP, "networks");
	if (network->family == AF_INET)
		set->four[network->bits] = true;
	else
		set->six[network->bits] = true;
}

static int
by_network(const void *a, const void *b)
{
	const struct cidr *x = a, *y = b;

	if (x->family != y->family)
		return x->family < y->family ? -1 : 1;
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return memcmp(x->net, y->net, CIDR_BYTES);
}

static int
by_entry(const void *a, const void *b)
{
	const struct cidr_entry *x = a, *y = b;
	int order = by_network(&x->network, &y->network);

	return order != 0 ? order : (int)y->tagged - (int)x->tagged;
}

/* mergesort(3) keeps the order of equal entries. */
void
cidr_set_sort(struct cidr_set *set)
{
	if (set->count > 1 && mergesort(set->list, set->count,
				  sizeof(*set->list), by_entry) == -1)
		err(EXIT_TEMP, "networks");
}

/* The first entry of that very network. */
static const struct cidr_entry *
find(const struct cidr_set *set, const struct cidr *network)
{
	size_t low = 0, high = set->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (by_network(&set->list[middle].network, network) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == set->count ||
	    by_network(&set->list[low].network, network) != 0)
		return NULL;
	return &set->list[low];
}

const struct cidr_entry *
cidr_set_find(const struct cidr_set *set, int family, const void *address)
{
	unsigned bits = family == AF_INET ? 33 : 129;
	const bool *there = family == AF_INET ? set->four : set->six;
	const struct cidr_entry *found = NULL;
	struct cidr network;

	while (found == NULL && bits-- > 0) {
		if (!there[bits])
			continue;
		memset(&network, 0, sizeof(network));
		network.family = family;
		network.bits = bits;
		memcpy(network.net, address, family == AF_INET ? 4 : 16);
		mask(network.net, bits);
		found = find(set, &network);
	}
	return found;
}
