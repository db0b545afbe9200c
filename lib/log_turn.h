/*
 * log_turn - one write for all that is logged in a turn of the event loop
 *
 * Who is killed within a turn, by SIGKILL or a bad pointer, takes the lines of
 * that turn with him.
 */
#ifndef LOG_TURN_H
#define LOG_TURN_H

#include <event2/event.h>

/* For a process with one loop, when it has all its children. */
void log_by_turns(struct event_base *);

#endif
