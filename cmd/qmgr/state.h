/*
 * state - the format of queue/state: one event a record
 *
 *	event=deferred
 *	id=0000001a-00003
 *	time=1764000300
 *	number=0
 *	status=4.4.1
 *	text=connect to 192.0.2.1: timed out
 *	sum=16 hex digits	(XXH3 of all the bytes above)
 *
 * The sum is seeded with the salt of the segment's present life, so that what
 * an earlier life left behind counts for nothing.  Recipients are called by
 * their number in the message's expanded event.  See queue(5).
 */
#ifndef STATE_H
#define STATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "record.h"

enum event_kind {
	EVENT_EXPANDED,  /* the recipients; before the first attempt */
	EVENT_DONE,      /* recipient: delivered */
	EVENT_DEFERRED,  /* recipient: tried, will be tried again */
	EVENT_FAILED,    /* recipient: will never be; the sender must be told */
	EVENT_REPORTED,  /* recipients: the report is in the queue */
	EVENT_DISCARDED, /* recipient: thrown away by a rule */
	EVENT_DELETED,   /* recipient: thrown away by the operator */
	EVENT_HELD,      /* recipient: not tried until released */
	EVENT_RELEASED,  /* recipient */
	EVENT_WARNED,    /* message: the sender was told of the delay */
	EVENT_MOVED,     /* message: a later generation counts */
	EVENT_KINDS
};

const char *event_name(enum event_kind);
/* EVENT_KINDS for an unknown one. */
enum event_kind event_kind(const char *name);

/* The record as it is written: malloced, *len bytes. */
char *state_encode(const struct record *, uint64_t salt, size_t *len);

/*
 * Parse the event at the start of bytes.  1: got it, *used bytes; 0: it is cut
 * short; -1: this is no event of this life.
 */
int state_parse(struct record *, uint64_t salt, const char *bytes, size_t len,
    size_t *used);

/* Where the next event may begin after damage at the start of bytes, or len. */
size_t state_resync(const char *bytes, size_t len);

#endif
