/*
 * The loop reads everything that has arrived; when nothing more has, a commit
 * of lower priority takes what is whole, makes it durable with one write and
 * one sync, and answers.  Meanwhile the next batch gathers in the sockets.
 */
#include <err.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "exits.h"
#include "helper.h"
#include "log.h"
#include "log_turn.h"
#include "peer.h"
#include "serve.h"
#include "server.h"

#define CLIENTS_MAX  4096
#define PER_USER_MAX 64        /* of those, for a user that is none of ours */
#define GATHER_MAX   134217728 /* of all contents; then less is kept of each */
#define GATHER_LEAST 65536
#define FILES_SPARE  64             /* descriptors for what is not a client's */
#define CHUNK_MAX    SEGMENT_INLINE /* qmgr moves a content in one piece */
#define LOCK_WAIT    2000 /* milliseconds: a dead inject's helpers may live */
#define PRIORITIES   3    /* see commit.c */

/* --- clients -------------------------------------------------------------- */

static void
message_over(struct client *c, bool kept)
{
	if (c->message != NULL)
		message_free(c->message, kept);
	c->message = NULL;
	c->server->gathered -= c->gathered;
	c->gathered = 0;
}

void
client_free(struct client *c)
{
	message_over(c, false);
	TAILQ_REMOVE(&c->server->all, c, all);
	c->server->count--;
	free(c);
}

/* Told to end: is everybody served? */
static void
end_if_idle(struct server *s)
{
	struct client *c;

	if (!s->ending)
		return;
	TAILQ_FOREACH(c, &s->all, all)
	if (c->state != IDLE || conn_backlog(c->conn) > 0)
		return;
	event_base_loopexit(s->base, NULL);
}

void
client_answer(struct client *c, const struct record *r, bool kept)
{
	conn_send(c->conn, r, NULL, -1);
	message_over(c, kept);
	c->state = IDLE;
}

static void
send_verdict(struct client *c, const struct verdict *v)
{
	struct record r;

	log_event("not-accepted", "peer_uid",
	    log_number((long long)c->caller.uid), "session",
	    c->message == NULL ? NULL
			       : record_text(&c->message->fields, "session"),
	    "class", v->class, "status", v->status, "text", v->text, NULL);
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "class", v->class);
	record_add(&r, "status", v->status);
	record_add(&r, "text", v->text);
	conn_send(c->conn, &r, NULL, -1);
	record_free(&r);
}

void
client_refuse(struct client *c, const struct verdict *v)
{
	send_verdict(c, v);
	message_over(c, false);
	c->state = IDLE;
}

/* Its connection is over; what a helper does for it must end first. */
static void
leave(struct client *c)
{
	c->conn = NULL;
	if (c->state == READY)
		commit_forget(c);
	if (c->jobs == 0)
		client_free(c);
}

/* It does not speak our language, or out of turn. */
static void
hang_up(struct client *c, const struct verdict *verdict)
{
	struct conn *conn = c->conn;

	send_verdict(c, verdict);
	leave(c);
	conn_finish(conn);
}

/* --- questions ------------------------------------------------------------ */

static int64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Memory has a bound: when it is tight, more goes to files. */
static void
gather(struct client *c, struct evbuffer *content)
{
	struct server *s = c->server;
	size_t most = s->gathered < GATHER_MAX ? SEGMENT_INLINE : GATHER_LEAST;

	message_take(c->message, content, most, &s->store, s->settings);
	s->gathered -= c->gathered;
	c->gathered = evbuffer_get_length(c->message->text);
	s->gathered += c->gathered;
}

static void
take(struct client *c, const struct record *r, struct evbuffer *content)
{
	gather(c, content);
	if (strcmp(record_text(r, "more"), "yes") == 0) {
		c->state = GATHERING;
		slow_gather(c);
		return;
	}
	message_end(c->message, c->server->settings);
	if (c->message->big.fd != -1)
		slow_publish(c);
	else if (c->jobs > 0)
		c->state = WAITING;
	else if (c->message->refused != NULL)
		client_refuse(c, c->message->refused);
	else
		commit_ready(c);
}

