/*
 * qmgr - what the parts of the queue manager share
 *
 *	aside.c	 what is damaged, and is kept
 *	store.c	 the disk: segments and states opened and forgotten
 *	journal.c events appended and read
 *	message.c messages in memory
 *	envelope.c what it tells of a message again
 *	load.c	 what the two folders say, at start and later
 *	past.c	 what the events say before the entries are read
 *	admit.c	 a message is new, or comes back at start: expand it, route it
 *	lane.c	 who is next (pure)
 *	leave.c	 a message's sender and header as they are shown
 *	send.c	 deliveries by remote, and what became of them
 *	door.c	 deliveries by the local of each owner
 *	doors.c	 which of them are open (pure)
 *	users.c	 whether a user exists, where aliases go in circles
 *	report.c bounces and warnings
 *	tidy.c	 finished segments given back, old messages moved out of them
 *	control.c what qstat and qctl ask
 */
#ifndef QMGR_H
#define QMGR_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "ask.h"
#include "clock.h"
#include "conn.h"
#include "doors.h"
#include "lane.h"
#include "paths.h"
#include "record.h"
#include "rewrite.h"
#include "route.h"
#include "segment.h"
#include "state.h"
#include "window.h"

struct store;

/* A message that is not finished.  Kept small: there may be a million. */
struct message {
	struct envelope *envelope;  /* while it is in memory */
	uint32_t arrival;           /* seconds since 1970 */
	uint32_t segment, sequence; /* its id */
	uint32_t generation;
	uint32_t offset;     /* of its entry */
	uint32_t expanded;   /* where that event stands in the state */
	uint32_t count : 24; /* recipients; no event has room for more */
	bool known : 1;      /* its entry has been seen */
	bool warned : 1, reporting : 1;
	bool moving : 1;     /* it waits in no lane meanwhile */
	bool asking : 1;     /* inject has not answered about that */
	bool superseded : 1; /* a later generation counts */
	bool lost : 1;       /* its entry cannot be read any more */
	bool pending : 1;    /* not expanded: a table is broken */
	uint16_t active;     /* recipients being delivered */
	uint8_t place;       /* see message.c */
	struct rcpt rcpts[];
};

struct block;
TAILQ_HEAD(blocks, block);

/* A message as the state tells of it, see past.c. */
struct past {
	uint32_t segment, sequence;
	struct message *message; /* NULL: it has moved, or is known by now */
};

struct pasts {
	struct past *list; /* by id */
	size_t count, size;
	size_t next; /* behind the one found last */
};

/* A segment and its state. */
struct store {
	TAILQ_ENTRY(store) next; /* by number */
	struct segment segment;
	int state; /* descriptor, -1 until there is an event */
	uint32_t state_len;
	bool dirty;    /* written but not synced */
	bool complete; /* inject appends to a later one */
	bool recycling, has_big;
	bool damaged;         /* it is set aside when it is finished */
	bool gone;            /* there is no segment: no sum can be checked */
	off_t walked;         /* entries up to here are known */
	uint32_t total;       /* messages it was found to hold */
	uint32_t open;        /* of them not finished */
	struct blocks blocks; /* of messages, see message.c */
	struct block *room;   /* the one that has a place for one more */
	struct pasts pasts;   /* the state's messages not yet walked to */
	struct window *ahead; /* of the state, see store_ahead */
};

TAILQ_HEAD(stores, store);

struct settings {
	char me[256];
	int64_t lifetime, warning; /* seconds */
	uint32_t remote_most;      /* deliveries at a time, all lanes */
	uint32_t lane_most;        /* and to one host */
	bool ahead;                /* the next message waits at the host's */
	uint32_t doors_most;       /* local processes */
};

#define DOOR_LIMIT 100      /* messages under way to one local user */
#define LANE_LOCAL "local:" /* and the user */
#define LANE_ALIAS "alias:" /* and its name */

#define ENVELOPES 8 /* kept in memory for the next recipient */

