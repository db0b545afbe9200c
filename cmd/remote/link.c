#include "link.h"

#include <err.h>
#include <errno.h>
#include <event2/bufferevent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "exits.h"
#include "log.h"
#include "resolve_net.h"

#define TRANSACTIONS_MAX 100 /* on one connection */
#define IDLE_MAX         100 /* connections */
#define BACKLOG_HIGH     65536
#define BACKLOG_LOW      16384

struct link {
	TAILQ_ENTRY(link) entry; /* while it is idle */
	struct links *links;
	struct exchanger host;
	unsigned port;
	char name[PEER_NAME];
	int fd; /* while it is being connected */
	struct event *connecting;
	struct bufferevent *stream; /* then */
	struct event *timer;
	struct engine engine;
	unsigned turn; /* the engine's, as the timer is set */
	unsigned transactions;
	bool idle;
	link_event *event; /* NULL: nobody's */
	void *arg;
	const struct content *content;
	uint64_t offset;
};

struct links {
	struct event_base *base;
	struct links_setup setup;
	struct memory memory;
	size_t count, idle_count;
	TAILQ_HEAD(idle_list, link) idle;
};

struct links *
links_new(struct event_base *base, const struct links_setup *setup)
{
	struct links *links;

	if ((links = calloc(1, sizeof(*links))) == NULL)
		err(EXIT_TEMP, "links");
	links->base = base;
	links->setup = *setup;
	TAILQ_INIT(&links->idle);
	return links;
}

bool
links_none(const struct links *links)
{
	return links->count == 0;
}

struct memory *
links_memory(struct links *links)
{
	return &links->memory;
}

const struct engine *
link_engine(const struct link *link)
{
	return &link->engine;
}

bool
link_was_used(const struct link *link)
{
	return link->transactions > 1;
}

static void
be_busy(struct link *link)
{
	if (!link->idle)
		return;
	TAILQ_REMOVE(&link->links->idle, link, entry);
	link->links->idle_count--;
	link->idle = false;
}

static void
free_link(struct link *link)
{
	be_busy(link);
	link->links->count--;
	if (link->connecting != NULL)
		event_free(link->connecting);
	if (link->stream != NULL)
		bufferevent_free(link->stream);
	else if (link->fd != -1)
		(void)close(link->fd);
	event_free(link->timer);
	engine_free(&link->engine);
	free(link);
}

/* --- moving bytes --------------------------------------------------------- */

static size_t
backlog(const struct link *link)
{
	return evbuffer_get_length(link->engine.out) +
	       evbuffer_get_length(bufferevent_get_output(link->stream));
}

static void
feed_body(struct link *link)
{
	char piece[CONTENT_PIECE];
	ssize_t got;

	while (
	    link->engine.phase == PHASE_BODY && backlog(link) < BACKLOG_HIGH) {
		if (link->offset == link->content->length) {
			engine_body_end(&link->engine);
			return;
		}
		got = content_read(
		    link->content, link->offset, piece, sizeof(piece));
		if (got == -1) {
			/* No dot: half a message is none. */
			engine_fail(&link->engine, "4.3.0",
			    "got no message: it cannot be read here");
			return;
		}
		engine_body(&link->engine, piece, (size_t)got);
		link->offset += (uint64_t)got;
	}
}

static void
set_timer(struct link *link)
{
	struct timeval limit = {(time_t)link->engine.seconds, 0};

	if (link->turn == link->engine.turn)
		return;
	link->turn = link->engine.turn;
	if (link->engine.seconds == 0)
		(void)event_del(link->timer);
	else
		(void)event_add(link->timer, &limit);
}

/*
 * Mostly the kernel takes it all at once, and the loop need not be troubled.
 * A long body goes by the loop, for others wait too; an error shows there.
 */
static void
send_out(struct link *link)
{
	struct evbuffer *out = link->engine.out;

	if (link->engine.phase != PHASE_BODY &&
	    evbuffer_get_length(out) == backlog(link))
		(void)evbuffer_write(out, bufferevent_getfd(link->stream));
	if (evbuffer_get_length(out) > 0)
		(void)bufferevent_write_buffer(link->stream, out);
}

