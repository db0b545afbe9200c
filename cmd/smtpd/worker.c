#include "worker.h"

#include <err.h>
#include <errno.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask.h"
#include "clients.h"
#include "exits.h"
#include "link.h"
#include "listen.h"
#include "log.h"
#include "log_turn.h"

#define ACCESS_WIDTH   4096 /* questions at once; it counts clients by line */
#define ACCESS_SECONDS 60
#define POLICY_LINES   64
/* inject holds a message as long as its client takes to send it */
#define INJECT_LINES   1000
#define INJECT_SECONDS 1800

struct server {
	struct hub hub; /* first: closed() gets it */
	struct clients *clients;
	struct evconnlistener *listeners[LISTEN_MAX];
	size_t count;
	struct event *tick, *life;
	bool draining, deaf; /* deaf: out of descriptors */
};

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct server *v = arg;
	struct link *l, *next;
	size_t i;

	(void)fd;
	(void)what;
	TAILQ_FOREACH_SAFE(l, &v->hub.links, next, next)
	link_tick(l);
	if (v->deaf && !v->draining)
		for (i = 0; i < v->count; i++)
			evconnlistener_enable(v->listeners[i]);
	v->deaf = false;
	if (v->draining && v->hub.count == 0)
		event_base_loopbreak(v->hub.worker->base);
}

/* What waits for inject has no event of its own. */
static void
on_stall(evutil_socket_t fd, short what, void *arg)
{
	struct server *v = arg;
	struct link *l, *next;

	(void)fd;
	(void)what;
	TAILQ_FOREACH_SAFE(l, &v->hub.links, next, next)
	if (l->inject != NULL)
		link_retry(l);
}

static void
closed(struct hub *hub, const struct sockaddr *client)
{
	struct server *v = (struct server *)hub;

	clients_remove(v->clients, client);
}

static void
open_policies(struct hub *hub)
{
	const struct config *c = hub->worker->config;
	const struct policy *p;
	unsigned i;

	for (i = 0; i < c->policy.count; i++) {
		p = &c->policy.list[i];
		hub->policy[i] =
		    *p->path != '\0'
			? ask_pool_new(hub->worker->base, p->path, POLICY_LINES,
			      c->timeout_policy)
			: ask_pool_new_at(hub->worker->base,
			      (const struct sockaddr *)&p->address, p->len,
			      POLICY_LINES, c->timeout_policy);
	}
}

static void
start(struct server *v, const struct worker *w)
{
	static const struct timeval second = {1, 0};

	memset(v, 0, sizeof(*v));
	v->hub.worker = w;
	v->hub.pid = getpid();
	v->hub.closed = closed;
	TAILQ_INIT(&v->hub.links);
	v->clients = clients_new();
	v->hub.access =
	    ask_pool_new(w->base, w->config->access, 1, ACCESS_SECONDS);
	ask_pool_share(v->hub.access, ACCESS_WIDTH);
	open_policies(&v->hub);
	v->hub.tally = tally_new(v->hub.access);
	v->hub.inject = ask_pool_new(
	    w->base, w->config->inject, INJECT_LINES, INJECT_SECONDS);
	v->tick = event_new(w->base, -1, EV_PERSIST, on_tick, v);
	v->hub.stall = event_new(w->base, -1, 0, on_stall, v);
	if (v->hub.stall == NULL)
		err(EXIT_TEMP, "timer");
	if (v->tick == NULL || event_add(v->tick, &second) == -1)
		err(EXIT_TEMP, "timer");
	signal(SIGPIPE, SIG_IGN);
}

/* --- listening ------------------------------------------------------------ */

static void
turn_away(struct server *v, int fd, const struct sockaddr *client,
    const char *text, const char *rule)
{
	char reply[CONFIG_NAME + 64], address[LISTEN_TEXT];
	int len;

	listen_text(client, address);
	log_event(
	    "refused", "address", address, "rule", rule, "text", text, NULL);
	len = snprintf(reply, sizeof(reply), "421 %s %s\r\n", text,
	    v->hub.worker->config->me);
	/* A fresh socket takes so little at once, or its client is gone. */
	if (len > 0 && write(fd, reply, (size_t)len) == -1)
		warn("reply to %s", address);
	clients_remove(v->clients, client);
	close(fd);
}