#define SLICE 200 /* messages looked at before the loop goes round */

/* Who walks all messages over several turns of the loop. */
struct cursor {
	TAILQ_ENTRY(cursor) next;
	bool walking;
	struct message *at;  /* the one that comes next, NULL at the end */
	struct store *ahead; /* it is read ahead until this slice is over */
};

struct qmgr {
	struct event_base *base;
	struct paths paths;
	struct settings settings;
	struct router *router;
	struct rewriter *rewriter; /* with the router's tables */
	bool rewrites;             /* is it on?  As it was then: */
	int64_t rewrites_seen;
	int mess, states; /* folders */
	struct stores stores;
	struct lanes lanes;
	struct clock clock;
	struct doors doors;
	TAILQ_HEAD(users, user) users; /* see users.h */
	uint32_t user_count;
	uint32_t remote_active, trials; /* deliveries; of them, on trial */
	enum lane_kind turn_of;         /* whose turn among remote lanes */
	struct ask_pool *inject, *remote, *bounce, *lspawn;
	struct event *tick; /* what is due */
	struct event *turn; /* start what may start */
	struct event *tidy;
	struct event *place;
	struct event *sync;  /* make the events durable */
	struct event *again; /* what had to be put off */
	bool pending;        /* some message is */
	TAILQ_HEAD(, cursor) cursors;
	struct cursor placing; /* over what a start has found, see load.c */
	bool unplaced;         /* something was found since that began */
	struct envelope *recent[ENVELOPES]; /* see envelope.c */
	unsigned oldest;                    /* of them */
};

/* --- store.c -------------------------------------------------------------- */

/* Open the folders and lock ours.  Exits 111. */
void store_folders(struct qmgr *);
struct store *store_find(struct qmgr *, uint32_t number);
/*
 * Open one; NULL if that cannot be (logged).  One that is no segment is known
 * all the same, as damaged and empty.
 */
struct store *store_open(struct qmgr *, const char *name);
/* Its state, if there is one.  0, or -1 if it cannot be read now (logged). */
int state_open(struct qmgr *, struct store *, const char *name);
/*
 * Close it and remove its state: inject has taken the segment back.  The state
 * of a damaged one is set aside, as its segment was.
 */
void store_forget(struct qmgr *, struct store *);

/* --- message.c ------------------------------------------------------------ */

struct message *message_new(
    struct store *, const struct entry *, uint32_t recipients);
/* Where the entry is, and what else it says of the message as a whole. */
void message_entry(struct message *, const struct entry *);
/* It counts from now on, and is found by who walks. */
void message_know(struct message *);
/* Free one that was not known yet; or one that was, and is in no lane. */
void message_drop(struct message *);
void message_free(struct qmgr *, struct message *);
struct message *message_of(struct rcpt *);
struct store *message_store(const struct message *);
void message_id(const struct message *, char out[ID_SIZE]);
/* Is a recipient left that is not FINISHED? */
bool message_is_open(const struct message *);
/* Walk those of one store, or all; NULL at the end. */
struct message *store_first(const struct store *);
struct message *store_after(const struct message *);
struct message *message_first(struct qmgr *);
struct message *message_after(struct qmgr *, struct message *);
/* Walk all in slices: begin, step until NULL or rest, step again, end. */
void cursor_begin(struct qmgr *, struct cursor *);
struct message *cursor_step(struct qmgr *, struct cursor *);
void cursor_rest(struct cursor *);
void cursor_end(struct qmgr *, struct cursor *);

/*
 * What the disk tells of a message again, when it is needed.  Whoever uses it
 * at a time shares it, and those last used are kept, so that a message with
 * many recipients is not read again for each.
 */
