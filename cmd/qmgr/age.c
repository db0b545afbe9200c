/*
 * The clock's jumps, kept in queue/state/clock: its lines are the jumps, and it
 * is touched as long as there is a qmgr.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "qmgr.h"

#define NAME "clock"
#define NEW  "clock.new"

int64_t
message_age(const struct qmgr *q, const struct message *m, int64_t now)
{
	return clock_age(&q->clock, m->segment, m->sequence, m->arrival, now);
}

static int64_t
since_boot(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

/* The help that it is after a crash is worth no more than a word in the log. */
static void
save(struct qmgr *q)
{
	int fd = openat(q->states, NEW,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *out = fd == -1 ? NULL : fdopen(fd, "w");

	if (out == NULL) {
		log_event("error", "file", "state/" NAME, "reason",
		    strerror(errno), NULL);
		if (fd != -1)
			close(fd);
		return;
	}
	if (clock_write(&q->clock, out) == -1 || fflush(out) == EOF ||
	    fsync(fd) == -1 || renameat(q->states, NEW, q->states, NAME) == -1)
		log_event("error", "file", "state/" NAME, "reason",
		    strerror(errno), NULL);
	fclose(out);
}

/* The last message that is known. */
static void
last_message(struct qmgr *q, struct jump *j)
{
	struct store *s;
	struct message *m;

	j->segment = j->sequence = 0;
	TAILQ_FOREACH(s, &q->stores, next)
	for (m = store_first(s); m != NULL; m = store_after(m))
		if (m->segment > j->segment ||
		    (m->segment == j->segment && m->sequence > j->sequence)) {
			j->segment = m->segment;
			j->sequence = m->sequence;
		}
}

/* Times written by another clock mean nothing: all is tried now. */
static void
try_all(struct qmgr *q, int64_t now)
{
	struct message *m;
	struct rcpt *r;
	uint32_t i;

	for (m = message_first(q); m != NULL; m = message_after(q, m))
		for (i = 0; i < m->count; i++) {
			r = &m->rcpts[i];
			if (r->state != RCPT_WAITING)
				continue;
			rcpt_take(&q->lanes, r);
			rcpt_wait(&q->lanes, r, now);
		}
	lanes_wake(&q->lanes, INT64_MAX);
}

static void
jumped(struct qmgr *q, int64_t by, int64_t since, int64_t now)
{
	struct jump j = {.at = now, .since = since, .by = by};

	last_message(q, &j);
	log_event(
	    "clock", "jumped", log_number(by), "now", log_number(now), NULL);
	clock_add(&q->clock, &j);
	save(q);
	try_all(q, now);
}

void
age_begin(struct qmgr *q)
{
	int fd = openat(q->states, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *in = fd == -1 ? NULL : fdopen(fd, "r");
	int64_t now = time(NULL), gap = 0;
	struct stat st;

	(void)clock_look(&q->clock, now, since_boot());
	if (in == NULL) {
		save(q);
		return;
	}
	if (fstat(fd, &st) == 0)
		gap = now - st.st_mtime;
	clock_read(&q->clock, in);
	fclose(in);
	if (gap >= CLOCK_GAP || gap <= -CLOCK_LEAP)
		jumped(q, gap, 0, now);
}

void
age_look(struct qmgr *q)
{
	int64_t now = time(NULL), steady = since_boot();
	int64_t since = steady - q->clock.steady + 2;
	int64_t by = clock_look(&q->clock, now, steady);

	if (by != 0)
		jumped(q, by, since, now);
	(void)utimensat(q->states, NAME, NULL, AT_SYMLINK_NOFOLLOW);
}