/* After whatever the engine was told. */
static void
pump(struct link *link)
{
	if (link->stream != NULL) {
		feed_body(link);
		send_out(link);
	}
	set_timer(link);
}

/* The same, and tell who waits for it; link may be gone then. */
static void
pump_and_tell(struct link *link)
{
	enum phase phase;

	pump(link);
	phase = link->engine.phase;
	if (link->event == NULL) {
		if (phase == PHASE_OVER)
			free_link(link);
	} else if (phase == PHASE_READY || phase == PHASE_OVER) {
		link->event(link, link->arg);
	}
}

static void
on_read(struct bufferevent *stream, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(stream);
	struct link *link = arg;
	char bytes[4096];
	int len;

	while (link->engine.phase != PHASE_OVER &&
	       (len = evbuffer_remove(in, bytes, sizeof(bytes))) > 0)
		engine_feed(&link->engine, bytes, (size_t)len);
	pump_and_tell(link);
}

static void
on_written(struct bufferevent *stream, void *arg)
{
	struct link *link = arg;

	(void)stream;
	if (link->engine.phase == PHASE_BODY)
		pump_and_tell(link);
}

/* Who refuses in the middle and closes has said why before. */
static void
hear_last_words(struct link *link)
{
	char bytes[4096];
	ssize_t got;

	while (link->engine.phase != PHASE_OVER &&
	       (got = read(
		    bufferevent_getfd(link->stream), bytes, sizeof(bytes))) > 0)
		engine_feed(&link->engine, bytes, (size_t)got);
}

/* How much of the message has left us, for the words. */
static void
tell_sent(const struct link *link, char *out, size_t size)
{
	uint64_t left = backlog(link);

	out[0] = '\0';
	if (link->engine.phase == PHASE_BODY)
		(void)snprintf(out, size,
		    " with %llu of %llu bytes of the message sent",
		    link->offset > left
			? (unsigned long long)(link->offset - left)
			: 0ULL,
		    (unsigned long long)link->content->length);
}

static void
on_end(struct bufferevent *stream, short what, void *arg)
{
	struct link *link = arg;
	char why[256], sent[128];
	int error = EVUTIL_SOCKET_ERROR();

	(void)stream;
	if (!(what & BEV_EVENT_EOF))
		hear_last_words(link);
	tell_sent(link, sent, sizeof(sent));
	if (what & BEV_EVENT_EOF)
		(void)snprintf(
		    why, sizeof(why), "closed the connection%s", sent);
	else
		(void)snprintf(
		    why, sizeof(why), "was lost: %s%s", strerror(error), sent);
	engine_lost(&link->engine, why);
	pump_and_tell(link);
}

static time_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd;
	(void)what;
	if (link->idle) {
		be_busy(link);
		engine_quit(&link->engine);
	} else {
		engine_timeout(&link->engine);
	}
	if (link->engine.silent)
		memory_note(&link->links->memory, &link->host.address,
		    link->port, TRAIT_DUMB, now());
	pump_and_tell(link);
}

/* --- connecting ----------------------------------------------------------- */

static void
be_connected(struct link *link)
{
	int one = 1;

	(void)setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	link->stream = bufferevent_socket_new(
	    link->links->base, link->fd, BEV_OPT_CLOSE_ON_FREE);
	if (link->stream == NULL)
		err(EXIT_TEMP, "connection");
	link->fd = -1;
	bufferevent_setcb(link->stream, on_read, on_written, on_end, link);
	bufferevent_setwatermark(link->stream, EV_WRITE, BACKLOG_LOW, 0);
	(void)bufferevent_enable(link->stream, EV_READ | EV_WRITE);
}

static void
fail_connect(struct link *link, int error)
{
	char why[128];

	(void)snprintf(why, sizeof(why), "cannot be reached at port %u: %s",
	    link->port, strerror(error));
	engine_fail(&link->engine, "4.4.1", why);
}

static void
on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;
	socklen_t len = sizeof(int);
	int error = 0;

	if (link->engine.phase == PHASE_OVER)
		; /* it failed at once */
	else if (what & EV_TIMEOUT)
		fail_connect(link, ETIMEDOUT);
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1 ||
		 error != 0)
		fail_connect(link, error == 0 ? errno : error);
	else
		be_connected(link);
	pump_and_tell(link);
}

