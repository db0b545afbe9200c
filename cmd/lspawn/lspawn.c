/*
 * lspawn - open the door of one account's local
 *
 * In: questions of qmgr on run/lspawn/socket, who owns a mailbox, and to start
 * the owner's local.  Out: the owner's name, or one end of a socket whose other
 * end is the new local's standard input.  The one program that keeps root; it
 * never sees a byte of mail.  See lspawn(8).
 */
#include <err.h>
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door.h"
#include "drop.h"
#include "exits.h"
#include "log.h"
#include "paths.h"
#include "peer.h"
#include "record.h"
#include "spawn.h"

#define CLIENTS  16
#define FILES    256
#define CHILDREN 12000 /* more than qmgr asks for: those that end count */
#define OF_ONE   250   /* of them for one account, which may let them hang */

/*
 * To become an account and to end what takes too long.  No more can be walled
 * off: what stands around it would stand around each user's programs.
 */
#define CAPABILITIES                                                           \
	((uint64_t)1 << CAP_SETUID | (uint64_t)1 << CAP_SETGID |               \
	    (uint64_t)1 << CAP_KILL)

struct client {
	int fd; /* or -1 */
	size_t len;
	char bytes[RECORD_QUESTION + 2];
};

struct child {
	LIST_ENTRY(child) next;
	pid_t pid;
	char account[ACCOUNT_SIZE];
};

struct lspawn {
	int listener;
	struct peers peers;
	struct door door;
	struct spawn spawn;
	size_t running;
	LIST_HEAD(, child) children;
	struct client clients[CLIENTS];
};

static volatile sig_atomic_t told_to_end;

static void
on_signal(int sig)
{
	if (sig == SIGTERM || sig == SIGINT)
		told_to_end = 1;
}

/* --- children --------------------------------------------------------------
 */

static void
remember(struct lspawn *l, pid_t pid, const char *account)
{
	struct child *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(EXIT_TEMP, NULL);
	c->pid = pid;
	(void)strlcpy(c->account, account, sizeof(c->account));
	LIST_INSERT_HEAD(&l->children, c, next);
	l->running++;
}

static size_t
children_of(const struct lspawn *l, const char *account)
{
	const struct child *c;
	size_t n = 0;

	LIST_FOREACH(c, &l->children, next)
	if (strcmp(c->account, account) == 0)
		n++;
	return n;
}

static void
forget(struct lspawn *l, pid_t pid, int status)
{
	struct child *c;

	LIST_FOREACH(c, &l->children, next)
	if (c->pid == pid)
		break;
	if (c == NULL)
		return;
	if (WIFSIGNALED(status))
		log_event("ended", "program", "local", "account", c->account,
		    "signal", log_number(WTERMSIG(status)), NULL);
	else if (WEXITSTATUS(status) != 0)
		log_event("ended", "program", "local", "account", c->account,
		    "exit", log_number(WEXITSTATUS(status)), NULL);
	LIST_REMOVE(c, next);
	l->running--;
	free(c);
}

static void
reap(struct lspawn *l)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		forget(l, pid, status);
}

/* --- questions -------------------------------------------------------------
 */

static void
owner(struct lspawn *l, const struct record *question, struct record *answer)
{
	char account[ACCOUNT_SIZE];
	struct fate f;

	if (record_get(question, "alias") != NULL)
		door_alias(
		    &l->door, record_text(question, "alias"), account, &f);
	else
		door_owner(
		    &l->door, record_text(question, "user"), account, &f);
	fate_tell(&f, answer);
	if (f.class == FATE_DONE)
		(void)record_add(answer, "owner", account);
}

/* The other end of a new local, or -1. */
static int
start(struct lspawn *l, const struct record *question, struct record *answer)
{
	const char *name = record_text(question, "owner");
	const struct passwd *pw;
	struct fate f;
	pid_t pid;
	int fd = -1;

	if (l->running >= CHILDREN || children_of(l, name) >= OF_ONE)
		fate_set(&f, FATE_DEFERRED, "4.3.2", "too many are running");
	else if ((pw = door_account(&l->door, name, &f)) != NULL &&
		 (fd = spawn_local(&l->spawn, pw, &pid, &f)) != -1) {
		remember(l, pid, name);
		log_event("started", "program", "local", "account", name, "pid",
		    log_number(pid), NULL);
		fate_set(&f, FATE_DONE, "2.0.0", "started for %s", name);
	}
	if (f.class != FATE_DONE)
		log_event("refused", "account", name, "status", f.status,
		    "reason", f.text, NULL);
	fate_tell(&f, answer);
	return fd;
}

/* An answer is small: a peer whose buffer has no room for it is broken. */
static int
send_answer(int to, const struct record *answer, int fd)
{
	size_t len;
	char *bytes = record_encode(answer, &len);
	ssize_t sent = peer_send(to, bytes, len, fd);

	free(bytes);
	return sent == (ssize_t)len ? 0 : -1;
}