static void
on_record(struct conn *conn, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	struct client *c = arg;
	const char *request = record_text(r, "request");

	(void)conn;
	if (fd != -1)
		close(fd); /* we take bytes, never a caller's descriptor */
	if (c->state == IDLE && c->server->ending) {
		hang_up(c, &verdict_failed); /* the next one will take it */
	} else if (c->state == IDLE && strcmp(request, "inject") == 0) {
		c->message = message_new(r, &c->caller, now());
		c->synced = 0;
		take(c, r, content);
	} else if (c->state == GATHERING && strcmp(request, "more") == 0) {
		take(c, r, content);
	} else if (c->state == IDLE && c->caller.qmgr &&
		   strcmp(request, "recycle") == 0) {
		slow_recycle(c, r, false);
	} else if (c->state == IDLE && c->caller.qmgr &&
		   strcmp(request, "set-aside") == 0) {
		slow_recycle(c, r, true);
	} else {
		hang_up(c, &verdict_malformed);
	}
}

static void
on_gone(struct conn *conn, const char *why, void *arg)
{
	struct client *c = arg;

	(void)conn;
	if (why != NULL || c->state != IDLE)
		log_event("client-gone", "peer_uid",
		    log_number((long long)c->caller.uid), "session",
		    c->message == NULL
			? NULL
			: record_text(&c->message->fields, "session"),
		    "reason", why == NULL ? "closed before the end" : why,
		    NULL);
	leave(c);
}

static void
on_drained(struct conn *conn, void *arg)
{
	struct client *c = arg;

	(void)conn;
	end_if_idle(c->server);
}

/* --- callers -------------------------------------------------------------- */

static uid_t
user(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	return pw == NULL ? (uid_t)-1 : pw->pw_uid;
}

static struct caller
find_caller(const struct server *s, uid_t uid)
{
	bool own = uid == geteuid(), known = uid != (uid_t)-1;

	return (struct caller){
	    .uid = uid,
	    .smtpd = own || (known && uid == s->smtpd),
	    .bounce = own || (known && uid == s->bounce),
	    .qmgr = own || (known && uid == s->qmgr),
	};
}

static bool
is_welcome(const struct server *s, const struct caller *caller)
{
	const struct client *c;
	unsigned same = 0;

	if (s->count >= s->most)
		return false;
	if (caller->smtpd || caller->bounce || caller->qmgr)
		return true;
	TAILQ_FOREACH(c, &s->all, all)
	same += c->caller.uid == caller->uid;
	return same < PER_USER_MAX;
}

static void
on_accept(int fd, void *arg)
{
	static const struct conn_calls calls = {on_record, on_gone, on_drained};
	struct server *s = arg;
	struct caller caller = find_caller(s, peer_uid(fd));
	struct client *c;

	if (!is_welcome(s, &caller)) {
		log_event("refused", "peer_uid",
		    log_number((long long)caller.uid), "reason",
		    "too many connections", NULL);
		close(fd);
		return;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->conn = conn_new(
		 s->base, fd, ENVELOPE_MAX, CHUNK_MAX, &calls, c)) == NULL)
		err(EXIT_TEMP, "client");
	c->server = s;
	c->caller = caller;
	TAILQ_INSERT_TAIL(&s->all, c, all);
	s->count++;
}

/* --- start and end -------------------------------------------------------- */

static void
on_signal(evutil_socket_t none, short what, void *arg)
{
	static const struct timeval most = {3, 0};
	struct server *s = arg;

	(void)none;
	(void)what;
	if (s->ending) {
		event_base_loopbreak(s->base);
		return;
	}
	s->ending = true;
	conn_listener_free(s->listener); /* who comes now waits for the next */
	event_base_loopexit(s->base, &most);
	end_if_idle(s);
}

static void
spares_changed(void *arg)
{
	struct server *s = arg;

	if (!s->spares.failed)
		spares_fill(&s->spares, s->store.highest);
	commit_resume(s);
}

