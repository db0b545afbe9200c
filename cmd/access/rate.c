#include "rate.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/tree.h>

#include "exits.h"

#define SLOTS    6 /* of the window, as in sendmail */
#define SLOT     (RATE_WINDOW / SLOTS)
#define KEY_SIZE 9

struct address {
	RB_ENTRY(address) entry;
	TAILQ_ENTRY(address) idle; /* if none is open */
	unsigned char key[KEY_SIZE];
	unsigned open;
	int64_t newest; /* the number of the slot that is counted into */
	unsigned begun[SLOTS];
};

/* How many connections an asker has open from an address. */
struct hold {
	RB_ENTRY(hold) entry;
	struct address *address;
	unsigned count;
};

RB_HEAD(address_tree, address);
RB_HEAD(held, hold);

struct rates {
	struct address_tree tree;
	TAILQ_HEAD(idle, address) idle; /* seen longest ago first */
	size_t count, max;
};

static int
compare_addresses(const struct address *a, const struct address *b)
{
	return memcmp(a->key, b->key, KEY_SIZE);
}

static int
compare_holds(const struct hold *a, const struct hold *b)
{
	return a->address < b->address ? -1 : a->address > b->address;
}

RB_PROTOTYPE(address_tree, address, entry, compare_addresses)
RB_GENERATE(address_tree, address, entry, compare_addresses)
RB_PROTOTYPE(held, hold, entry, compare_holds)
RB_GENERATE(held, hold, entry, compare_holds)

struct rates *
rates_new(size_t max)
{
	struct rates *all;

	if ((all = calloc(1, sizeof(*all))) == NULL)
		err(EXIT_TEMP, "rates");
	RB_INIT(&all->tree);
	TAILQ_INIT(&all->idle);
	all->max = max;
	return all;
}

void
rates_free(struct rates *all)
{
	struct address *a;

	while ((a = RB_MIN(address_tree, &all->tree)) != NULL) {
		RB_REMOVE(address_tree, &all->tree, a);
		free(a);
	}
	free(all);
}

size_t
rates_count(const struct rates *all)
{
	return all->count;
}

struct held *
rates_hold(void)
{
	struct held *held;

	if ((held = malloc(sizeof(*held))) == NULL)
		err(EXIT_TEMP, "rates");
	RB_INIT(held);
	return held;
}

static void
make_key(unsigned char key[KEY_SIZE], int family, const void *address)
{
	memset(key, 0, KEY_SIZE);
	key[0] = family == AF_INET ? 4 : 6;
	memcpy(key + 1, address, family == AF_INET ? 4 : 8);
}

static void
forget(struct rates *all, struct address *a)
{
	TAILQ_REMOVE(&all->idle, a, idle);
	RB_REMOVE(address_tree, &all->tree, a);
	all->count--;
	free(a);
}

/* Whoever is idle and whose window is over, and who is one too many. */
static void
tidy(struct rates *all, int64_t now)
{
	struct address *a;

	while ((a = TAILQ_FIRST(&all->idle)) != NULL &&
	       (all->count >= all->max || a->newest + SLOTS <= now / SLOT))
		forget(all, a);
}

static struct address *
find(struct rates *all, int family, const void *address)
{
	struct address wanted;

	make_key(wanted.key, family, address);
	return RB_FIND(address_tree, &all->tree, &wanted);
}

/* The address, off the idle list. */
static struct address *
take(struct rates *all, int family, const void *address, int64_t now)
{
	struct address *a = find(all, family, address);

	if (a != NULL) {
		if (a->open == 0)
			TAILQ_REMOVE(&all->idle, a, idle);
		return a;
	}
	tidy(all, now);
	if ((a = calloc(1, sizeof(*a))) == NULL)
		err(EXIT_TEMP, "rates");
	make_key(a->key, family, address);
	a->newest = now / SLOT;
	RB_INSERT(address_tree, &all->tree, a);
	all->count++;
	return a;
}

/* Let the slots follow the time; a clock that went back changes nothing. */
static void
turn(struct address *a, int64_t now)
{
	int64_t slot = now / SLOT;

	if (slot - a->newest >= SLOTS) {
		memset(a->begun, 0, sizeof(a->begun));
		a->newest = slot;
	}
	while (a->newest < slot)
		a->begun[++a->newest % SLOTS] = 0;
}

static struct hold *
find_hold(struct held *held, struct address *a)
{
	struct hold wanted = {.address = a};

	return RB_FIND(held, held, &wanted);
}

static void
add_hold(struct held *held, struct address *a)
{
	struct hold *h = find_hold(held, a);

	if (h == NULL) {
		if ((h = calloc(1, sizeof(*h))) == NULL)
			err(EXIT_TEMP, "rates");
		h->address = a;
		RB_INSERT(held, held, h);
	}
	h->count++;
}

struct tally
rates_open(struct rates *all, struct held *held, int family,
    const void *address, int64_t now)
{
	struct address *a = take(all, family, address, now);
	struct tally t = {0};
	unsigned i;

	turn(a, now);
	a->begun[a->newest % SLOTS]++;
	t.open = ++a->open;
	for (i = 0; i < SLOTS; i++)
		t.rate += a->begun[i];
	add_hold(held, a);
	return t;
}

static void
give_up(struct rates *all, struct held *held, struct hold *h, unsigned count)
{
	struct address *a = h->address;

	a->open -= count;
	if (a->open == 0)
		TAILQ_INSERT_TAIL(&all->idle, a, idle);
	h->count -= count;
	if (h->count == 0) {
		RB_REMOVE(held, held, h);
		free(h);
	}
}

void
rates_close(
    struct rates *all, struct held *held, int family, const void *address)
{
	struct address *a = find(all, family, address);
	struct hold *h;

	if (a != NULL && (h = find_hold(held, a)) != NULL)
		give_up(all, held, h, 1);
}

void
rates_release(struct rates *all, struct held *held)
{
	struct hold *h;

	while ((h = RB_MIN(held, held)) != NULL)
		give_up(all, held, h, h->count);
	free(held);
}
