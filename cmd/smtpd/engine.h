/*
 * engine - what the parts of a session do to each other
 *
 * engine.c leads the conversation, client.c goes as far as the greeting,
 * commands.c knows the commands, data.c takes a message's data, question.c asks
 * access, chain.c the policy servers.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "session.h"
#include "verdict.h"

#define COMMAND_LINE  2048    /* RFC 5321 4.5.3.1.4: 512, and parameters */
#define ERRORS_MAX    25      /* 5xx replies, until a message is accepted */
#define EXCESS_JUNK   100     /* recipients too many that count as one junk */
#define JUNK_MAX      100     /* NOOP and the like, likewise */
#define TEXT_LINE_MAX 1048576 /* a line of data */
#define HEADER_SIZE   262144  /* of all header fields */
#define DATA_RATE_MIN 500     /* bytes a second, beyond timeout_data */
#define VERDICT_WAIT  300     /* inject has so long to answer */
#define NAME_WAIT     10      /* the look-up of the client's name has */
#define PAUSE_MAX     300000  /* milliseconds before the greeting */
#define DRAIN_TIME    30
#define LINGER_TIME   5 /* the last reply has, to get through */

#define TEXT_TEMPFAIL "451 4.3.0 Temporary system failure, try again later"

/* Queue a 2xx or 3xx; the CR LF is added, what is not printable masked. */
void session_reply(struct session *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * Queue a 4xx or 5xx, the only way to say one, and log it with the rule that
 * decided: an entry of a table, or the program and option.  What is said again
 * and again of the same sender and recipient is logged once.
 */
void session_refuse(struct session *, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void session_end(struct session *, const char *why);
/* Ask access; recipient may be NULL. */
void session_ask(struct session *, enum phase, const char *recipient);
/* Log what became of a message or a command: fields that are "" are left out.
 */
void session_note(
    struct session *, const char *event, const char *text, const char *rule);
/* Forget the message that was under way. */
void session_reset(struct session *);
/* Remember why a message is held or thrown away. */
void session_mark(struct session *, const struct verdict *);

/* client.c */
void client_judged(
    struct session *, const struct record *answer, const struct verdict *);
bool client_greet(struct session *, struct evbuffer *in);

/* commands.c */
void command_run(struct session *, char *line, size_t len);
void command_judged(struct session *, const struct verdict *);
/* The recipient that was asked about may be. */
void command_accept(struct session *);

/* chain.c: false if no policy server is to be asked about the recipient */
bool chain_begin(struct session *);
void chain_judged(struct session *, const struct record *answer);
void chain_free(struct session *);

/* parameter.c */
/* NULL, or the reply that refuses one of the parameters. */
const char *parameters_take(struct session *, const char *verb, char *rest);
/* Those of the recipient that was accepted, into the envelope.  0 or -1. */
int parameters_keep(struct session *);
void parameters_forget(struct session *);

/* Why a message is refused. */
struct fault {
	const char *reply;
	const char *rule;
};

/* data.c */
#define DATA_SLICE 16384

void data_start(struct session *);
bool data_run(struct session *, struct evbuffer *in);
void data_tick(struct session *);
void data_injected(struct session *, const struct record *answer);
/* What DATA and BDAT share: a message begins; */
void data_begin(struct session *);
/* so much of len bytes may be looked at now, DATA_SLICE at most; */
size_t data_room(const struct session *, size_t len);
/* this is content; that many bytes have come for it; it is whole. */
void data_take(struct session *, const char *bytes, size_t len);
void data_came(struct session *, size_t len);
void data_finish(struct session *);

/* chunk.c */
void chunk_start(struct session *, char *argument);
bool chunk_run(struct session *, struct evbuffer *in);

#endif
