/*
 * sendmail - what the modules of the command share
 */
#ifndef SENDMAIL_H
#define SENDMAIL_H

#include "options.h"
#include "paths.h"
#include "record.h"

/* Each ends with one of <sysexits.h>, having said on standard error why. */

/* A message from standard input into the queue; args are the recipients. */
int deliver(const struct options *, const struct paths *, char *args[]);
/* mailq: the queue as sendmail lists it. */
int list_queue(const struct options *, const struct paths *);
/* sendmail -q: try what waits again, now. */
int flush_queue(const struct options *, const struct paths *);
/* newaliases: aliases into aliases.cdb. */
int make_aliases(const struct paths *);

/*
 * Become another of our programs: it lies beside this one, or in LIBEXECDIR.
 * args[0] is its name.  Returns only if that failed.
 */
int become(const char *const args[]);

/* The exit status that stands for the class and status of an answer. */
int exit_status(const struct record *answer);

#endif