static void
welcome(struct server *v, int fd, const struct sockaddr *client)
{
	const struct config *c = v->hub.worker->config;
	unsigned have = clients_add(v->clients, client);

	if (v->hub.count >= c->sessions)
		turn_away(v, fd, client, "4.3.2 Too many connections",
		    "smtpd:smtpdsessions");
	else if (have > c->per_client)
		turn_away(v, fd, client, "4.7.0 Too many of your connections",
		    "smtpd:smtpdperclient");
	else
		link_new(&v->hub, fd, fd, client);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *client, int len, void *arg)
{
	(void)listener;
	(void)len;
	welcome(arg, fd, client);
}

/* Mostly EMFILE: let those that are here go first. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct server *v = arg;

	if (!v->deaf)
		warn("accept");
	v->deaf = true;
	evconnlistener_disable(listener);
}

static void
listen_on(struct server *v, int fd)
{
	struct evconnlistener *listener;

	listener = evconnlistener_new(v->hub.worker->base, on_accept, v,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (listener == NULL)
		err(EXIT_TEMP, "listener");
	evconnlistener_set_error_cb(listener, on_accept_error);
	v->listeners[v->count++] = listener;
}

/* Those who have been let in by the kernel already are served still. */
static void
last_call(struct server *v, int listener)
{
	struct sockaddr_storage client;
	socklen_t len = sizeof(client);
	int fd;

	while ((fd = accept4(listener, (struct sockaddr *)&client, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) != -1) {
		welcome(v, fd, (struct sockaddr *)&client);
		len = sizeof(client);
	}
}

/* The master is gone. */
static void
on_life(evutil_socket_t fd, short what, void *arg)
{
	struct server *v = arg;
	struct link *l;
	size_t i;

	(void)fd;
	(void)what;
	for (i = 0; i < v->count; i++) {
		last_call(v, evconnlistener_get_fd(v->listeners[i]));
		evconnlistener_free(v->listeners[i]);
	}
	v->count = 0;
	v->draining = true;
	event_del(v->life);
	TAILQ_FOREACH(l, &v->hub.links, next)
	link_drain(l);
	log_event(
	    "draining", "sessions", log_number((long long)v->hub.count), NULL);
}

void
worker_serve(const struct worker *w, const int *fds, size_t count, int life)
{
	struct server *v;
	size_t i;

	if ((v = malloc(sizeof(*v))) == NULL)
		err(EXIT_TEMP, "worker");
	start(v, w);
	for (i = 0; i < count; i++)
		if (fds[i] != -1)
			listen_on(v, fds[i]);
	v->life = event_new(w->base, life, EV_READ | EV_PERSIST, on_life, v);
	if (v->life == NULL || event_add(v->life, NULL) == -1)
		err(EXIT_TEMP, "worker");
	log_by_turns(w->base);
	if (event_base_dispatch(w->base) == -1)
		err(EXIT_TEMP, "event loop");
	exit(0);
}

/* --- alone ---------------------------------------------------------------- */

static void
closed_alone(struct hub *hub, const struct sockaddr *client)
{
	(void)client;
	event_base_loopbreak(hub->worker->base);
}

void
worker_talk(
    const struct worker *w, int in, int out, const struct sockaddr *client)
{
	struct server *v;
	unsigned i;

	if ((v = malloc(sizeof(*v))) == NULL)
		err(EXIT_TEMP, "worker");
	start(v, w);
	v->hub.closed = closed_alone;
	link_new(&v->hub, in, out, client);
	if (event_base_dispatch(w->base) == -1)
		err(EXIT_TEMP, "event loop");
	ask_pool_free(v->hub.access);
	tally_free(v->hub.tally);
	for (i = 0; i < w->config->policy.count; i++)
		ask_pool_free(v->hub.policy[i]);
	ask_pool_free(v->hub.inject);
	event_free(v->tick);
	event_free(v->hub.stall);
	clients_free(v->clients);
	free(v);
}
