#include "tally.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "ask.h"
#include "exits.h"

struct tally {
	struct ask_pool *access; /* of one line */
	LIST_HEAD(, tally_client) pending;
};

struct tally_client {
	LIST_ENTRY(tally_client) next;
	struct tally *tally;
	tally_answer *answer; /* NULL: forgotten */
	void *arg;
	char *address;
};

struct tally *
tally_new(struct ask_pool *access)
{
	struct tally *t;

	if ((t = malloc(sizeof(*t))) == NULL)
		err(EXIT_TEMP, "tally");
	LIST_INIT(&t->pending);
	t->access = access;
	return t;
}

static void
client_free(struct tally_client *c)
{
	LIST_REMOVE(c, next);
	free(c->address);
	free(c);
}

void
tally_free(struct tally *t)
{
	struct tally_client *c;

	while ((c = LIST_FIRST(&t->pending)) != NULL)
		client_free(c);
	free(t);
}

static void
on_begin(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct tally_client *c = arg;

	(void)content;
	if (fd != -1)
		close(fd);
	if (c->answer != NULL)
		c->answer(answer, why, c->arg);
	/* It may have been counted even if nobody said so. */
	if (c->answer == NULL || answer == NULL)
		tally_end(c->tally, c->address);
	client_free(c);
	if (answer != NULL)
		ask_end(a);
}

/* Whether it was heard or not, there is nothing more to do. */
static void
on_end(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	(void)content;
	(void)why;
	(void)arg;
	if (fd != -1)
		close(fd);
	if (answer != NULL)
		ask_end(a);
}

struct tally_client *
tally_begin(struct tally *t, const struct record *question,
    tally_answer *answer, void *arg)
{
	struct tally_client *c;

	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->address = strdup(record_text(question, "client_address"))) ==
		NULL)
		err(EXIT_TEMP, "tally");
	c->tally = t;
	c->answer = answer;
	c->arg = arg;
	LIST_INSERT_HEAD(&t->pending, c, next);
	ask_send(ask_begin(t->access, on_begin, c), question, NULL, -1);
	return c;
}

void
tally_forget(struct tally_client *c)
{
	c->answer = NULL;
}

void
tally_end(struct tally *t, const char *address)
{
	struct record q;

	record_init(&q, RECORD_QUESTION);
	record_add(&q, "request", "smtpd_access_policy");
	record_add(&q, "protocol_state", "DISCONNECT");
	record_add(&q, "count", "yes");
	record_add(&q, "client_address", address);
	ask_send(ask_begin(t->access, on_end, NULL), &q, NULL, -1);
	record_free(&q);
}
