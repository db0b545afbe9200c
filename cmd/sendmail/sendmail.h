/*
 * sendmail - what the modules of the command share
 */
#ifndef SENDMAIL_H
#define SENDMAIL_H

#include "options.h"
#include "paths.h"

/* Each ends with one of <sysexits.h>, having said on standard error why. */

/* A message from standard input into the queue; args are the recipients. */
int deliver(const struct options *, const struct paths *, char *args[]);
/* mailq: the queue as sendmail lists it. */
int list_queue(const struct paths *);
/* sendmail -q: try what waits again, now. */
int flush_queue(const struct options *, const struct paths *);
/* newaliases: aliases into aliases.cdb. */
int make_aliases(const struct paths *);

#endif
