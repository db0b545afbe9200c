/*
 * helper - a few processes that do jobs, so that the loop never waits for them
 *
 * They are made at start and live as long as inject.  Each does one job at a
 * time; more wait their turn.  A helper that dies ends inject with 111: what
 * became of its job is for recovery to find out.
 */
#ifndef HELPER_H
#define HELPER_H

#include <event2/event.h>

#include "paths.h"
#include "record.h"

struct helpers;

/* error: 0, ENOSPC if there is no room, else EIO (logged by the helper). */
typedef void job_done(int error, void *arg);

/* Make them, for jobs in the folder dir, called path in the log. */
struct helpers *helpers_new(int dir, const char *path, const struct paths *);
void helpers_attach(struct helpers *, struct event_base *);
/* job is emptied.  done is never called before this returns. */
void helpers_do(struct helpers *, struct record *job, job_done *, void *arg);

#endif
