/*
 * access - say whether a client, a sender or a recipient may pass
 *
 * Questions in, verdicts out, in the records of Postfix's policy delegation: on
 * standard input and output, or with -s for everyone on the socket.  Reads the
 * administrator's tables and nothing else; see access(8).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "account.h"
#include "conf.h"
#include "conn.h"
#include "drop.h"
#include "exits.h"
#include "judge.h"
#include "limits.h"
#include "log.h"
#include "paths.h"
#include "peer.h"
#include "rate.h"
#include "reply.h"
#include "source.h"

#define BACKLOG_MAX                                                            \
	65536 /* bytes of answers that a client may leave unread               \
	       */

#define ADDRESSES_MAX                                                          \
	65536 /* of clients that are counted, beside those that are here       \
	       */

struct server;

/* One client of the server. */
struct client {
	LIST_ENTRY(client) all;
	struct server *server;
	struct conn *conn;
	struct held *held;      /* NULL: it is no smtpd, and changes no count */
	struct record question; /* while pending */
	bool pending;
	char wants[ACCOUNT_SIZE]; /* the account that it waits for */
};

struct server {
	struct event_base *base;
	struct paths paths;
	struct judge judge;
	struct accounts *accounts;
	LIST_HEAD(, client) clients;
	struct limits limits;
	struct rates *rates;
	struct peers counting;    /* who may change the counts */
	struct tally tally;       /* of the present question's client */
	char asked[ACCOUNT_SIZE]; /* the account that the judge asked for */
	char *trace;              /* -v: what tables_open's stream wrote */
	size_t trace_len;
	char told[PATH_SIZE + 128]; /* the last trouble that was logged */
	time_t told_at;
};

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: access [-sv] [-c confdir]\n", stderr);
	exit(EXIT_PERM);
}

static enum account
find_account(const char *name, void *arg)
{
	struct server *s = arg;

	strlcpy(s->asked, name, sizeof(s->asked));
	return accounts_ask(s->accounts, name);
}

static int
judge_limits(struct judge *j, const struct question *q, struct verdict *v)
{
	struct server *s = j->arg;

	return limits_judge(&s->limits, false, &j->look, q, v);
}