struct envelope {
	struct entry entry;
	const char *body; /* of its head: BODY=, or NULL */
	struct record expanded;
	const char **recipients; /* by number, in expanded; all in one piece */
	const char **originals;  /* what it was expanded from, or NULL */
	const char **senders;    /* the sender for it, if another, or NULL */
	const char **rules;      /* the entry that led to it, or NULL */
	bool *direct;            /* to this very user: no alias, no .forward */
	const char **notifies;   /* RFC 3461's, or NULL */
	const char **orcpts;
	uint32_t count;
	uint32_t users;
	struct message *message; /* NULL: it is gone */
};
/* NULL: it cannot be read (logged). */
struct envelope *envelope_get(struct qmgr *, struct message *);
/* The same, when its entry has just been read, which is emptied. */
struct envelope *envelope_take(struct qmgr *, struct message *, struct entry *);
void envelope_put(struct envelope *); /* NULL too */
/* The message is freed: nobody will ask for it again. */
void envelope_forget(struct qmgr *, struct message *);
const char *envelope_sender(const struct envelope *, uint32_t number);
/* The content, or a descriptor.  0; -1: it cannot be read, logged. */
int message_load(struct qmgr *, struct message *, struct envelope *,
    struct evbuffer *content, int *fd);
/* The same, ready to be sent: adds size=, or length= for the descriptor. */
int message_content(struct qmgr *, struct message *, struct envelope *,
    struct record *, struct evbuffer *content, int *fd);
/* Its beginning only, at most limit bytes; *cut if that is not all. */
int message_head(struct qmgr *, struct message *, struct envelope *,
    size_t limit, struct evbuffer *content, bool *cut);

/* An event, begun with its kind and id. */
void event_begin(struct record *, enum event_kind, const struct message *);
/* Where it stands; it is written, and durable within a second. */
uint32_t event_write(struct qmgr *, struct store *, struct record *);
/* Its entries and events will be read one after the other; or not any more. */
void store_ahead(struct store *, bool);
/* Every event there is, in order.  Damage is logged, a cut tail cut off. */
void state_each(struct store *,
    void (*each)(struct store *, const struct record *, uint32_t at, void *arg),
    void *arg);
/* Durable now.  0 or -1 (logged). */
int store_sync(struct qmgr *, struct store *);
/* The event at a place in the state.  0 or -1. */
int event_read(struct store *, uint32_t at, struct record *);

/* --- load.c --------------------------------------------------------------- */

/* Everything the two folders say that is not known yet. */
void load_all(struct qmgr *);
/* inject says: this segment is durable up to end, and is the current one. */
void load_durable(struct qmgr *, uint32_t number, off_t end);
/* Segments whose inject is gone are read to their end. */
void load_orphans(struct qmgr *);

/*
 * What was found at the start, and is due, is placed when the loop has begun;
 * or by this, now.  true if there was any: the message is to be settled.
 */
bool load_place(struct qmgr *, struct message *);
void on_place(evutil_socket_t, short, void *);

/* What the state of a segment that is gone tells of: messages not finished. */
uint32_t load_open(struct qmgr *, const char *name);

/* --- past.c --------------------------------------------------------------- */

/* Read the state. */
void past_read(struct store *);
/* NULL: it tells nothing of such a message. */
struct past *past_find(struct store *, uint32_t segment, uint32_t sequence);
/* Forget all.  How many are left and not finished; lost, or NULL, gets each. */
uint32_t past_end(
    struct store *, void (*lost)(struct store *, const struct message *));

/* --- aside.c -------------------------------------------------------------- */

/* Bytes of a segment that are no entry, though others follow.  Logged. */
void aside_bytes(struct store *, off_t from, off_t to);
/* A message that the state tells of has no entry any more.  Logged. */
void aside_message(struct store *, const struct message *);
/* A message cannot be read now, for the reason in errno or what.  Logged. */
void aside_unreadable(struct message *, const char *what);
/* Nothing is left to do but for messages whose entries are gone: drop them. */
void aside_lost(struct qmgr *, struct store *);
/* Give a state the name of what is kept: durable.  Logged if it fails. */
void aside_state(struct qmgr *, const char *name);
/* States without a segment: it was taken back, set aside, or is missing. */
void aside_orphans(struct qmgr *);

/* --- age.c ---------------------------------------------------------------- */

