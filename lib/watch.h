/*
 * watch - may anything in a folder have changed?
 *
 * Spares those who answer many questions the look at each file for each of
 * them.  The kernel tells of names and files of the folder (inotify(7)) before
 * the call that changes them returns; of what lies behind a symbolic link or on
 * another machine's disk it does not, so once a second the answer is yes.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>

struct watch;

/* Never fails: where there is no inotify, the answer is always yes. */
struct watch *watch_open(const char *dir);
void watch_close(struct watch *);
/* Since it was asked last; yes at first. */
bool watch_changed(struct watch *);

#endif
