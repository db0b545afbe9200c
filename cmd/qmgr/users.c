/*
 * Is there such a user?  Asked of lspawn, and only where aliases lead back to
 * where they began: there a user is an end and another name is none.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <err.h>

#include "exits.h"
#include "qmgr.h"
#include "users.h"

#define LIFETIME  60  /* seconds that an answer counts */
#define USERS_MAX 100 /* remembered; that many do not stand in loops */

struct user {
	TAILQ_ENTRY(user) next;
	struct qmgr *q;
	bool asked; /* and not answered yet */
	bool exists;
	time_t until;
	char name[];
};

static void
user_free(struct user *u)
{
	TAILQ_REMOVE(&u->q->users, u, next);
	u->q->user_count--;
	free(u);
}

/* Who has no mailbox, but an account (5.7.1), is a user all the same. */
static void
on_answer(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct user *u = arg;
	struct qmgr *q = u->q;
	const char *class = answer == NULL ? "" : record_text(answer, "class");

	(void)content;
	(void)fd;
	(void)why;
	u->asked = false;
	u->until = time(NULL) + LIFETIME;
	u->exists = strcmp(class, "failed") != 0 ||
		    strcmp(record_text(answer, "status"), "5.1.1") != 0;
	if (answer == NULL || strcmp(class, "deferred") == 0)
		user_free(u); /* to be asked anew, when it is wanted again */
	else
		event_active(q->again, EV_TIMEOUT, 0);
	if (answer != NULL)
		ask_end(a);
}

static void
ask_user(struct qmgr *q, const char *name)
{
	size_t len = strlen(name) + 1;
	struct user *u = calloc(1, sizeof(*u) + len);
	struct record r;

	if (u == NULL)
		err(EXIT_TEMP, "user %s", name);
	u->q = q;
	u->asked = true;
	memcpy(u->name, name, len);
	TAILQ_INSERT_TAIL(&q->users, u, next);
	q->user_count++;
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "request", "owner");
	record_add(&r, "user", name);
	ask_send(ask_begin(q->lspawn, on_answer, u), &r, NULL, -1);
	record_free(&r);
}

int
users_known(const char *name, void *arg)
{
	struct qmgr *q = arg;
	struct user *u, *next;
	time_t now = time(NULL);

	for (u = TAILQ_FIRST(&q->users); u != NULL; u = next) {
		next = TAILQ_NEXT(u, next);
		if (!u->asked && u->until < now)
			user_free(u);
		else if (strcmp(u->name, name) == 0)
			return u->asked ? -1 : u->exists;
	}
	if (q->user_count < USERS_MAX)
		ask_user(q, name);
	return -1;
}