/* Room may have come back unasked. */
static void
on_minute(evutil_socket_t none, short what, void *arg)
{
	struct server *s = arg;

	(void)none;
	(void)what;
	spares_fill(&s->spares, s->store.highest);
}

static void
watch(struct server *s)
{
	static const struct timeval minute = {60, 0};
	struct event *term = evsignal_new(s->base, SIGTERM, on_signal, s);
	struct event *interrupt = evsignal_new(s->base, SIGINT, on_signal, s);
	struct event *timer = event_new(s->base, -1, EV_PERSIST, on_minute, s);

	if (term == NULL || interrupt == NULL || timer == NULL ||
	    event_add(term, NULL) == -1 || event_add(interrupt, NULL) == -1 ||
	    event_add(timer, &minute) == -1)
		err(EXIT_TEMP, "event");
}

/*
 * The first segment is made at once and without filling it; if there is no room
 * for it, spares are left to qmgr, and mail is told to wait.
 */
static void
first_segment(struct server *s)
{
	char spare[SPARE_NAME];
	int error = ENOSPC;

	store_init(&s->store, s->mess.dir, s->mess.path, s->mess.highest);
	if (spares_ready(&s->spares) &&
	    spares_take(&s->spares, false, s->store.highest, spare) == 0)
		error = store_begin(&s->store, spare, 0);
	if (error != 0)
		error = store_begin(&s->store, NULL, s->spares.size);
	if (error != 0)
		log_event("disk-full", "folder", s->mess.path, NULL);
}

static void
open_queue(struct server *s, const struct paths *paths)
{
	if (mess_open(&s->mess, paths->queue) == -1)
		err(EXIT_TEMP, "%s", s->mess.path);
	if (mess_lock(&s->mess, LOCK_WAIT) == -1)
		errx(EXIT_TEMP, "%s: locked by another inject", s->mess.path);
	s->helpers = helpers_new(s->mess.dir, s->mess.path, paths);
	s->spares.helpers = s->helpers;
	s->spares.size = s->settings->segment_size;
	s->spares.changed = spares_changed;
	s->spares.arg = s;
	mess_recover(&s->mess, &s->spares, &s->big);
	first_segment(s);
	mess_remove_empty(&s->mess);
}

/* Each client may need a descriptor, and another for a big content. */
static void
find_limits(struct server *s)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		err(EXIT_TEMP, "getrlimit");
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	s->most = CLIENTS_MAX;
	if (files.rlim_cur < 2 * CLIENTS_MAX + FILES_SPARE)
		s->most = files.rlim_cur < 2 * FILES_SPARE
			      ? 1
			      : (unsigned)(files.rlim_cur - FILES_SPARE) / 2;
}

static void
find_users(struct server *s)
{
	s->smtpd = user("pnsmtpd");
	s->bounce = user("pnbounce");
	s->qmgr = user("pnqmgr");
}

void
serve(const struct paths *paths, const struct settings *settings,
    const struct walls *walls)
{
	struct server s = {.settings = settings};
	char path[PATH_SIZE];

	TAILQ_INIT(&s.all);
	find_users(&s);
	find_limits(&s);
	open_queue(&s, paths);
	if ((s.base = event_base_new()) == NULL ||
	    event_base_priority_init(s.base, PRIORITIES) == -1)
		err(EXIT_TEMP, "event base");
	commit_init(&s);
	helpers_attach(s.helpers, s.base);
	path_socket(path, paths, "qmgr");
	s.notify = notify_new(s.base, path);
	if (s.store.now.fd != -1)
		notify_durable(s.notify, s.store.now.number, s.store.end);
	watch(&s);
	path_socket(path, paths, "inject");
	s.listener = conn_listen(s.base, path, NULL, on_accept, &s);
	walls_raise(walls, paths);
	spares_fill(&s.spares, s.store.highest);
	log_event("started", "program", "inject", "folder", s.mess.path, NULL);
	log_by_turns(s.base);
	if (event_base_dispatch(s.base) == -1)
		err(EXIT_TEMP, "event loop");
	store_seal(&s.store);
	exit(0); /* what a process has goes with it */
}
