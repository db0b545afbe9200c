/*
 * deeds - what a session wants done: questions, content, a pause, log lines
 *
 * The answers go to the session, and link_advance sees what it wants then.
 */
#ifndef DEEDS_H
#define DEEDS_H

#include "link.h"

/* Look up the client's name; without a resolver it is this host. */
void deed_name(struct link *);
void deed_log(struct link *);
void deed_pause(struct link *);
/* Ask access, or a policy server. */
void deed_ask(struct link *);
void deed_send(struct link *);
void deed_abandon(struct link *);

#endif
