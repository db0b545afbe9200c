/*
 * deliver - bring a job to one of its hosts, or find out why not
 */
#ifndef DELIVER_H
#define DELIVER_H

#include <event2/event.h>

#include "job.h"
#include "link.h"
#include "resolve.h"

struct deliver_world {
	struct event_base *base;
	struct resolver *resolver;
	struct links *links;
	const char *me;
	unsigned patience; /* seconds; then no further address is tried */
};

struct delivery;

/*
 * Begin; the job is moved.  done is called once, never before this returns,
 * when every recipient has an outcome; the delivery is freed when it returns.
 */
struct delivery *deliver_start(const struct deliver_world *, struct job *,
    void (*done)(struct job *, void *arg), void *arg);
/*
 * Nobody waits any more: done is not called.  What has not been sent whole is
 * broken off; for the rest the outcome is awaited, for the log.
 */
void deliver_cancel(struct delivery *);

#endif