/* An smtpd tells of a connection that begins or ends. */
static void
count(struct client *c, const struct record *question)
{
	struct server *s = c->server;
	struct question q;
	struct timespec now;

	memset(&s->tally, 0, sizeof(s->tally));
	if (c->held == NULL ||
	    strcmp(record_text(question, "count"), "yes") != 0 ||
	    question_read(question, &q) != NULL || q.family == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (q.stage == STAGE_CONNECT)
		s->tally = rates_open(
		    s->rates, c->held, q.family, &q.address, now.tv_sec);
	else if (q.stage == STAGE_DISCONNECT)
		rates_close(s->rates, c->held, q.family, &q.address);
}

/* A broken table is named once, and again each minute that it stays so. */
static void
complain(struct server *s)
{
	const char *reason = s->judge.look.t->reason;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (strcmp(s->told, reason) == 0 && t.tv_sec < s->told_at + 60)
		return;
	strlcpy(s->told, reason, sizeof(s->told));
	s->told_at = t.tv_sec;
	log_event("unreadable", "error", reason, NULL);
}

static void
add(struct record *out, const char *name, const char *value)
{
	if (*value != '\0' && record_add(out, name, value) == -1)
		log_event(
		    "answer", "field", name, "error", strerror(errno), NULL);
}

/* -v: every look-up, and the line that decided. */
static void
explain(struct server *s, const struct verdict *v, struct record *out)
{
	FILE *stream = s->judge.look.t->trace;
	const char *key = strchr(v->rule, ':');
	char table[64], *line, *rest;
	unsigned number;

	fflush(stream);
	for (rest = s->trace; (line = strsep(&rest, "\n")) != NULL;)
		add(out, "look", line);
	rewind(stream);
	if (key == NULL || (size_t)(key - v->rule) >= sizeof(table))
		return;
	snprintf(table, sizeof(table), "%.*s", (int)(key - v->rule), v->rule);
	number = source_line(s->paths.conf, table, key + 1);
	if (number > 0 && record_addf(out, "line", "%s/%s:%u", s->paths.conf,
			      table, number) == -1)
		log_event("answer", "field", "line", NULL);
}

/*
 * What a client that connects is told besides: its counts, and how long it
 * waits for the greeting.
 */
static int
welcome(struct server *s, const struct question *q, struct verdict *v,
    struct record *out)
{
	struct look *look = &s->judge.look;
	char rule[RULE_SIZE];
	int pause = -1;

	if (tables_begin(look->t) == 0) {
		if (limits_judge(&s->limits, true, look, q, v) != -1)
			pause = limits_pause(&s->limits, look, q, rule);
		tables_end(look->t);
	}
	if (pause == -1) {
		reply_text(v, NULL,
		    "451 4.3.0 Temporary system failure. "
		    "Please try again later.",
		    "default:unreadable");
		return -1;
	}
	if (q->client_rate > 0) {
		record_addf(out, "client_rate", "%u", q->client_rate);
		record_addf(
		    out, "client_connections", "%u", q->client_connections);
	}
	if (pause > 0) {
		record_addf(out, "pause", "%d", pause);
		add(out, "pause_rule", rule);
	}
	return 1;
}

/*
 * NULL and the answer, or why the record is no question.  *pending: there is no
 * answer yet.
 */
static const char *
answer(struct server *s, const struct record *question, struct record *out,
    bool *pending)
{
	struct question q;
	struct verdict v;
	const char *why = question_read(question, &q);
	int got;

	*pending = false;
	if (why != NULL)
		return why;
	if (s->tally.rate > 0) {
		q.client_rate = s->tally.rate;
		q.client_connections = s->tally.open;
	}
	got = judge(&s->judge, &q, &v);
	if (got == 1 && q.stage == STAGE_CONNECT)
		got = welcome(s, &q, &v, out);
	if (got == -1)
		complain(s);
	else
		s->told[0] = '\0';
	*pending = got == 0;
	add(out, "action", v.action);
	add(out, "rule", v.rule);
	if (s->judge.look.t->trace != NULL)
		explain(s, &v, out);
	return NULL;
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
wait_for_account(struct client *c, const struct record *question)
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
	why = answer(c->server, question, &out, &c->pending);
	if (why != NULL) {
		log_event("refused", "peer",
		    log_number((long long)peer_uid(conn_fd(c->conn))), "error",
		    why, NULL);
		conn_close(c->conn);
		client_free(c);
	} else if (c->pending) {
		strlcpy(c->wants, c->server->asked, sizeof(c->wants));
		wait_for_account(c, question);
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
on_account(const char *name, void *arg)
{
	struct server *s = arg;
	struct client *c, *next;
	struct record question;

	LIST_FOREACH_SAFE(c, &s->clients, all, next)
	{
		if (!c->pending || strcmp(c->wants, name) != 0)
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

static void
never_known(const char *name, void *arg)
{
	(void)name;
	(void)arg;
}

/* Tables and accounts; base NULL for a filter. */
static void
server_open(struct server *s, bool verbose)
{
	FILE *trace = NULL;

	if (verbose &&
	    (trace = open_memstream(&s->trace, &s->trace_len)) == NULL)
		err(EXIT_TEMP, "trace");
	LIST_INIT(&s->clients);
	s->accounts = accounts_new(
	    s->base, s->base != NULL ? on_account : never_known, s);
	s->judge.look.t = tables_open(s->paths.conf, trace);
	s->judge.relay_mail_from = conf_is(s->paths.conf, "relay-mail-from");
	s->judge.account = find_account;
	s->judge.count = judge_limits;
	limits_read(&s->limits, s->paths.conf);
	s->rates = rates_new(ADDRESSES_MAX);
	peer_allow(&s->counting, "pnsmtpd");
	s->judge.arg = s;
}

static void
server_close(struct server *s)
{
	FILE *trace = s->judge.look.t->trace;

	accounts_free(s->accounts);
	rates_free(s->rates);
	look_close(&s->judge.look);
	tables_close(s->judge.look.t);
	if (trace != NULL)
		fclose(trace);
	free(s->trace);
}

static int
serve(struct server *s)
{
	char path[PATH_SIZE];
	struct event *term;

	if (geteuid() == 0)
		errx(EXIT_PERM, "start me as a user of my own, not as root");
	drop_root("pnaccess", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((s->base = event_base_new()) == NULL)
		err(EXIT_TEMP, "event base");
	server_open(s, false);
	path_socket(path, &s->paths, "access");
	/* Anyone may ask: no question changes anything. */
	conn_listen(s->base, path, NULL, on_client, s);
	term = evsignal_new(s->base, SIGTERM, on_term, s->base);
	if (term == NULL || event_add(term, NULL) == -1)
		err(EXIT_TEMP, "signal");
	log_event("start", "listen", path, NULL);
	event_base_dispatch(s->base);
	server_close(s);
	log_event("stop", NULL);
	return 0;
}

static int
filter(struct server *s, bool verbose)
{
	struct record question, out;
	const char *why;
	bool pending;
	int got;

	server_open(s, verbose);
	record_init(&question, RECORD_QUESTION);
	record_init(&out, RECORD_ENVELOPE);
	while ((got = record_read(stdin, &question)) == 1) {
		record_clear(&out);
		why = answer(s, &question, &out, &pending);
		if (why != NULL)
			errx(EXIT_PERM, "question: %s", why);
		if (record_print(stdout, &out) == -1 || fflush(stdout) == EOF)
			err(EXIT_TEMP, "standard output");
	}
	if (got == -1)
		err(errno == EPROTO || errno == EMSGSIZE ? EXIT_PERM
							 : EXIT_TEMP,
		    "question");
	record_free(&question);
	record_free(&out);
	server_close(s);
	return 0;
}

int
main(int argc, char *argv[])
{
	static struct server server;
	bool verbose = false, serving = false;
	int c;

	paths_find(&server.paths);
	while ((c = getopt(argc, argv, "c:sv")) != -1) {
		if (c == 's')
			serving = true;
		else if (c == 'v')
			verbose = true;
		else if (c != 'c' || strlcpy(server.paths.conf, optarg,
					 sizeof(server.paths.conf)) >=
					 sizeof(server.paths.conf))
			usage();
	}
	if (optind != argc || (serving && verbose))
		usage();
	return serving ? serve(&server) : filter(&server, verbose);
}
