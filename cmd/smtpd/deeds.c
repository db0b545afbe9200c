#include "deeds.h"

#include <err.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "log.h"

#define AGAIN_TIME 2 /* seconds in which a failure is worth another try */

static void ask(struct link *);

/* --- the neighbours' answers ---------------------------------------------- */

static void
note_silence(struct link *l, const char *neighbour, const char *why)
{
	log_event("unanswered", "session", l->session->name, "by", neighbour,
	    "text", why, NULL);
}

static void
on_connecting(const struct record *answer, const char *why, void *arg)
{
	struct link *l = arg;

	l->connecting = NULL;
	l->counted = answer != NULL;
	if (answer == NULL)
		note_silence(l, "access", why);
	session_judged(l->session, answer, link_now());
	link_advance(l);
}

static const char *
name_server(const struct link *l)
{
	const struct session *s = l->session;

	return s->server == 0
		   ? "access"
		   : l->hub->worker->config->policy.list[s->server - 1].name;
}

/*
 * A policy server may close a connection that was kept, or be started anew,
 * just when it is asked: that counts as nothing.
 */
static bool
ask_again(struct link *l)
{
	if (l->session->server == 0 || l->again ||
	    link_now() > l->asked + AGAIN_TIME)
		return false;
	l->again = true;
	ask(l);
	return true;
}

static void
on_answer(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct link *l = arg;

	(void)content;
	if (fd != -1)
		close(fd);
	l->access = NULL;
	if (answer == NULL && ask_again(l))
		return;
	if (answer == NULL)
		note_silence(l, name_server(l), why);
	session_judged(l->session, answer, link_now());
	if (answer != NULL)
		ask_end(a);
	link_advance(l);
}

static void
on_inject(struct ask *a, const struct record *answer, struct evbuffer *content,
    int fd, const char *why, void *arg)
{
	struct link *l = arg;
	/* An answer before the question's end is out of turn. */
	bool early = l->session->phase != PHASE_VERDICT;

	(void)content;
	if (fd != -1)
		close(fd);
	l->inject = NULL;
	if (answer == NULL || early)
		note_silence(l, "inject", why == NULL ? "out of turn" : why);
	session_injected(l->session, early ? NULL : answer, link_now());
	if (answer != NULL && early)
		ask_cancel(a);
	else if (answer != NULL)
		ask_end(a);
	link_advance(l);
}

static void
on_name(const struct client_name *name, void *arg)
{
	struct link *l = arg;

	l->lookup = NULL;
	session_named(l->session, name, link_now());
	link_advance(l);
}

/* --- what the session wants ----------------------------------------------- */

void
deed_log(struct link *l)
{
	struct record *n = &l->session->note;

	log_event(record_text(n, "event"), "session", l->session->name, "id",
	    record_text(n, "id"), "sender", record_text(n, "sender"),
	    "recipient", record_text(n, "recipient"), "recipients",
	    record_text(n, "recipients"), "size", record_text(n, "size"),
	    "rule", record_text(n, "rule"), "text", record_text(n, "text"),
	    NULL);
	record_clear(n);
}

static void
ask(struct link *l)
{
	const struct session *s = l->session;
	struct ask_pool *pool =
	    s->server == 0 ? l->hub->access : l->hub->policy[s->server - 1];

	l->access = ask_begin(pool, on_answer, l);
	ask_send(l->access, &s->question, NULL, -1);
}

/* access counts the client, from now on until tally_end. */
static void
ask_connect(struct link *l)
{
	const struct session *s = l->session;

	log_event("connect", "session", s->name, "name", s->client.verified,
	    "address", s->address, "reverse",
	    s->client.class == RESOLVE_FORGED ? s->client.reverse : NULL,
	    "resolve", resolve_class_name(s->client.class), NULL);
	l->connecting =
	    tally_begin(l->hub->tally, &s->question, on_connecting, l);
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	session_paused(l->session, link_now());
	link_advance(l);
}

void
deed_pause(struct link *l)
{
	unsigned ms = l->session->pause;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	l->pause = evtimer_new(l->hub->worker->base, on_pause_over, l);
	if (l->pause == NULL || event_add(l->pause, &tv) == -1)
		err(EXIT_TEMP, "connection");
}

void
deed_ask(struct link *l)
{
	const struct session *s = l->session;

	if (strcmp(record_text(&s->question, "protocol_state"), "CONNECT") ==
	    0) {
		ask_connect(l);
		return;
	}
	l->again = false;
	l->asked = link_now();
	ask(l);
}

void
deed_send(struct link *l)
{
	struct session *s = l->session;

	if (l->inject == NULL)
		l->inject = ask_begin(l->hub->inject, on_inject, l);
	ask_send(l->inject, &s->question, s->content, -1);
}

void
deed_abandon(struct link *l)
{
	if (l->inject != NULL)
		ask_cancel(l->inject);
	l->inject = NULL;
}

/* Begin with the name; without a resolver the client is this host. */
void
deed_name(struct link *l)
{
	struct resolver *resolver = l->hub->worker->resolver;
	static const struct client_name local = {
	    .class = RESOLVE_OK,
	    .verified = "localhost",
	    .reverse = "localhost",
	};

	if (resolver == NULL)
		session_named(l->session, &local, link_now());
	else
		l->lookup = resolve_client(
		    resolver, (struct sockaddr *)&l->client, on_name, l);
}
