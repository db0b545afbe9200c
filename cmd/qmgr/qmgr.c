/*
 * qmgr - decides what is delivered when, and records what became of it
 *
 * Reads what inject appends to queue/mess, gives each recipient to remote, to
 * a local or to bounce when its turn comes, and writes the outcome to
 * queue/state before anybody is told.  Answers qstat and qctl.  See qmgr(8).
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "conf.h"
#include "drop.h"
#include "exits.h"
#include "log.h"
#include "log_turn.h"
#include "qmgr.h"
#include "walls.h"

#define DAY          86400
#define SYNC_SECONDS 1
#define ANSWER_REMOTE                                                          \
	7200 /* a delivery may take long; remote has deadlines                 \
	      */
#define ANSWER_SHORT 300
#define LINES_MOST   64
#define FILES_MOST   65536
#define LOCALS_LEAST 200
#define LOCALS_MOST  2000
#define LOCAL_SHARE  (16 << 20) /* bytes of the machine's memory */

/*
 * Tables may be links into /etc, where the group of its operators stands, too.
 * A hundred bytes a waiting message make 80 million, and it reads envelopes.
 */
static const struct walls walls = {
    .program = "qmgr",
    .may = WALLS_UNIX | WALLS_MAPS,
    .reads = {"queue/mess", "conf", "/etc"},
    .writes = {"queue/state"},
    .memory = 8 * WALLS_GB,
};

/*
 * One for each 16 MiB, of which it and its keeper take half a one: to begin it
 * anew costs more than ten letters, so more users than places are slow.
 */
static uint64_t
locals_by_memory(void)
{
	long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	uint64_t share;

	if (pages <= 0 || size <= 0)
		return LOCALS_LEAST;
	share = (uint64_t)pages * (uint64_t)size / LOCAL_SHARE;
	return share < LOCALS_LEAST  ? LOCALS_LEAST
	       : share > LOCALS_MOST ? LOCALS_MOST
				     : share;
}

static void
settings_read(struct qmgr *q)
{
	struct settings *s = &q->settings;
	const char *dir = q->paths.conf;

	conf_me(dir, s->me, sizeof(s->me));
	s->lifetime =
	    (int64_t)conf_seconds(dir, "queuelifetime", 0, 365 * DAY, 5 * DAY);
	s->warning =
	    (int64_t)conf_seconds(dir, "delaywarning", 0, 365 * DAY, 4 * 3600);
	s->remote_most =
	    (uint32_t)conf_number(dir, "concurrencyremote", 1, 10000, 200);
	s->lane_most =
	    (uint32_t)conf_number(dir, "concurrencyhost", 1, 10000, 20);
	s->ahead = conf_switch(dir, "sendahead", true);
	s->doors_most = (uint32_t)conf_number(
	    dir, "concurrencylocal", 1, 10000, locals_by_memory());
}

static struct ask_pool *
pool(struct qmgr *q, const char *name, unsigned lines, unsigned seconds)
{
	char path[PATH_SIZE];

	path_socket(path, &q->paths, name);
	return ask_pool_new(q->base, path, lines, seconds);
}

static void
on_sync(evutil_socket_t none, short what, void *arg)
{
	struct qmgr *q = arg;
	struct store *s;

	(void)none;
	(void)what;
	TAILQ_FOREACH(s, &q->stores, next)
	(void)store_sync(q, s);
}

/* Once in a while: what nothing else would remind us of. */
static void
on_again(evutil_socket_t none, short what, void *arg)
{
	struct qmgr *q = arg;

	(void)none;
	(void)what;
	if (q->pending)
		admit_again(q);
	doors_tidy(q);
}

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	struct qmgr *q = arg;

	(void)sig;
	(void)what;
	on_sync(-1, 0, q);
	event_base_loopbreak(q->base);
}

static void
events_make(struct qmgr *q)
{
	struct timeval often = {.tv_sec = 10}, now = {0};
	struct event *term;

	q->tick = evtimer_new(q->base, on_tick, q);
	q->turn = event_new(q->base, -1, 0, on_turn, q);
	q->tidy = event_new(q->base, -1, 0, on_tidy, q);
	q->place = evtimer_new(q->base, on_place, q);
	q->sync = evtimer_new(q->base, on_sync, q);
	q->again = event_new(q->base, -1, EV_PERSIST, on_again, q);
	term = evsignal_new(q->base, SIGTERM, on_term, q);
	if (!q->tick || !q->turn || !q->tidy || !q->place || !q->sync ||
	    !q->again || !term)
		err(EXIT_TEMP, "events");
	event_add(term, NULL);
	event_add(q->again, &often);
	event_add(q->tick, &now);
}

static void
open_all(struct qmgr *q)
{
	if ((q->base = event_base_new()) == NULL)
		err(EXIT_TEMP, "event loop");
	TAILQ_INIT(&q->stores);
	doors_init(&q->doors);
	TAILQ_INIT(&q->users);
	TAILQ_INIT(&q->cursors);
	lanes_init(&q->lanes);
	q->lanes.ahead = q->settings.ahead;
	store_folders(q);
	q->router = router_open(q->paths.conf, NULL);
	q->rewriter = rewriter_open(router_tables(q->router));
	q->inject = pool(q, "inject", 4, ANSWER_SHORT);
	q->remote = pool(q, "remote", q->settings.remote_most, ANSWER_REMOTE);
	q->bounce = pool(q, "bounce", 1, ANSWER_SHORT);
	q->lspawn = pool(q, "lspawn", 1, ANSWER_SHORT);
	events_make(q);
}

int
main(int argc, char *argv[])
{
	static struct qmgr q; /* lives as long as the program */

	if (argc != 2 || strcmp(argv[1], "-s") != 0) {
		fprintf(stderr, "usage: qmgr -s\n");
		return EXIT_PERM;
	}
	if (geteuid() == 0)
		errx(EXIT_PERM, "start me as the queue's user, not as root");
	umask(077);
	signal(SIGPIPE, SIG_IGN);
	paths_find(&q.paths);
	settings_read(&q);
	drop_root(NULL, NULL);
	drop_limits(0, FILES_MOST);
	open_all(&q);
	control_listen(&q);
	walls_raise(&walls, &q.paths);
	load_all(&q);
	(void)malloc_trim(0); /* that took more than it left */
	age_begin(&q);
	log_event("started", "program", "qmgr", NULL);
	log_by_turns(q.base);
	event_base_dispatch(q.base);
	return 0;
}
