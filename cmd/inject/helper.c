#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "exits.h"
#include "helper.h"
#include "job.h"
#include "log.h"
#include "walls.h"

#define HELPERS 3

static const struct walls walls = {
    .program = "writer",
    .writes = {"queue/mess"},
    .memory = WALLS_GB / 4,
};

struct job {
	STAILQ_ENTRY(job) next;
	struct record question;
	job_done *done;
	void *arg;
};

struct helper {
	struct helpers *all;
	struct conn *conn;
	struct job *job; /* at work on it; NULL: idle */
	int fd;
};

struct helpers {
	struct helper helper[HELPERS];
	STAILQ_HEAD(, job) waiting;
};

/* --- in the helper -------------------------------------------------------- */

static void
answer(FILE *out, int error)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	record_add(&r, "class", error == 0 ? "done" : "deferred");
	if (error != 0)
		record_add(
		    &r, "reason", job_is_full(error) ? "full" : "failed");
	if (record_print(out, &r) == -1 || fflush(out) == EOF)
		_exit(EXIT_TEMP);
	record_free(&r);
}

__attribute__((noreturn)) static void
work(int fd, int dir, const char *path)
{
	FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
	struct record job;
	int error;

	if (in == NULL || out == NULL)
		_exit(EXIT_TEMP);
	record_init(&job, RECORD_QUESTION);
	while (record_read(in, &job) == 1) {
		if ((error = job_run(dir, &job)) != 0)
			log_event("job-failed", "do", record_text(&job, "do"),
			    "folder", path, "file", record_text(&job, "name"),
			    "reason", strerror(error), NULL);
		answer(out, error);
	}
	_exit(0);
}

/*
 * A helper keeps inject's lock on the folder, so no other inject begins while
 * one may still be at work; it dies with its parent.
 */
static int
start(int dir, const char *path, const struct paths *paths)
{
	pid_t parent = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		err(EXIT_TEMP, "socketpair");
	if ((pid = fork()) == -1)
		err(EXIT_TEMP, "fork");
	if (pid > 0) {
		close(pair[1]);
		return pair[0];
	}
	close(pair[0]);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(EXIT_TEMP);
	walls_raise(&walls, paths);
	work(pair[1], dir, path);
}

/* --- in the parent -------------------------------------------------------- */

struct helpers *
helpers_new(int dir, const char *path, const struct paths *paths)
{
	struct helpers *h = calloc(1, sizeof(*h));
	unsigned i;

	if (h == NULL)
		err(EXIT_TEMP, "helpers");
	STAILQ_INIT(&h->waiting);
	for (i = 0; i < HELPERS; i++) {
		h->helper[i].all = h;
		h->helper[i].fd = start(dir, path, paths);
	}
	return h;
}

static void
next(struct helper *p)
{
	if ((p->job = STAILQ_FIRST(&p->all->waiting)) == NULL)
		return;
	STAILQ_REMOVE_HEAD(&p->all->waiting, next);
	conn_send(p->conn, &p->job->question, NULL, -1);
}

static void
on_answer(struct conn *c, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	struct helper *p = arg;
	struct job *job = p->job;
	int error = 0;

	(void)c;
	(void)content;
	(void)fd;
	if (strcmp(record_text(r, "class"), "done") != 0)
		error = strcmp(record_text(r, "reason"), "full") == 0 ? ENOSPC
								      : EIO;
	next(p);
	job->done(error, job->arg);
	record_free(&job->question);
	free(job);
}

static void
on_gone(struct conn *c, const char *why, void *arg)
{
	(void)c;
	(void)arg;
	errx(EXIT_TEMP, "helper: %s", why == NULL ? "ended" : why);
}

void
helpers_attach(struct helpers *h, struct event_base *base)
{
	static const struct conn_calls calls = {on_answer, on_gone, NULL};
	unsigned i;

	for (i = 0; i < HELPERS; i++)
		if ((h->helper[i].conn = conn_new(base, h->helper[i].fd,
			 RECORD_QUESTION, 0, &calls, &h->helper[i])) == NULL)
			err(EXIT_TEMP, "helper");
}

void
helpers_do(
    struct helpers *h, struct record *question, job_done *done, void *arg)
{
	struct job *job = calloc(1, sizeof(*job));
	unsigned i;

	if (job == NULL)
		err(EXIT_TEMP, "job");
	job->question = *question;
	record_init(question, question->max);
	job->done = done;
	job->arg = arg;
	STAILQ_INSERT_TAIL(&h->waiting, job, next);
	for (i = 0; i < HELPERS; i++)
		if (h->helper[i].job == NULL) {
			next(&h->helper[i]);
			return;
		}
}
