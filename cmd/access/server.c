#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include <err.h>

#include "conn.h"
#include "desk.h"
#include "drop.h"
#include "exits.h"
#include "log.h"
#include "peer.h"
#include "server.h"

/* bytes of answers that a client may leave unread */
#define BACKLOG_MAX 65536
/* of clients that are counted, beside those that are here */
#define ADDRESSES_MAX 65536

struct server {
	struct event_base *base;
	struct desk desk;
	LIST_HEAD(, client) clients;
	struct rates *rates;
	struct peers counting; /* who may change the counts */
};

/* One client of the server. */
struct client {
	LIST_ENTRY(client) all;
	struct server *server;
	struct conn *conn;
	struct held *held;      /* NULL: it is no smtpd, and changes no count */
	struct record question; /* while pending */
	bool pending;
	char wants[FACT_SIZE]; /* what it waits for */
};

/* An smtpd tells of a connection that begins or ends. */
static void
count(struct client *c, const struct record *question)
{
	struct server *s = c->server;
	struct tally *tally = &s->desk.tally;
	struct question q;
	struct timespec now;

	memset(tally, 0, sizeof(*tally));
	if (c->held == NULL ||
	    strcmp(record_text(question, "count"), "yes") != 0 ||
	    question_read(question, &q) != NULL || q.family == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (q.stage == STAGE_CONNECT)
		*tally = rates_open(
		    s->rates, c->held, q.family, &q.address, now.tv_sec);
	else if (q.stage == STAGE_DISCONNECT)
		rates_close(s->rates, c->held, q.family, &q.address);
}

static void
client_free(struct client *c)
{
	LIST_REMOVE(c, all);
	if (c->held != NULL)
		rates_release(c->server->rates, c->held);
	record_free(&c->question);
	free(c);
}

static void
wait_for_fact(struct client *c, const struct record *question)
{
	size_t len;
	char *text = record_encode(question, &len);

	if (text == NULL || record_parse(&c->question, text, len) <= 0)
		err(EXIT_TEMP, "question");
	free(text);
	conn_pause(c->conn);
}

/* c may be gone when this returns. */
static void
try(struct client *c, const struct record *question)
{
	struct record out;
	const char *why;
	bool was = c->pending;

	count(c, question);
	record_init(&out, RECORD_QUESTION);
	why = desk_answer(&c->server->desk, question, &out, &c->pending);
	if (why != NULL) {
		log_event("refused", "peer",
		    log_number((long long)peer_uid(conn_fd(c->conn))), "error",
		    why, NULL);
		conn_close(c->conn);
		client_free(c);
	} else if (c->pending) {
		strlcpy(
		    c->wants, c->server->desk.facts.asked, sizeof(c->wants));
		wait_for_fact(c, question);
	} else {
		conn_send(c->conn, &out, NULL, -1);
		if (conn_backlog(c->conn) > BACKLOG_MAX)
			conn_pause(c->conn);
		else if (was)
			conn_resume(c->conn);
	}
	record_free(&out);
}

static void
on_record(struct conn *conn, const struct record *question,
    struct evbuffer *content, int fd, void *arg)
{
	(void)conn;
	(void)content;
	if (fd != -1)
		close(fd);
	try(arg, question);
}

static void
on_gone(struct conn *conn, const char *why, void *arg)
{
	if (why != NULL)
		log_event("lost", "peer",
		    log_number((long long)peer_uid(conn_fd(conn))), "error",
		    why, NULL);
	client_free(arg);
}

static void
on_drained(struct conn *conn, void *arg)
{
	struct client *c = arg;

	if (!c->pending)
		conn_resume(conn);
}

static void
on_fact(const char *fact, void *arg)
{
	struct server *s = arg;
	struct client *c, *next;
	struct record question;

	LIST_FOREACH_SAFE(c, &s->clients, all, next)
	{
		if (!c->pending || strcmp(c->wants, fact) != 0)
			continue;
		question = c->question; /* try may free c, and what it holds */
		record_init(&c->question, RECORD_QUESTION);
		try(c, &question);
		record_free(&question);
	}
}

static void
on_client(int fd, void *arg)
{
	static const struct conn_calls calls = {on_record, on_gone, on_drained};
	struct server *s = arg;
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(EXIT_TEMP, "client");
	c->server = s;
	record_init(&c->question, RECORD_QUESTION);
	c->conn = conn_new(s->base, fd, RECORD_QUESTION, 0, &calls, c);
	if (c->conn == NULL) {
		log_event("lost", "error", strerror(errno), NULL);
		close(fd);
		free(c);
		return;
	}
	if (peer_allowed(&s->counting, fd))
		c->held = rates_hold();
	LIST_INSERT_HEAD(&s->clients, c, all);
}

static void
on_term(evutil_socket_t signal, short what, void *arg)
{
	(void)signal;
	(void)what;
	event_base_loopexit(arg, NULL);
}

int
serve(const struct paths *paths, const struct walls *walls)
{
	static struct server server;
	struct server *s = &server;
	char path[PATH_SIZE];
	struct event *term;

	if (geteuid() == 0)
		errx(EXIT_PERM, "start me as a user of my own, not as root");
	drop_root("pnaccess", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((s->base = event_base_new()) == NULL)
		err(EXIT_TEMP, "event base");
	LIST_INIT(&s->clients);
	desk_open(&s->desk, s->base, paths->conf, false, on_fact, s);
	path_socket(path, paths, "access");
	s->rates = rates_new(ADDRESSES_MAX);
	peer_allow(&s->counting, "pnsmtpd");
	/* Anyone may ask: no question of theirs changes anything. */
	conn_listen(s->base, path, NULL, on_client, s);
	term = evsignal_new(s->base, SIGTERM, on_term, s->base);
	if (term == NULL || event_add(term, NULL) == -1)
		err(EXIT_TEMP, "signal");
	walls_raise(walls, paths);
	log_event("start", "listen", path, NULL);
	event_base_dispatch(s->base);
	desk_close(&s->desk);
	rates_free(s->rates);
	log_event("stop", NULL);
	return 0;
}
