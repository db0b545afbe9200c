/*
 * doors - the locals that are open, and who waits for one
 *
 * So many may be open at once; whoever comes later waits in line until another
 * is closed.  Pure: the process behind a door is door.c's business.
 */
#ifndef DOORS_H
#define DOORS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#include "account.h"
#include "lane.h"

struct conn;
struct parcel;
struct qmgr;

struct door {
	RB_ENTRY(door) node;
	TAILQ_ENTRY(door) next;
	struct qmgr *q;
	LIST_HEAD(, lane) lanes; /* that it serves */
	bool open;               /* or being opened: it counts */
	bool fed;                /* since then */
	struct conn *conn;       /* NULL until it is open */
	int64_t used;
	int64_t heard;   /* since then it owes us an answer */
	int64_t partial; /* till then it knows what no retry may repeat */
	STAILQ_HEAD(, parcel) parcels;
	char owner[ACCOUNT_SIZE];
	char alias[]; /* it follows this one and no other, or "" */
};

RB_HEAD(door_tree, door);
TAILQ_HEAD(door_line, door);

struct doors {
	struct door_tree tree;
	struct door_line open;    /* the least used first */
	struct door_line waiting; /* the longest first */
	uint32_t count;           /* of the open ones */
};

void doors_init(struct doors *);
/* Made if it is not there, at the end of those that wait. */
struct door *doors_get(struct doors *, const char *owner, const char *alias);
/* From those that wait to those that are open. */
void doors_begin(struct doors *, struct door *);
/* It is open and was used just now. */
void doors_use(struct doors *, struct door *, int64_t now);
/* Its lanes must have been let go. */
void doors_free(struct doors *, struct door *);

/* Its mailboxes' lane; NULL: no door's any more. */
void door_serves(struct door *, struct lane *);
/*
 * The least used one that has nothing to do, and is not open for mail that it
 * has still to get, or opening might go on and on; one that remembers half a
 * letter only if there is no other.  NULL if there is none.
 */
struct door *doors_spare(struct doors *, int64_t now);

#endif