static void
begin_connect(struct link *link)
{
	struct timeval limit = {(time_t)link->links->setup.connect, 0};
	struct sockaddr_storage to = link->host.address;

	if (to.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&to)->sin6_port = htons(link->port);
	else
		((struct sockaddr_in *)&to)->sin_port = htons(link->port);
	link->fd =
	    socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (link->fd == -1 ||
	    (connect(link->fd, (struct sockaddr *)&to, link->host.len) == -1 &&
		errno != EINPROGRESS))
		fail_connect(link, errno);
	link->connecting =
	    event_new(link->links->base, link->fd, EV_WRITE, on_connect, link);
	if (link->connecting == NULL)
		err(EXIT_TEMP, "connection");
	if (link->engine.phase == PHASE_OVER)
		event_active(link->connecting, EV_TIMEOUT, 0);
	else
		(void)event_add(link->connecting, &limit);
}

struct link *
link_open(struct links *links, const struct exchanger *host, unsigned port,
    bool find_loop, link_event *event, void *arg)
{
	struct engine_setup setup = {.me = links->setup.me,
	    .timeout = links->setup.timeout,
	    .find_loop = find_loop};
	char address[64];
	struct link *link;

	if ((link = calloc(1, sizeof(*link))) == NULL)
		err(EXIT_TEMP, "connection");
	link->links = links;
	link->host = *host;
	link->port = port;
	link->event = event;
	link->arg = arg;
	links->count++;
	net_text(
	    (const struct sockaddr *)&host->address, address, sizeof(address));
	(void)snprintf(link->name, sizeof(link->name), "%s%s%s%s", host->name,
	    host->name[0] == '[' ? "" : " [",
	    host->name[0] == '[' ? "" : address,
	    host->name[0] == '[' ? "" : "]");
	if ((link->timer = evtimer_new(links->base, on_time, link)) == NULL)
		err(EXIT_TEMP, "connection");
	setup.peer = link->name;
	setup.no_pipelining =
	    memory_has(&links->memory, &host->address, port, TRAIT_DUMB, now());
	engine_init(&link->engine, &setup);
	begin_connect(link);
	return link;
}

/* --- from message to message ---------------------------------------------- */

struct link *
link_take(struct links *links, const struct exchanger *host, unsigned port,
    link_event *event, void *arg)
{
	struct link *link;

	TAILQ_FOREACH(link, &links->idle, entry)
	{
		if (link->port != port ||
		    !net_equal((struct sockaddr *)&link->host.address,
			(const struct sockaddr *)&host->address))
			continue;
		be_busy(link);
		link->event = event;
		link->arg = arg;
		return link;
	}
	return NULL;
}

void
link_send(
    struct link *link, struct envelope *envelope, const struct content *content)
{
	link->content = content;
	link->offset = 0;
	link->transactions++;
	engine_begin(&link->engine, envelope);
	pump(link);
}

static void
leave(struct link *link)
{
	engine_quit(&link->engine);
	pump(link);
}

void
link_release(struct link *link)
{
	struct links *links = link->links;
	struct timeval limit = {(time_t)links->setup.idle, 0};

	link->event = NULL;
	link->content = NULL;
	if (link->engine.phase != PHASE_READY) {
		free_link(link);
		return;
	}
	if (links->setup.idle == 0 || link->transactions >= TRANSACTIONS_MAX) {
		leave(link);
		return;
	}
	TAILQ_INSERT_HEAD(&links->idle, link, entry);
	link->idle = true;
	(void)event_add(link->timer, &limit);
	if (++links->idle_count > IDLE_MAX) {
		link = TAILQ_LAST(&links->idle, idle_list);
		be_busy(link);
		leave(link);
	}
}

void
links_drain(struct links *links)
{
	struct link *link;

	links->setup.idle = 0;
	while ((link = TAILQ_FIRST(&links->idle)) != NULL) {
		be_busy(link);
		leave(link);
	}
}

void
links_free(struct links *links)
{
	struct link *link;

	while ((link = TAILQ_FIRST(&links->idle)) != NULL)
		free_link(link);
	free(links);
}
