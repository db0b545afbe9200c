/*
 * stages - the rules behind judge, one for each thing that is asked
 */
#ifndef STAGES_H
#define STAGES_H

#include "addr.h"
#include "judge.h"

/* What a rule did. */
enum step {
	STEP_ERROR = -1, /* a table cannot be read */
	STEP_PENDING,    /* the caller must find something out first */
	STEP_DONE,       /* the verdict stands */
	STEP_NEXT        /* nothing decided */
};

/*
 * The address in "<address>... " before a reply's text is the recipient's when
 * sender and client are judged at RCPT (delay_checks), and none for a client
 * who is judged when it connects.
 */
enum step judge_client(struct judge *, const struct question *,
    const char *prefix, struct verdict *);
/* At MAIL with delay_checks: only whether it is an address. */
enum step judge_sender(struct judge *, const struct question *,
    const char *prefix, struct verdict *);
enum step judge_sender_syntax(
    struct judge *, const struct question *, struct verdict *);
enum step judge_rcpt(struct judge *, const struct question *, struct verdict *);
/*
 * May anyone, or this client, send to that address (canonical)?  A verdict in
 * any case but STEP_ERROR.
 */
enum step judge_relay(struct judge *, const struct question *,
    const struct addr *, struct verdict *);
/* Would its domain alone grant it?  Then the verdict says so. */
enum step judge_domain(struct judge *, const struct addr *, struct verdict *);

#endif
