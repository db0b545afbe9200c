/*
 * notify - tell qmgr how far the log is durable
 *
 * A hint that may be dropped: qmgr away, or slow to read, hears the latest
 * state when it is back.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <event2/event.h>
#include <stdint.h>
#include <sys/types.h>

struct notify;

struct notify *notify_new(struct event_base *, const char *path);
void notify_durable(struct notify *, uint32_t segment, off_t end);

#endif
