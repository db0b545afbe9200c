#include "link_inside.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "resolve_net.h"

#define BACKLOG_HIGH 262144
#define BACKLOG_LOW  (BACKLOG_HIGH - 49152)

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

void
link_free(struct link *link)
{
	link_be_busy(link);
	link_give_back(link);
	link_leave_place(link);
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

static time_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
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
void
link_pump(struct link *link)
{
	if (link->stream != NULL) {
		feed_body(link);
		link_fetch_next(link);
		send_out(link);
	}
	set_timer(link);
}

/* What the server turned out not to bear. */
static void
note_traits(struct link *link)
{
	struct memory *memory = &link->links->memory;

	if (link->engine.silent)
		memory_note(
		    memory, &link->host.address, link->port, TRAIT_DUMB, now());
	if (link->engine.shy)
		memory_note(
		    memory, &link->host.address, link->port, TRAIT_SHY, now());
}

/* The same, and tell who waits for it; link may be gone then. */
static void
pump_and_tell(struct link *link)
{
	enum phase phase;

	note_traits(link);
	link_turn_over(link);
	link_pump(link);
	phase = link->engine.phase;
	if (link->event == NULL) {
		if (phase == PHASE_OVER)
			link_free(link);
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

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd;
	(void)what;
	if (link->idle) {
		link_be_busy(link);
		link_leave_place(link);
		engine_quit(&link->engine);
	} else {
		engine_timeout(&link->engine);
	}
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
	(void)bufferevent_set_max_single_write(link->stream, BACKLOG_HIGH);
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
	link->place = place_get(&links->places, &host->address, port);
	link->place->count++;
	LIST_INSERT_HEAD(&link->place->links, link, neighbour);
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
	setup.no_ahead =
	    memory_has(&links->memory, &host->address, port, TRAIT_SHY, now());
	engine_init(&link->engine, &setup);
	begin_connect(link);
	return link;
}

void
link_send(
    struct link *link, struct envelope *envelope, const struct content *content)
{
	link->content = content;
	link->offset = 0;
	link->transactions++;
	engine_begin(&link->engine, envelope);
	link_pump(link);
}