static int
answer(struct lspawn *l, int to, const struct record *question)
{
	const char *request = record_text(question, "request");
	struct record reply;
	struct fate unknown;
	int fd = -1, r;

	record_init(&reply, RECORD_QUESTION);
	if (strcmp(request, "owner") == 0)
		owner(l, question, &reply);
	else if (strcmp(request, "spawn") == 0)
		fd = start(l, question, &reply);
	else {
		fate_set(&unknown, FATE_FAILED, "5.5.1", "unknown request: %s",
		    request);
		fate_tell(&unknown, &reply);
	}
	r = send_answer(to, &reply, fd);
	if (fd != -1)
		close(fd);
	record_free(&reply);
	return r;
}

/* --- clients ---------------------------------------------------------------
 */

static void
drop(struct client *c, const char *why)
{
	if (why != NULL)
		log_event("dropped", "uid", log_number((long)peer_uid(c->fd)),
		    "reason", why, NULL);
	close(c->fd);
	c->fd = -1;
	c->len = 0;
}

/* Answer all whole questions that have come.  NULL, or why not. */
static const char *
serve(struct lspawn *l, struct client *c)
{
	struct record question;
	const char *why = NULL;
	ssize_t took = 0;

	record_init(&question, RECORD_QUESTION);
	while (why == NULL &&
	       (took = record_parse(&question, c->bytes, c->len)) > 0) {
		if (answer(l, c->fd, &question) == -1)
			why = "does not take its answer";
		c->len -= (size_t)took;
		memmove(c->bytes, c->bytes + took, c->len);
	}
	if (took == -1 || (took == 0 && c->len == sizeof(c->bytes)))
		why = "malformed question";
	record_free(&question);
	return why;
}

static void
hear(struct lspawn *l, struct client *c)
{
	const char *why;
	ssize_t got;
	int fd;

	got =
	    peer_recv(c->fd, c->bytes + c->len, sizeof(c->bytes) - c->len, &fd);
	if (fd != -1)
		close(fd); /* we take none */
	if (got == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got <= 0) {
		drop(c, got == -1 ? strerror(errno) : NULL);
		return;
	}
	c->len += (size_t)got;
	if ((why = serve(l, c)) != NULL)
		drop(c, why);
}

static void
take_client(struct lspawn *l)
{
	/* cppcheck-suppress nullPointer ; accept4(2) takes NULL */
	int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	size_t i;

	if (fd == -1)
		return;
	for (i = 0; i < CLIENTS && l->clients[i].fd != -1; i++)
		;
	if (i < CLIENTS && peer_allowed(&l->peers, fd)) {
		l->clients[i].fd = fd;
		l->clients[i].len = 0;
		return;
	}
	log_event("refused", "uid", log_number((long)peer_uid(fd)), "reason",
	    i < CLIENTS ? "not permitted" : "too many connections", NULL);
	close(fd);
}

static void
loop(struct lspawn *l, const sigset_t *outside)
{
	struct pollfd set[CLIENTS + 1];
	size_t i;
	int ready;

	for (i = 0; i < CLIENTS; i++)
		set[i] = (struct pollfd){l->clients[i].fd, POLLIN, 0};
	set[CLIENTS] = (struct pollfd){l->listener, POLLIN, 0};
	ready = ppoll(set, CLIENTS + 1, NULL, outside);
	if (ready == -1 && errno != EINTR)
		err(EXIT_TEMP, "poll");
	reap(l);
	if (ready <= 0)
		return;
	for (i = 0; i < CLIENTS; i++)
		if (set[i].revents != 0)
			hear(l, &l->clients[i]);
	if (set[CLIENTS].revents != 0)
		take_client(l);
}

/* --- start -----------------------------------------------------------------
 */

/* Signals come while we wait, and at no other time. */
static void
set_signals(sigset_t *outside)
{
	struct sigaction act = {.sa_handler = on_signal};
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGINT);
	if (sigprocmask(SIG_BLOCK, &block, outside) == -1 ||
	    sigaction(SIGCHLD, &act, NULL) == -1 ||
	    sigaction(SIGTERM, &act, NULL) == -1 ||
	    sigaction(SIGINT, &act, NULL) == -1)
		err(EXIT_TEMP, "signals");
	sigdelset(outside, SIGCHLD);
	sigdelset(outside, SIGTERM);
	sigdelset(outside, SIGINT);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
open_all(struct lspawn *l, const char *program)
{
	char path[PATH_SIZE];
	struct paths paths;
	size_t i;

	paths_find(&paths);
	LIST_INIT(&l->children);
	for (i = 0; i < CLIENTS; i++)
		l->clients[i].fd = -1;
	peer_allow(&l->peers, "pnqmgr");
	door_open(&l->door, paths.conf);
	spawn_init(&l->spawn, program);
	l->spawn.steward = l->door.steward;
	path_socket(path, &paths, "lspawn");
	if ((l->listener = peer_listen(path)) == -1)
		err(EXIT_TEMP, "%s", path);
}

static void
usage(void)
{
	(void)fprintf(stderr, "usage: lspawn [local]\n");
	exit(EXIT_PERM);
}

int
main(int argc, char *argv[])
{
	static struct lspawn l;
	sigset_t outside;

	if (getopt(argc, argv, "") != -1 || argc - optind > 1)
		usage();
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	open_all(&l, argv[optind]);
	set_signals(&outside);
	drop_capabilities(CAPABILITIES);
	drop_limits(0, FILES);
	log_event("started", "program", "lspawn", NULL);
	while (!told_to_end)
		loop(&l, &outside);
	return 0;
}
