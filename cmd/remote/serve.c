#include "serve.h"

#include <err.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "conn.h"
#include "exits.h"
#include "log.h"
#include "log_turn.h"
#include "peer.h"

#define GRACE 5 /* seconds for what is in hand when we are told to end */

struct server {
	const struct deliver_world *world;
	struct conn_listener *listener;
	struct event *grace;
	size_t busy; /* deliveries that somebody waits for */
	bool ending;
	unsigned ticks; /* tenths of a second since then */
};

struct client {
	struct server *server;
	struct conn *conn;
	struct delivery *delivery;
	struct job *next; /* its question came before that was answered */
};

static void
end_if_idle(struct server *server)
{
	if (server->ending && server->busy == 0 &&
	    links_none(server->world->links))
		(void)event_base_loopbreak(server->world->base);
}

static void on_done(struct job *, void *);

static void
begin(struct client *client, struct job *job)
{
	client->server->busy++;
	client->delivery =
	    deliver_start(client->server->world, job, on_done, client);
}

static void
begin_next(struct client *client)
{
	struct job *job = client->next;

	if (job != NULL) {
		client->next = NULL;
		begin(client, job);
		free(job);
	}
	conn_resume(client->conn);
}

static void
on_done(struct job *job, void *arg)
{
	struct client *client = arg;
	struct server *server = client->server;
	struct record answer;
	size_t i;

	record_init(&answer, RECORD_QUESTION);
	for (i = 0; i < job->envelope.count; i++) {
		job_answer(job, i, &answer);
		conn_send(client->conn, &answer, NULL, -1);
	}
	record_free(&answer);
	client->delivery = NULL;
	server->busy--;
	if (!server->ending)
		begin_next(client);
}

static void
free_client(struct client *client)
{
	if (client->delivery != NULL) {
		deliver_cancel(client->delivery);
		client->server->busy--;
	}
	if (client->next != NULL)
		job_free(client->next);
	free(client->next);
	free(client);
}

/* Reading goes on meanwhile, for only so it shows that a caller has gone. */
static void
keep_next(struct client *client, const struct job *job)
{
	if ((client->next = malloc(sizeof(*job))) == NULL)
		err(EXIT_TEMP, "question");
	*client->next = *job;
	conn_pause(client->conn);
}

static void
on_record(struct conn *conn, const struct record *question,
    struct evbuffer *content, int fd, void *arg)
{
	struct client *client = arg;
	struct job job;
	const char *why;

	if ((why = job_parse(&job, question)) != NULL) {
		if (fd != -1)
			(void)close(fd);
	} else if ((why = job_content(&job, content, fd)) != NULL) {
		job_free(&job);
	}
	if (why != NULL) {
		log_event("malformed", "id", record_get(question, "id"),
		    "reason", why, NULL);
		free_client(client);
		conn_close(conn);
		return;
	}
	if (client->delivery != NULL)
		keep_next(client, &job);
	else
		begin(client, &job);
}

static void
on_gone(struct conn *conn, const char *why, void *arg)
{
	(void)conn;
	if (why != NULL)
		log_event("dropped", "reason", why, NULL);
	free_client(arg);
}

static const struct conn_calls calls = {
    .record = on_record,
    .gone = on_gone,
};

static void
on_accepted(int fd, void *arg)
{
	struct server *server = arg;
	struct client *client;

	if ((client = calloc(1, sizeof(*client))) == NULL)
		err(EXIT_TEMP, "client");
	client->server = server;
	client->conn = conn_new(
	    server->world->base, fd, JOB_RECORD, JOB_CONTENT, &calls, client);
	if (client->conn == NULL) {
		(void)close(fd);
		free(client);
	}
}

static void
on_grace(evutil_socket_t fd, short what, void *arg)
{
	struct server *server = arg;

	(void)fd;
	(void)what;
	if (++server->ticks > 10 * GRACE)
		(void)event_base_loopbreak(server->world->base);
	end_if_idle(server);
}

static void
on_term(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval tick = {0, 100000};
	struct server *server = arg;

	(void)fd;
	(void)what;
	if (server->ending)
		return;
	server->ending = true;
	conn_listener_free(server->listener);
	links_drain(server->world->links);
	(void)event_add(server->grace, &tick);
}

void
serve(const struct deliver_world *world, int fd, const struct peers *peers)
{
	struct server server = {.world = world};
	struct event *term, *interrupt;

	server.listener =
	    conn_listen_fd(world->base, fd, peers, on_accepted, &server);
	term = evsignal_new(world->base, SIGTERM, on_term, &server);
	interrupt = evsignal_new(world->base, SIGINT, on_term, &server);
	server.grace = event_new(
	    world->base, -1, EV_PERSIST | EV_TIMEOUT, on_grace, &server);
	if (term == NULL || interrupt == NULL || server.grace == NULL ||
	    event_add(term, NULL) == -1 || event_add(interrupt, NULL) == -1)
		err(EXIT_TEMP, "signals");
	log_by_turns(world->base);
	(void)event_base_dispatch(world->base);
	event_free(term);
	event_free(interrupt);
	event_free(server.grace);
}
