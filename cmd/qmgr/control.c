/*
 * What inject, qstat and qctl say on our socket.
 *
 * A question about the queue is answered a slice at a time, so that a million
 * messages keep nobody waiting; a cursor stays on its place meanwhile.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "control.h"
#include "exits.h"
#include "log.h"
#include "peer.h"

#define BACKLOG     262144 /* bytes the peer has not read */
#define RECORD_MOST 8192   /* of a question */

typedef void request(struct client *, const struct record *);

static void
client_free(struct client *c)
{
	cursor_end(c->q, &c->cursor);
	record_free(&c->filter);
	event_free(c->more);
	free(c);
}

static void
answer_end(struct client *c)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	if (c->act == NULL)
		record_add(&r, "end", "yes");
	else
		record_add(&r, "class", "done");
	record_addf(&r, "count", "%u", c->count);
	conn_send(c->conn, &r, NULL, -1);
	record_free(&r);
}

static void
refuse(struct client *c, const char *text)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	record_add(&r, "class", "failed");
	record_add(&r, "status", "5.5.2");
	record_add(&r, "text", text);
	conn_send(c->conn, &r, NULL, -1);
	record_free(&r);
}

/* --- selecting ------------------------------------------------------------ */

static bool
matches(const struct client *c, const char *name, const char *value)
{
	const char *wanted = record_get(&c->filter, name);

	return wanted == NULL ||
	       fnmatch(wanted, value == NULL ? "" : value, FNM_CASEFOLD) == 0;
}

static bool
is_selected(
    const struct client *c, const struct rcpt *r, const struct envelope *e)
{
	return r->state != RCPT_FINISHED &&
	       matches(c, "lane", r->lane == NULL ? NULL : r->lane->name) &&
	       matches(c, "recipient", e->recipients[r->number]) &&
	       matches(c, "sender", envelope_sender(e, r->number));
}

static void
visit(struct client *c, struct message *m)
{
	struct envelope *e;
	char id[ID_SIZE];
	uint32_t i;
	bool changed;

	message_id(m, id);
	if (m->pending || !matches(c, "id", id))
		return;
	changed = load_place(c->q, m);
	if ((e = envelope_get(c->q, m)) != NULL) {
		changed |= c->act != NULL;
		for (i = 0; i < m->count; i++) {
			if (!is_selected(c, &m->rcpts[i], e))
				continue;
			if (c->act == NULL)
				tell_rcpt(c, m, &m->rcpts[i], e);
			else if (!c->act(c->q, &m->rcpts[i], e, c->rule))
				continue;
			c->count++;
		}
	}
	envelope_put(e);
	if (changed)
		settle(c->q, m);
}

/* --- walking -------------------------------------------------------------- */

static void
walk_end(struct client *c)
{
	cursor_end(c->q, &c->cursor);
	answer_end(c);
	if (c->act != NULL)
		turn_soon(c->q);
	/* What was sent meanwhile may be the end of this client. */
	conn_resume(c->conn);
}

/* Not event_active: the loop must look at its other events in between. */
static void
more_soon(struct client *c)
{
	static const struct timeval none = {0, 0};

	event_add(c->more, &none);
}

static void
on_more(evutil_socket_t none, short what, void *arg)
{
	struct client *c = arg;
	struct message *m;
	int seen = 0;

	(void)none;
	(void)what;
	if (!c->cursor.walking)
		return;
	while (seen++ < SLICE && conn_backlog(c->conn) < BACKLOG &&
	       (m = cursor_step(c->q, &c->cursor)) != NULL)
		visit(c, m);
	cursor_rest(&c->cursor);
	if (c->cursor.at == NULL)
		walk_end(c);
	else if (conn_backlog(c->conn) < BACKLOG)
		more_soon(c);
}

static void
walk_begin(struct client *c, const struct record *question, action *act)
{
	size_t at = 0;
	const char *name, *value;
	char copy[16];

	record_clear(&c->filter);
	while (record_walk(question, &at, &name, &value)) {
		snprintf(
		    copy, sizeof(copy), "%.*s", (int)strcspn(name, "="), name);
		(void)record_add(&c->filter, copy, value);
	}
	c->act = act;
	c->count = 0;
	cursor_begin(c->q, &c->cursor);
	conn_pause(c->conn);
	more_soon(c);
}

/* --- questions ------------------------------------------------------------ */

