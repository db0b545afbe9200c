/*
 * session - one SMTP conversation, as a pure machine
 *
 * It is given bytes, answers and the time (seconds, monotonic), and gives back
 * replies (in out) and deeds.  It does no I/O and reads no clock.  The owner
 * calls session_run after each thing it told the session, and does what it
 * says until it has nothing to do.
 */
#ifndef SESSION_H
#define SESSION_H

#include <event2/buffer.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "hops.h"
#include "line.h"
#include "path.h"
#include "record.h"
#include "resolve.h"

#define SESSION_NAME  32
#define SESSION_CHUNK 65536 /* content that goes to inject in one piece */

enum deed {
	DEED_NONE,
	DEED_READ,    /* more bytes are needed; nothing else is due */
	DEED_WAIT,    /* an answer is needed */
	DEED_LOG,     /* write the note down, and clear it */
	DEED_PAUSE,   /* session_paused when pause milliseconds are over */
	DEED_ASK,     /* put the question to access, or to the policy server
			 that server says: session_judged */
	DEED_SEND,    /* send question and content to inject; session_injected
			 after the one without more=yes */
	DEED_ABANDON, /* inject shall forget the message that was begun */
	DEED_CLOSE    /* write out, and close */
};

enum phase {
	PHASE_NAME,    /* the client's name is looked up */
	PHASE_CONNECT, /* access is asked about the client */
	PHASE_PAUSE,   /* the greeting waits */
	PHASE_GREET,
	PHASE_COMMAND,
	PHASE_MAIL, /* access is asked about the sender */
	PHASE_RCPT, /* ... the recipient */
	PHASE_DATA,
	PHASE_CHUNK,
	PHASE_VERDICT, /* inject has the whole message */
	PHASE_END
};

struct fault;

struct session {
	/* for the owner */
	struct evbuffer *out;
	struct evbuffer *content;
	struct record question;
	unsigned server;    /* 1: the first policy server; 0: access */
	struct record note; /* event=, and the fields of a log line */
	char name[SESSION_NAME];
	char address[INET6_ADDRSTRLEN]; /* of the client */
	struct client_name client;
	const char *why; /* it ended */
	unsigned pause;  /* milliseconds */
	bool strict;     /* bytes that come too early end it (RFC 2920 3.1) */

	/* its own */
	const struct config *config;
	enum phase phase;
	enum deed deed; /* due */
	bool pipelined; /* bytes have come behind the present command */
	bool draining, esmtp;
	unsigned errors, junk, messages, excess;
	int64_t now, deadline, drained;
	char *reject;      /* the reply to whatever a refused client wants, */
	char *reject_rule; /* and why */
	char *pause_rule;  /* why it waits for the greeting */
	unsigned client_rate, client_connections; /* as access counts them */
	char *told; /* the last refusal, not to log it again */
	char *helo;
	bool trusted; /* access knows the client as a friend */
	unsigned transactions;
	bool always_discard;
	char *always_hold;
	char *always_rule;

	/* of one transaction */
	bool mail, begun, discard;
	char *sender, *hold, *rule;
	char asked[PATH_ADDRESS]; /* the recipient that is asked about */
	/* of it: why it is deferred if nothing else is wrong, or anything */
	char *if_permit, *if_permit_rule, *if_reject, *if_reject_rule;
	uint64_t declared; /* SIZE= */
	bool eightbit, smtputf8;
	char *ret, *envid;    /* RFC 3461, NULL if not given */
	char *notify, *orcpt; /* of the recipient in asked */
	struct record envelope;
	unsigned recipients;
	const struct fault *doom; /* why it must fail */
	struct line_data line;
	struct hops hops;
	uint64_t size, taken; /* bytes of content; of data as they came */
	int64_t data_since;
	bool chunking, spoiled; /* BDAT has begun it; a chunk was refused */

	/* of one chunk */
	uint64_t chunk; /* bytes that are to come */
	bool last;
	const struct fault *misplaced; /* it is read, and refused */
};

/* The name is copied; "" is the address of nobody.  Never NULL. */
struct session *session_new(
    const struct config *, const char *name, const char *address, int64_t now);
void session_free(struct session *);

/* Go on, with what has come from the client; takes what it uses from in. */
enum deed session_run(struct session *, struct evbuffer *in, int64_t now);

/* The client's name was found. */
void session_named(struct session *, const struct client_name *, int64_t now);
/* The pause before the greeting is over. */
void session_paused(struct session *, int64_t now);
/* access answered; NULL: it did not. */
void session_judged(struct session *, const struct record *answer, int64_t now);
/* inject answered; NULL: it did not, and has forgotten the message. */
void session_injected(
    struct session *, const struct record *answer, int64_t now);
/* Time has passed. */
void session_tick(struct session *, int64_t now);
/* Time has passed while the client was not read, by no fault of its own. */
void session_held(struct session *, int64_t now);
/* The client has closed, and all it said was taken. */
void session_lost(struct session *, int64_t now);
/* We shall end soon: finish the transaction, begin no other. */
void session_drain(struct session *, int64_t now);

#endif
