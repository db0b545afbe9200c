/*
 * lane - who is tried next
 *
 * A lane is one next hop (a domain, a smart host) or one local user.  It has a
 * queue of recipients that are due, a concurrency that grows while deliveries
 * succeed and halves when the host fails, and a backoff of its own: while a
 * host is dead its lane is probed by one delivery, not by each message.  Lanes
 * are served in turn.
 *
 * A host that has not answered yet is on trial, with one delivery at a time.
 * Those on trial have turns of their own, so that the caller can keep some of
 * its deliveries for hosts that are known to answer: any number of tarpits
 * cannot take them all.  Who answered is remembered when its lane is empty.
 *
 * With ahead set, a host that answered may have twice as many deliveries as its
 * concurrency: those beyond wait for the connections of the others.  Such turns
 * are apart, and come when nobody has another.
 *
 * Pure: no I/O, no clock; times are seconds, given by the caller.
 */
#ifndef LANE_H
#define LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/tree.h>

#define LANE_REASON 200
#define LANE_KNOWN  1000 /* empty lanes that are remembered */

enum rcpt_state {
	RCPT_NEW,       /* nowhere yet */
	RCPT_WAITING,   /* until its time comes */
	RCPT_READY,     /* in its lane */
	RCPT_ACTIVE,    /* somebody is delivering it */
	RCPT_HELD,      /* until released */
	RCPT_FAILED,    /* the sender is not told yet */
	RCPT_DELIVERED, /* nor is this one, who asked (RFC 3461) */
	RCPT_FINISHED
};

struct lane;
struct door;

/* One recipient of one message.  Kept small: there may be a million. */
struct rcpt {
	union {
		TAILQ_ENTRY(rcpt) next; /* while READY */
		struct {                /* while WAITING: */
			uint32_t due;   /* when, seconds since 1970 */
			uint32_t place; /* in the heap */
		};
	};
	struct lane *lane; /* NULL until it was routed */
	uint32_t number;   /* among the message's recipients */
	uint32_t reason;   /* where its last event stands in the state */
	uint16_t tries;
	uint8_t state;
};

/* Who takes turns with whom. */
enum lane_kind {
	KIND_TRIAL,  /* another host, which is not known to answer */
	KIND_REMOTE, /* another host */
	KIND_LOCAL,
	KIND_AHEAD, /* where a turn is only to have the next message there */
	KIND_COUNT
};

struct lane {
	RB_ENTRY(lane) node;
	TAILQ_ENTRY(lane) turn;  /* while it may start something */
	TAILQ_ENTRY(lane) empty; /* while it is only remembered */
	TAILQ_HEAD(, rcpt) ready;
	TAILQ_ENTRY(lane) rest; /* while it rests */
	enum lane_kind kind;
	enum lane_kind list; /* of turns it is in; KIND_COUNT: in none */
	bool remembered;
	bool resting;            /* until probe: its host is ill */
	bool blocked;            /* until its door can take more */
	struct door *door;       /* local: its owner's, see doors.h */
	LIST_ENTRY(lane) beside; /* the door's next one */
	uint32_t queued, waiting, active;
	uint32_t limit;           /* concurrency now */
	uint32_t most;            /* and at most */
	uint32_t failures;        /* of the host in a row */
	int64_t probe;            /* not before that time; 0: it is well */
	char reason[LANE_REASON]; /* of the last failure */
	char name[];
};

RB_HEAD(lane_tree, lane);
TAILQ_HEAD(lane_turns, lane);
TAILQ_HEAD(lane_rests, lane);
TAILQ_HEAD(lane_empties, lane);

struct lanes {
	struct lane_tree tree;
	struct lane_turns turns[KIND_COUNT];
	struct lane_rests rests;
	struct lane_empties empties; /* the longest empty first */
	size_t remembered;
	struct rcpt **heap; /* WAITING, the earliest first */
	size_t count, size;
	bool ahead; /* one more for each delivery, to be at hand for the next */
};

/* How much longer to wait after one more deferral: pure, from age and chance.
 */
uint32_t retry_delay(int64_t age, uint32_t chance);

void lanes_init(struct lanes *);
/* Made if it is not there.  local lanes begin wide open, others on trial. */
struct lane *lane_get(
    struct lanes *, const char *name, bool local, uint32_t most);
struct lane *lane_find(struct lanes *, const char *name);
struct lane *lane_first(struct lanes *);
struct lane *lane_after(struct lanes *, struct lane *);

/* Into its lane's queue, at the end. */
void rcpt_ready(struct lanes *, struct rcpt *);
/* Into the heap until due. */
void rcpt_wait(struct lanes *, struct rcpt *, int64_t due);
/* Out of wherever it is; state becomes NEW. */
void rcpt_take(struct lanes *, struct rcpt *);
/* The next one whose time has come, taken out; NULL if none. */
struct rcpt *rcpt_due(struct lanes *, int64_t now);

/* End the rests that are over. */
void lanes_wake(struct lanes *, int64_t now);
/*
 * The next lane that may start a delivery, or NULL; it goes to the end of the
 * turns.  Its first recipient is TAILQ_FIRST(&lane->ready).
 */
struct lane *lane_next(struct lanes *, enum lane_kind);
/* One of its recipients is being delivered, or has been. */
void lane_start(struct lanes *, struct lane *, struct rcpt *);
void lane_stop(struct lanes *, struct lane *, struct rcpt *);
/* The host took part, whatever it said. */
void lane_well(struct lanes *, struct lane *);
/* The host could not be talked to. */
void lane_ill(struct lanes *, struct lane *, const char *reason, int64_t now,
    uint32_t chance);
/* Try it at once, as if it were well. */
void lane_flush(struct lanes *, struct lane *);
/* Are there as many connections as there may be?  For a delivery to begin. */
bool lane_is_full(const struct lane *);
/* It may have become able to start something, or unable. */
void lane_update(struct lanes *, struct lane *);
/* Freed if nothing is in it and it is well, or remembered if it answered. */
void lane_drop(struct lanes *, struct lane *);

/* When something will be due or a rest be over; 0: never. */
int64_t lanes_next(const struct lanes *);

#endif
