/*
 * control - who asks qmgr something, and what is done about each recipient
 */
#ifndef CONTROL_H
#define CONTROL_H

#include "qmgr.h"

/*
 * Do something to a recipient that was selected.  false if it cannot be done
 * to this one now (it is being delivered, or stands so already).
 */
typedef bool action(
    struct qmgr *, struct rcpt *, struct envelope *, const char *rule);

/* The action of that name, or NULL. */
action *action_find(const char *name);

struct client {
	struct qmgr *q;
	struct conn *conn;
	bool is_inject, is_admin;
	struct event *more; /* go on with the walk */
	struct cursor cursor;
	struct record filter; /* the question */
	action *act;          /* NULL: tell */
	char rule[24];        /* "qctl:UID" */
	uint32_t count;
};

/* One recipient as qstat is told of it. */
void tell_rcpt(
    struct client *, struct message *, struct rcpt *, const struct envelope *);
/* All of a message, what is finished too. */
void tell_message(struct client *, struct message *);
/* Every lane; how many. */
uint32_t tell_lanes(struct client *);

#endif
