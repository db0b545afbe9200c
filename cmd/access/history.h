/*
 * history - the questions that a log tells were asked
 *
 * From the lines of smtpd (connect, refused, accepted ...), inject (accepted)
 * and qmgr (what became of each recipient), in the order of time.  No I/O.
 */
#ifndef HISTORY_H
#define HISTORY_H

#include "record.h"

struct history;

/* ask is called with each question once, however often it was asked. */
struct history *history_new(
    void (*ask)(const struct record *question, void *arg), void *arg);
void history_free(struct history *);
/* The text is used up. */
void history_line(struct history *, char *text);

#endif
