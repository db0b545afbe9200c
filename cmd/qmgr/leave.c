/*
 * A message as it leaves: envelope sender and header by rewriting(5).  The
 * entry in the queue stays as it came.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"
#include "readdress.h"

#define HEADER_MOST 65536 /* a longer one stays as it is */

/* Who asks rewrite, for whom. */
struct asker {
	struct qmgr *q;
	bool local;
};

/* A header as it is shown; text NULL: as it was. */
struct shown {
	char *text;
	size_t len, took; /* it takes the place of so many bytes */
};

const char *
leave_reason(const struct qmgr *q)
{
	return router_tables(q->router)->reason;
}

static int
change(bool sender, const char *address, char out[ADDR_SIZE], void *arg)
{
	struct asker *a = arg;
	char rule[RULE_SIZE];

	return rewrite(a->q->rewriter,
	    sender ? REWRITE_HEADER_SENDER : REWRITE_HEADER_RECIPIENT, a->local,
	    address, out, rule);
}

/* 0 and what it becomes; -1: a table cannot be read. */
static int
show_header(struct asker *a, const char *text, size_t len, bool whole,
    struct shown *shown)
{
	memset(shown, 0, sizeof(*shown));
	if (readdress(text, len, change, a, &shown->text, &shown->len,
		&shown->took) == -1)
		return -1;
	if (shown->took == len && !whole) {
		free(shown->text);
		shown->text = NULL;
	}
	return 0;
}

/* 0; -1 with errno: it cannot be read; 1: a table cannot. */
static int
show_file(struct asker *a, int fd, struct shown *shown)
{
	char *text = malloc(HEADER_MOST);
	ssize_t got;
	int failed = 0;

	if (text == NULL)
		err(EXIT_TEMP, "header");
	while ((got = pread(fd, text, HEADER_MOST, 0)) == -1 && errno == EINTR)
		;
	if (got != -1)
		failed =
		    show_header(a, text, (size_t)got, got < HEADER_MOST, shown);
	free(text);
	return got == -1 ? -1 : failed == -1;
}

static int
show_content(struct asker *a, struct evbuffer *content, struct shown *shown)
{
	size_t len = evbuffer_get_length(content);
	bool whole = len <= HEADER_MOST;
	size_t most = whole ? len : HEADER_MOST;
	const char *text =
	    (const char *)evbuffer_pullup(content, (ev_ssize_t)most);

	memset(shown, 0, sizeof(*shown));
	if (text == NULL)
		return 0;
	return show_header(a, text, most, whole, shown) == -1;
}

/* Put the header where the old one was, and say how long all is. */
static void
put_content(const struct envelope *e, const struct shown *shown,
    struct record *r, struct evbuffer *content, int fd)
{
	int failed = 0;

	if (fd != -1)
		record_addf(r, "length", "%ju", (uintmax_t)e->entry.length);
	if (shown->text != NULL && fd != -1) {
		record_addf(r, "skip", "%zu", shown->took);
		failed = evbuffer_add(content, shown->text, shown->len);
	} else if (shown->text != NULL) {
		failed =
		    evbuffer_drain(content, shown->took) == -1 ||
		    evbuffer_prepend(content, shown->text, shown->len) == -1;
	}
	if (failed != 0)
		err(EXIT_TEMP, "content");
	if (fd == -1 || shown->text != NULL)
		record_addf(r, "size", "%zu", evbuffer_get_length(content));
}

/* The sender of the envelope: 0, or -1: a table cannot be read. */
static int
show_sender(struct asker *a, const char *sender, struct record *r)
{
	char out[ADDR_SIZE], rule[RULE_SIZE];
	struct addr parts;
	int got = *sender == '\0'
		      ? 0
		      : rewrite(a->q->rewriter, REWRITE_ENVELOPE_SENDER,
			    a->local, sender, out, rule);

	if (got == 1 && addr_parse(out, &parts) != NULL)
		got = 0;
	if (got != -1)
		record_add(r, "sender", got == 1 ? out : sender);
	return got == -1 ? -1 : 0;
}

static int
leave_changed(struct asker *a, const struct envelope *e, const char *sender,
    struct record *r, struct evbuffer *content, int fd)
{
	struct shown shown = {.text = NULL};
	int got = 1;

	if (rewriter_begin(a->q->rewriter) == -1)
		return 1;
	if (show_sender(a, sender, r) == 0)
		got = fd != -1 ? show_file(a, fd, &shown)
			       : show_content(a, content, &shown);
	rewriter_end(a->q->rewriter);
	if (got == 0)
		put_content(e, &shown, r, content, fd);
	else if (got == -1)
		log_event("damaged", "id", e->entry.id, "reason",
		    strerror(errno), NULL);
	free(shown.text);
	return got;
}

/* Whether there is such a table is looked at once a second. */
static bool
is_on(struct qmgr *q)
{
	int64_t now = time(NULL);

	if (now != q->rewrites_seen) {
		q->rewrites = rewriter_is_on(q->rewriter);
		q->rewrites_seen = now;
	}
	return q->rewrites;
}

int
message_leave(struct qmgr *q, struct rcpt *rcpt, struct envelope *e, bool local,
    struct record *r, struct evbuffer *content, int *fd)
{
	struct message *m = message_of(rcpt);
	const char *sender = envelope_sender(e, rcpt->number);
	struct asker a = {q, local};

	if (!is_on(q)) {
		record_add(r, "sender", sender);
		return message_content(q, m, e, r, content, fd);
	}
	if (message_load(q, m, e, content, fd) == -1)
		return -1;
	return leave_changed(&a, e, sender, r, content, *fd);
}
