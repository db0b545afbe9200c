/*
 * engine - the client's side of SMTP; pure: no I/O, no clock
 *
 * What the server says goes in with engine_feed, what is to be sent comes out
 * in the buffer out.  One connection carries many transactions:
 *
 *	GREETING, EHLO (HELO), READY, then for each engine_begin
 *	ENVELOPE (MAIL, RCPT ..., DATA), BODY, DOT, READY again
 *
 * and OVER whenever the connection is to be closed; failure tells why.  After
 * each call look at phase, at turn (if it changed, a new deadline of seconds
 * begins; 0 is none) and, in BODY, feed the message.
 *
 * Each recipient's outcome is written once and then stays.  One that is still
 * open (OUTCOME_OPEN) when phase is READY wants another transaction, as a
 * server takes only so many at once; when phase is OVER it may be tried at
 * another address: nothing was delivered to it.
 *
 * In DOT the commands of the next transaction may follow (RFC 2920 3.1), if
 * engine_may_follow.  With the reply to the dot it becomes the one in hand:
 * now.envelope is the other one, and phase is ENVELOPE or beyond.  If that
 * reply does not come, nothing became of it.  What goes out of step here would
 * give one message's fate to another: so only a consistent sequence of replies
 * is believed, or else phase is OVER, all recipients are open, and it may be
 * sent anew.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <event2/buffer.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "body.h"
#include "outcome.h"
#include "reply.h"

#define RCPT_MAX 100 /* recipients of one envelope */

struct envelope {
	const char *sender;
	size_t count;
	const char *recipients[RCPT_MAX];
	struct outcome outcomes[RCPT_MAX];
	uint64_t size; /* of the message on the wire */
	bool eightbit; /* it has bytes over 127 */
	bool utf8;     /* the client said SMTPUTF8, and the header is */

	/* RFC 3461's parameters, NULL where none was given */
	const char *ret, *envid, *notifies[RCPT_MAX], *orcpts[RCPT_MAX];
	bool passed_on[RCPT_MAX]; /* the server was asked to notify */
};

enum phase {
	PHASE_GREETING,
	PHASE_EHLO,
	PHASE_HELO,
	/* STARTTLS has its place here, and a second EHLO behind it. */
	PHASE_READY,
	PHASE_ENVELOPE,
	PHASE_BODY,
	PHASE_DOT,
	PHASE_QUIT,
	PHASE_OVER
};

struct engine_setup {
	const char *me;     /* for EHLO */
	const char *peer;   /* "name [address]", for the words */
	unsigned timeout;   /* seconds for a reply; others follow from it */
	bool find_loop;     /* a server with our own name is ourselves */
	bool no_pipelining; /* this server is known to fail at it */
	bool no_ahead;      /* or at what stands behind the dot */
};

struct transaction {
	struct envelope *envelope;      /* NULL: there is none */
	size_t chosen[RCPT_MAX], count; /* places of its recipients */
	bool accepted[RCPT_MAX], again[RCPT_MAX];
	size_t taken;          /* how many were accepted */
	size_t sent, answered; /* commands: RSET, MAIL, RCPT ..., DATA */
	bool refused;          /* MAIL was */
	bool ahead;            /* it was sent behind another's dot */
	bool forsaken;         /* nobody wants it any more */
};

struct engine {
	struct engine_setup setup;
	enum phase phase;
	unsigned seconds, turn;
	struct evbuffer *out;
	struct reply reply;

	/* what the server offers */
	bool pipelining, eightbitmime, smtputf8, with_size, dsn;
	uint64_t size_limit; /* 0: none told */

	struct transaction now, next;
	bool dirty; /* the server is in a transaction */
	struct body body;

	/* why it is over, and what follows from it */
	struct outcome failure; /* class OUTCOME_DEFERRED, or FAILED */
	bool loop;              /* the server is this host */
	bool silent;            /* it was silent to pipelined commands */
	bool spoke;             /* it answered in this transaction */
	bool shy;               /* it did not bear what stood behind the dot */
};

void engine_init(struct engine *, const struct engine_setup *);
void engine_free(struct engine *);

/* Bytes from the server. */
void engine_feed(struct engine *, const char *bytes, size_t len);
/* The time is over. */
void engine_timeout(struct engine *);
/* It cannot go on, for a reason of ours. */
void engine_fail(struct engine *, const char *status, const char *why);
/* The connection is gone; why in words. */
void engine_lost(struct engine *, const char *why);

/* In READY: send the message to all recipients that are open. */
void engine_begin(struct engine *, struct envelope *);
/* In BODY: some of the message, and its end. */
void engine_body(struct engine *, const char *bytes, size_t len);
void engine_body_end(struct engine *);
/* In DOT. */
bool engine_may_follow(const struct engine *);
/* false: all its recipients were decided, nothing was sent. */
bool engine_follow(struct engine *, struct envelope *);
/* Whoever was sent so is not to be sent whole; the envelope may go. */
void engine_forsake(struct engine *);
/* In READY: take leave. */
void engine_quit(struct engine *);

#endif
