#include "master.h"

#include <err.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drop.h"
#include "exits.h"
#include "log.h"
#include "resolve.h"
#include "worker.h"

#define WORKERS_MAX 64
#define SPARE_FILES 2048 /* beside one a session: partners, DNS */

/*
 * The most that a client can make us hold: a header, a line, an envelope of the
 * most recipients, and full buffers each way.
 */
#define SESSION_MEMORY 2097152

struct child {
	pid_t pid;
	time_t since;
	int fds[LISTEN_MAX];
};

struct master {
	const struct config *config;
	struct worker worker; /* made ready before the chroot, never run here */
	struct child children[WORKERS_MAX];
	int life[2]; /* the workers see the other end close */
	const struct paths *paths;
	struct walls walls; /* of a worker */
};

void
master_drop(const struct paths *paths)
{
	char root[PATH_SIZE];

	path_join(root, paths->run, "smtpd");
	drop_root("pnsmtpd", root);
}

static time_t
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Let nobody make us use more than our limits add up to. */
static void
confine(struct config *c)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		err(EXIT_TEMP, "getrlimit");
	if (files.rlim_max != RLIM_INFINITY &&
	    files.rlim_max < (rlim_t)c->sessions + SPARE_FILES) {
		c->sessions =
		    files.rlim_max > 128 ? (unsigned)files.rlim_max / 2 : 32;
		log_event("limited", "sessions",
		    log_number((long long)c->sessions), "rule",
		    "limit on open files", NULL);
	}
	drop_limits(0, c->sessions + SPARE_FILES);
}

/* What a worker may not do either, and there is one thing that it may not. */
static void
wall_off(struct master *m, const struct walls *w)
{
	struct walls own;

	m->walls = *w;
	m->walls.memory += (uint64_t)m->config->sessions * SESSION_MEMORY;
	own = m->walls;
	own.may |= WALLS_FORK;
	own.program = "master";
	walls_raise(&own, m->paths);
}

/* --- in the child --------------------------------------------------------- */

static void
become_worker(struct master *m, struct child *self)
{
	size_t i, j;

	for (i = 0; i < m->config->workers; i++)
		for (j = 0; j < m->config->listen.count; j++)
			if (&m->children[i] != self &&
			    m->children[i].fds[j] != -1)
				close(m->children[i].fds[j]);
	close(m->life[1]);
	if (event_reinit(m->worker.base) == -1)
		errx(EXIT_TEMP, "event loop");
	/* A supervisor that tells the whole group to end means the master. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	walls_raise(&m->walls, m->paths);
	worker_serve(
	    &m->worker, self->fds, m->config->listen.count, m->life[0]);
}

/* --- in the parent -------------------------------------------------------- */

static void
spawn(struct master *m, struct child *c)
{
	c->since = monotonic();
	if ((c->pid = fork()) == -1)
		err(EXIT_TEMP, "fork");
	if (c->pid == 0)
		become_worker(m, c);
}

static struct child *
whose(struct master *m, pid_t pid)
{
	size_t i;

	for (i = 0; i < m->config->workers; i++)
		if (m->children[i].pid == pid)
			return &m->children[i];
	return NULL;
}

static void
watch(struct master *m)
{
	struct child *c;
	int status;
	pid_t pid;

	for (;;) {
		if ((pid = waitpid(-1, &status, 0)) == -1) {
			if (errno == EINTR)
				continue;
			err(EXIT_TEMP, "wait");
		}
		if ((c = whose(m, pid)) == NULL)
			continue;
		log_event("died", "program", "worker", "pid", log_number(pid),
		    "signal",
		    WIFSIGNALED(status) ? log_number(WTERMSIG(status)) : NULL,
		    "exit",
		    WIFEXITED(status) ? log_number(WEXITSTATUS(status)) : NULL,
		    NULL);
		if (monotonic() - c->since < 2)
			sleep(1);
		spawn(m, c);
	}
}

static void
announce(const struct listen_list *l, const int *fds)
{
	char text[LISTEN_TEXT];
	size_t i;

	for (i = 0; i < l->count; i++) {
		listen_text((const struct sockaddr *)&l->list[i].address, text);
		if (fds[i] != -1)
			log_event("listening", "address", text, NULL);
	}
}

void
master_run(
    struct config *config, const struct paths *paths, const struct walls *walls)
{
	static struct master m;
	size_t i;

	m.config = config;
	m.worker.config = config;
	m.paths = paths;
	for (i = 0; i < config->workers; i++)
		listen_open(&config->listen, m.children[i].fds);
	if ((m.worker.base = event_base_new()) == NULL)
		err(EXIT_TEMP, "event loop");
	m.worker.resolver = resolver_new(m.worker.base, paths->conf);
	if (pipe(m.life) == -1)
		err(EXIT_TEMP, "pipe");
	master_drop(paths);
	confine(config);
	wall_off(&m, walls);
	announce(&config->listen, m.children[0].fds);
	for (i = 0; i < config->workers; i++)
		spawn(&m, &m.children[i]);
	watch(&m);
	abort();
}
