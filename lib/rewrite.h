/*
 * rewrite - the addresses that a message shows when it leaves
 *
 * What sendmail's rulesets 3, 93 (MasqHdr) and 94 (MasqEnv) do between the
 * queue and a mailer: domaintable, genericstable for domains in
 * generics-domains, masquerading, and this host's name where there is none.
 * Which address is rewritten by what is told in rewriting(5).
 */
#ifndef REWRITE_H
#define REWRITE_H

#include <stdbool.h>

#include "tables.h"

enum rewrite_kind {
	REWRITE_HEADER_SENDER,    /* From, Reply-To, ... */
	REWRITE_HEADER_RECIPIENT, /* To, Cc, ... */
	REWRITE_ENVELOPE_SENDER
};

struct rewriter;

/*
 * The tables must outlive it.  Exits 100 if a control file makes no sense.
 */
struct rewriter *rewriter_open(struct tables *);
void rewriter_close(struct rewriter *);

/* Is there a table or a setting by which an address may change? */
bool rewriter_is_on(struct rewriter *);

/* As tables_begin, and for the tables that are asked here alone. */
int rewriter_begin(struct rewriter *);
void rewriter_end(struct rewriter *);

/*
 * Between the two.  1: out is another address, rule the last entry that made
 * it so; 0: out is the address as it was; -1: a table cannot be read now
 * (tables' reason).  local: it is for a mailbox here, not for another host.
 */
int rewrite(struct rewriter *, enum rewrite_kind, bool local,
    const char *address, char out[ADDR_SIZE], char rule[RULE_SIZE]);

#endif
