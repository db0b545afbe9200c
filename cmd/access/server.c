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
#include "log_turn.h"
#include "peer.h"
#include "server.h"

/* bytes of answers that a client may leave unread */
#define BACKLOG_MAX 65536
/* questions of a client that wait for a fact */
#define WAITING_MAX 4096
/* of clients that are counted, beside those that are here */
#define ADDRESSES_MAX 65536

struct server {
	struct event_base *base;
	struct desk desk;
	TAILQ_HEAD(, waiting) waiting;
	unsigned round; /* of facts that came */
	/* Whose question was answered last, from which of its reads. */
	const struct client *asked;
	uint64_t reads;
	struct rates *rates;
	struct peers counting; /* who may change the counts */
};

/* One client of the server. */
struct client {
	struct server *server;
	struct conn *conn;
	struct held *held; /* NULL: it is no smtpd, and changes no count */
	unsigned waiting;
	bool in_turn; /* what waits has no tag: nothing may overtake it */
};

/* A question that cannot be answered before something is known. */
struct waiting {
	TAILQ_ENTRY(waiting) next;
	struct client *client;
	unsigned round; /* the server's, when it came */
	struct record question;
	char fact[FACT_SIZE];
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
waiting_free(struct waiting *w)
{
	TAILQ_REMOVE(&w->client->server->waiting, w, next);
	w->client->waiting--;
	record_free(&w->question);
	free(w);
}

static void
client_free(struct client *c)
{
	struct waiting *w, *next;

	TAILQ_FOREACH_SAFE(w, &c->server->waiting, next, next)
	if (w->client == c)
		waiting_free(w);
	c->server->asked = NULL;
	if (c->held != NULL)
		rates_release(c->server->rates, c->held);
	free(c);
}

/*
 * It does not speak our language.  On a line that many questions share, only
 * this one is lost: it is answered without an action.  false: c is gone.
 */
static bool
complain(struct client *c, const char *why, struct record *out)
{
	log_event("refused", "peer",
	    log_number((long long)peer_uid(conn_fd(c->conn))), "error", why,
	    NULL);
	if (out->len > 0) {
		record_add(out, "error", why);
		conn_send(c->conn, out, NULL, -1);
		return true;
	}
	conn_close(c->conn);
	client_free(c);
	return false;
}

static bool
may_ask(const struct client *c)
{
	return !c->in_turn && c->waiting < WAITING_MAX &&
	       conn_backlog(c->conn) <= BACKLOG_MAX;
}

static void
wait_for_fact(struct client *c, const struct record *question)
{
	struct waiting *w = calloc(1, sizeof(*w));
	size_t len;
	char *text = record_encode(question, &len);

	if (w == NULL)
		err(EXIT_TEMP, "question");
	w->client = c;
	w->round = c->server->round;
	strlcpy(w->fact, c->server->desk.facts.asked, sizeof(w->fact));
	record_init(&w->question, RECORD_QUESTION + RECORD_TAG);
	if (text == NULL || record_parse(&w->question, text, len) <= 0)
		err(EXIT_TEMP, "question");
	free(text);
	TAILQ_INSERT_TAIL(&c->server->waiting, w, next);
	c->waiting++;
	c->in_turn = record_get(question, "tag") == NULL;
}

/* One look at the tables is enough for all that one read has brought. */
static void
look_once(struct client *c)
{
	struct server *s = c->server;
	uint64_t reads = conn_reads(c->conn);

	tables_trust(s->desk.judge.look.t, s->asked == c && s->reads == reads);
	s->asked = c;
	s->reads = reads;
}

/* Answer, or let it wait.  false: c is gone. */
static bool
try(struct client *c, const struct record *question)
{
	struct record out;
	const char *why;
	bool pending, there = true;

	look_once(c);
	count(c, question);
	record_init(&out, RECORD_QUESTION);
	record_copy(&out, question, "tag");
	why = desk_answer(&c->server->desk, question, &out, &pending);
	if (why != NULL) {
		there = complain(c, why, &out);
	} else {
		if (pending)
			wait_for_fact(c, question);
		else
			conn_send(c->conn, &out, NULL, -1);
		if (!may_ask(c))
			conn_pause(c->conn);
	}
	record_free(&out);
	return there;
}

static void
on_record(struct conn *conn, const struct record *question,
    struct evbuffer *content, int fd, void *arg)
{
	(void)conn;
	(void)content;
	if (fd != -1)
		close(fd);
	(void)try(arg, question);
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

	c->server->asked = NULL; /* so may this */
	if (may_ask(c))
		conn_resume(conn);
}

/* One that waits for the fact since before this round. */
static struct waiting *
waits_for(struct server *s, const char *fact)
{
	struct waiting *w;

	TAILQ_FOREACH(w, &s->waiting, next)
	if (w->round != s->round && strcmp(w->fact, fact) == 0)
		break;
	return w;
}

/* Who is answered may ask on, and anything may come of that. */
static void
on_fact(const char *fact, void *arg)
{
	struct server *s = arg;
	struct record question;
	struct waiting *w;
	struct client *c;

	s->round++;
	s->asked = NULL; /* it may have taken long */
	while ((w = waits_for(s, fact)) != NULL) {
		c = w->client;
		question = w->question;
		record_init(&w->question, RECORD_QUESTION);
		waiting_free(w);
		c->in_turn = false;
		if (try(c, &question) && may_ask(c))
			conn_resume(c->conn);
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
	c->conn =
	    conn_new(s->base, fd, RECORD_QUESTION + RECORD_TAG, 0, &calls, c);
	if (c->conn == NULL) {
		log_event("lost", "error", strerror(errno), NULL);
		close(fd);
		free(c);
		return;
	}
	if (peer_allowed(&s->counting, fd))
		c->held = rates_hold();
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
	TAILQ_INIT(&s->waiting);
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
	log_by_turns(s->base);
	event_base_dispatch(s->base);
	desk_close(&s->desk);
	rates_free(s->rates);
	log_event("stop", NULL);
	return 0;
}
