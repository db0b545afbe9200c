#include "keeper.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "exits.h"
#include "mbox.h"
#include "peer.h"
#include "record.h"
#include "walls.h"

#define WAIT 10   /* seconds for a lock */
#define MOST 2048 /* bytes of a question or an answer */
#define MODE 0660

/*
 * Milliseconds.  A lock costs a file made and removed, so it is kept for the
 * next batch if that comes at once; but then others have their turn.
 */
#define LINGER 20
#define HOLD   100
#define GAP    25

/* It has group mail, so it has nothing else. */
static const struct walls walls = {
    .program = "keeper",
    .writes = {"mail"},
    .memory = WALLS_GB / 16,
};

void
keeper_set_aside(void)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    setresgid((gid_t)-1, getgid(), (gid_t)-1) == -1)
		err(EXIT_TEMP, "group");
}

/* --- the keeper's side -----------------------------------------------------
 */

static void
take_group(void)
{
	gid_t real, effective, saved;

	if (getresgid(&real, &effective, &saved) == -1 ||
	    setresgid((gid_t)-1, saved, (gid_t)-1) == -1)
		err(EXIT_TEMP, "group");
}

struct kept {
	struct mbox mbox;
	int64_t since; /* milliseconds: when it was locked */
};

static int64_t
milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
open_spool(int fd, const char *spool, struct kept *k)
{
	struct mbox *m = &k->mbox;
	struct record answer;
	struct fate f;
	size_t len;
	char *bytes;
	bool stands = mbox_stands(m);

	if (!stands) {
		mbox_close(m);
		stands = mbox_open(m, spool, MODE, WAIT, &f) == 0;
		k->since = milliseconds();
	}
	if (stands)
		fate_set(&f, FATE_DONE, "2.0.0", "open");
	record_init(&answer, RECORD_QUESTION);
	fate_tell(&f, &answer);
	bytes = record_encode(&answer, &len);
	if (peer_send(fd, bytes, len, m->fd) == -1)
		mbox_close(m);
	free(bytes);
	record_free(&answer);
}

static void
shut_spool(int fd, struct kept *k)
{
	struct pollfd next = {.fd = fd, .events = POLLIN};
	bool long_enough = milliseconds() - k->since >= HOLD;

	if (!long_enough && poll(&next, 1, LINGER) == 1)
		return;
	mbox_close(&k->mbox);
	if (long_enough)
		(void)poll(NULL, 0, GAP);
}

static void
keep(int fd, const char *spool, const struct paths *paths)
{
	struct kept kept = {.mbox.fd = -1};
	char question[MOST];
	ssize_t len;

	(void)signal(SIGTERM, SIG_IGN); /* our parent's end is ours */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	take_group();
	if (dup2(fd, STDIN_FILENO) == -1)
		err(EXIT_TEMP, "dup2");
	/* Nothing that is opened later may be somebody's standard output. */
	if (dup2(fd, STDOUT_FILENO) == -1)
		err(EXIT_TEMP, "dup2");
	closefrom(STDERR_FILENO + 1);
	fd = STDIN_FILENO;
	walls_raise(&walls, paths);
	while ((len = recv(fd, question, sizeof(question), 0)) != 0) {
		if (len == -1 && errno != EINTR)
			break;
		if (len > 0 && question[0] == 'o')
			open_spool(fd, spool, &kept);
		else if (len > 0)
			shut_spool(fd, &kept);
	}
	mbox_close(&kept.mbox);
	_exit(0);
}

/* --- local's side ----------------------------------------------------------
 */

static void
drop_group(void)
{
	gid_t gid = getgid(), real, effective, saved;

	if (setresgid(gid, gid, gid) == -1 ||
	    getresgid(&real, &effective, &saved) == -1 || real != gid ||
	    effective != gid || saved != gid)
		err(EXIT_TEMP, "cannot drop the group");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(EXIT_TEMP, "no_new_privs");
}

void
keeper_start(struct keeper *k, const char *spool, const struct paths *paths)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		err(EXIT_TEMP, "socketpair");
	if ((k->pid = fork()) == -1)
		err(EXIT_TEMP, "fork");
	if (k->pid == 0)
		keep(pair[1], spool, paths);
	close(pair[1]);
	k->fd = pair[0];
	drop_group();
}

static void
lost(struct keeper *k, struct fate *f)
{
	fate_set(f, FATE_DEFERRED, "4.3.0", "the spool's keeper is gone");
	if (k->fd != -1)
		close(k->fd);
	k->fd = -1;
}

int
keeper_open(struct keeper *k, struct fate *f)
{
	struct record answer;
	char bytes[MOST];
	ssize_t len = 0;
	int fd = -1;

	if (k->fd != -1 && peer_send(k->fd, "open\n", 5, -1) == 5)
		do
			len = peer_recv(k->fd, bytes, sizeof(bytes), &fd);
		while (len == -1 && errno == EINTR);
	if (len <= 0) {
		lost(k, f);
		return -1;
	}
	record_init(&answer, MOST);
	if (record_parse(&answer, bytes, (size_t)len) == len)
		fate_hear(f, &answer);
	else
		lost(k, f);
	record_free(&answer);
	if (f->class == FATE_DONE && fd == -1)
		lost(k, f);
	return fd;
}

void
keeper_shut(struct keeper *k)
{
	if (k->fd != -1)
		(void)peer_send(k->fd, "close\n", 6, -1);
}