/* When all is loaded; and now and then, so that a jump of the clock is seen. */
void age_begin(struct qmgr *);
void age_look(struct qmgr *);
/* Seconds in which it could have been delivered. */
int64_t message_age(const struct qmgr *, const struct message *, int64_t now);

/* --- admit.c -------------------------------------------------------------- */

/* A new message: expand, record, route. (An older generation gives way.) */
void admit(struct qmgr *, struct store *, struct entry *);
/* Try again what a broken table kept from being expanded. */
void admit_again(struct qmgr *);
/* Route a recipient and put it in its lane, if it has not ended. */
void place(struct qmgr *, struct message *, struct envelope *, struct rcpt *);
/* A table cannot be read: the recipient waits a little. */
void table_trouble(struct qmgr *, struct rcpt *, const char *reason);

#define OUTCOME_RULE 512

/* --- leave.c -------------------------------------------------------------- */

/*
 * The message as it leaves for this recipient and those with the same sender,
 * by rewriting(5): adds sender= and the content as message_content does; what
 * changes of a big one's header goes as content too, with skip=.  local: to a
 * mailbox here.  0; -1: it cannot be read (logged); 1: a table cannot be read
 * now (leave_reason).
 */
int message_leave(struct qmgr *, struct rcpt *, struct envelope *, bool local,
    struct record *, struct evbuffer *content, int *fd);
const char *leave_reason(const struct qmgr *);

/* --- send.c --------------------------------------------------------------- */

struct outcome {
	enum event_kind kind; /* DONE, DEFERRED, FAILED or DISCARDED */
	const char *status, *text, *mta, *reply;
	char rule[OUTCOME_RULE]; /* who or what decided, never empty */
	bool host_ill;           /* nobody was there to talk to */
	bool passed_on;          /* the next host was asked to tell */
};
/*
 * Every outcome is begun by this.  rule: "TABLE:KEY", "PROGRAM:OPTION"; if it
 * is empty, who decided and about what: "WHO:WHAT".
 */
void outcome_make(struct outcome *, enum event_kind, const char *rule,
    const char *who, const char *what);
/*
 * From an answer's class, status, text, mta, reply, rule; who gave it, and what
 * it was about.
 */
void outcome_read(struct outcome *, const struct record *answer,
    const char *who, const char *what);
/*
 * Record it, log it and do what follows.  The recipient is NEW (taken out of
 * lane and heap) before; afterwards it waits, has failed or is finished.
 */
void outcome_take(
    struct qmgr *, struct rcpt *, struct envelope *, const struct outcome *);
/* What follows when a recipient's state has settled. */
void settle(struct qmgr *, struct message *);
void rcpt_finish(struct qmgr *, struct rcpt *);

/* The host of a lane could not be talked to; who is too old there fails. */
void ill(struct qmgr *, struct lane *, const char *reason);
/* Start what may start, soon. */
void turn_soon(struct qmgr *);
void remote_start(struct qmgr *, struct lane *);
void on_turn(evutil_socket_t, short, void *);
void on_tick(evutil_socket_t, short, void *);

/* --- door.c --------------------------------------------------------------- */

/* Hand the lane's first recipient to its owner's local, or open that door. */
void door_start(struct qmgr *, struct lane *);
/* Close those that were idle long enough, or hang, but not for ever. */
void doors_tidy(struct qmgr *);

/* --- report.c ------------------------------------------------------------- */

/*
 * Tell the sender of what failed, or arrived if it asked, when nothing is
 * pending.
 */
void report_ended(struct qmgr *, struct message *);
/* Tell the sender of the delay. */
void report_delay(struct qmgr *, struct message *);

/* --- tidy.c --------------------------------------------------------------- */

/* Look, when the loop comes round, for segments that can be given back. */
void tidy_soon(struct qmgr *);
void on_tidy(evutil_socket_t, short, void *);

/* --- control.c ------------------------------------------------------------ */

void control_listen(struct qmgr *);

#endif