static void
ask_durable(struct client *c, const struct record *r)
{
	uint32_t number;
	uint64_t end;

	if (segment_number(record_text(r, "segment"), &number) == 0 &&
	    record_number(r, "end", UINT32_MAX, &end) == 1)
		load_durable(c->q, number, (off_t)end);
}

static void
ask_list(struct client *c, const struct record *r)
{
	walk_begin(c, r, NULL);
}

static void
ask_lanes(struct client *c, const struct record *r)
{
	(void)r;
	c->act = NULL;
	c->count = tell_lanes(c);
	answer_end(c);
}

static void
ask_message(struct client *c, const struct record *r)
{
	struct message *m;
	uint32_t segment, sequence;

	c->act = NULL;
	c->count = 0;
	if (id_parse(record_text(r, "id"), &segment, &sequence) == 0)
		for (m = message_first(c->q); m != NULL;
		     m = message_after(c->q, m))
			if (m->segment == segment && m->sequence == sequence) {
				tell_message(c, m);
				c->count = m->count;
				break;
			}
	answer_end(c);
}

static bool
has_selector(const struct record *r)
{
	return record_get(r, "id") != NULL || record_get(r, "sender") != NULL ||
	       record_get(r, "recipient") != NULL ||
	       record_get(r, "lane") != NULL;
}

static void
ask_change(struct client *c, const struct record *r)
{
	const char *name = record_text(r, "request");

	snprintf(c->rule, sizeof(c->rule), "qctl:%lld",
	    (long long)peer_uid(conn_fd(c->conn)));
	if (strcmp(name, "flush") != 0 && !has_selector(r)) {
		refuse(c, "which messages? id, sender, recipient or lane");
		return;
	}
	log_event("operator", "request", name, "id", record_get(r, "id"),
	    "sender", record_get(r, "sender"), "recipient",
	    record_get(r, "recipient"), "lane", record_get(r, "lane"), "uid",
	    log_number((long long)peer_uid(conn_fd(c->conn))), "rule", c->rule,
	    NULL);
	walk_begin(c, r, action_find(name));
}

static const struct {
	const char *name;
	request *answer;
	bool of_inject; /* or else of the operator */
} requests[] = {
    {"durable", ask_durable, true},
    {"list", ask_list, false},
    {"message", ask_message, false},
    {"lanes", ask_lanes, false},
    {"flush", ask_change, false},
    {"hold", ask_change, false},
    {"release", ask_change, false},
    {"delete", ask_change, false},
    {"bounce", ask_change, false},
};

static void
on_record(struct conn *conn, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	struct client *c = arg;
	size_t i;

	(void)conn;
	(void)content;
	if (fd != -1)
		close(fd);
	for (i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (strcmp(requests[i].name, record_text(r, "request")) == 0 &&
		    (requests[i].of_inject ? c->is_inject : c->is_admin)) {
			requests[i].answer(c, r);
			return;
		}
	refuse(c, "no such request, or not for you");
}

static void
on_gone(struct conn *conn, const char *why, void *arg)
{
	(void)conn;
	(void)why;
	client_free(arg);
}

static void
on_drained(struct conn *conn, void *arg)
{
	struct client *c = arg;

	(void)conn;
	if (c->cursor.walking)
		more_soon(c);
}

static const struct conn_calls calls = {on_record, on_gone, on_drained};

/* --- who may ask ---------------------------------------------------------- */

static bool
is_user(int fd, const char *name)
{
	struct peers peers = {0};

	peer_allow(&peers, name);
	return peer_allowed(&peers, fd);
}

static void
on_accepted(int fd, void *arg)
{
	struct qmgr *q = arg;
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(EXIT_TEMP, "client");
	c->q = q;
	c->is_inject = is_user(fd, "pninject");
	c->is_admin = peer_uid(fd) == 0 || peer_uid(fd) == geteuid() ||
		      peer_in_group(fd, "pnadmin");
	if (!c->is_inject && !c->is_admin) {
		log_event("refused", "peer_uid",
		    log_number((long long)peer_uid(fd)), NULL);
		close(fd);
		free(c);
		return;
	}
	record_init(&c->filter, RECORD_MOST);
	c->more = event_new(q->base, -1, 0, on_more, c);
	c->conn = conn_new(q->base, fd, RECORD_MOST, 0, &calls, c);
	if (c->more == NULL || c->conn == NULL)
		err(EXIT_TEMP, "client");
}

void
control_listen(struct qmgr *q)
{
	char path[PATH_SIZE];

	path_socket(path, &q->paths, "qmgr");
	(void)conn_listen(q->base, path, NULL, on_accepted, q);
}
