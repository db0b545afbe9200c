/*
 * What the two folders say: at start all of it, later what inject appended.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"

/* The loop goes round before, and between two slices. */
static void
place_go(struct qmgr *q)
{
	static const struct timeval none = {0, 0};

	event_add(q->place, &none);
}

/*
 * Where the recipients of a message stood when we died.  Those that are due are
 * placed later.  in_place: the entry has been read where it stands; else that
 * is done now, so that damage is named at once.
 */
static void
resume(struct qmgr *q, struct message *m, const struct entry *e, bool in_place)
{
	struct envelope *envelope = NULL;
	int64_t now = time(NULL);
	struct rcpt *r;
	uint32_t i;

	message_entry(m, e);
	message_know(m);
	if (in_place || (envelope = envelope_get(q, m)) != NULL)
		for (i = 0; i < m->count; i++) {
			r = &m->rcpts[i];
			if (r->state == RCPT_NEW && r->due > now)
				rcpt_wait(&q->lanes, r, r->due);
			else if (r->state == RCPT_NEW)
				q->unplaced = true;
		}
	if (q->unplaced)
		place_go(q);
	envelope_put(envelope);
	settle(q, m);
}

/*
 * Reading a segment.  Where inject died in it, the last batch may never have
 * been synced, and so never acknowledged: a message in it whose content is not
 * whole, and that the state knows nothing of, is doubted.  The next batch would
 * not have been begun before that sync: if there is one, it is damage.
 */
struct loading {
	struct qmgr *q;
	struct store *store;
	bool indexed; /* by its index */
	bool doubtful;
	off_t *doubted; /* entries */
	size_t count;
};

/* Only who doubts reads the content now; a big one was synced before. */
static bool
is_doubtful(const struct loading *l, const struct entry *e)
{
	char *content;

	if (!l->doubtful || e->big)
		return false;
	content = entry_content(&l->store->segment, e);
	free(content);
	return content == NULL;
}

static void
doubt(struct loading *l, const struct entry *e)
{
	l->doubted =
	    reallocarray(l->doubted, l->count + 1, sizeof(*l->doubted));
	if (l->doubted == NULL)
		err(EXIT_TEMP, "doubted messages");
	l->doubted[l->count++] = e->offset;
}

static void
log_torn(const struct store *s, const struct entry *e)
{
	char name[9];

	segment_name(name, s->segment.number);
	log_event("torn", "id", e->id, "file", name, "offset",
	    log_number(e->offset), "reason", "cut short before it was accepted",
	    NULL);
}

/* proven: they were acknowledged, so they are kept for the operator. */
static void
decide(struct loading *l, bool proven)
{
	struct entry e;
	size_t i;

	entry_init(&e);
	for (i = 0; i < l->count; i++) {
		if (entry_read(&l->store->segment, l->doubted[i], &e) != 1)
			continue;
		if (proven)
			admit(l->q, l->store, &e);
		else
			log_torn(l->store, &e);
	}
	entry_free(&e);
	free(l->doubted);
	l->doubted = NULL;
	l->count = 0;
}

static int
each_entry(struct entry *e, void *arg)
{
	struct loading *l = arg;
	struct store *s = l->store;
	struct past *p = past_find(s, e->segment, e->sequence);
	struct message *m = p == NULL ? NULL : p->message;

	if (e->offset % SEGMENT_BLOCK == 0)
		decide(l, true);
	s->total++;
	s->has_big |= e->big;
	if (e->end > s->walked)
		s->walked = e->end;
	if (p == NULL && is_doubtful(l, e)) {
		doubt(l, e);
	} else if (p == NULL) {
		admit(l->q, s, e);
	} else if (m != NULL) {
		p->message = NULL;
		resume(l->q, m, e, !l->indexed || entry_stands(&s->segment, e));
	}
	return 0;
}

/* What was written last, and never synced, may stand where the walk ended. */
static void
log_tail(const struct store *s)
{
	off_t at =
	    (s->walked + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK * SEGMENT_BLOCK;
	char begin[13] = "id=", found[12], name[9];

	segment_name(name, s->segment.number);
	memcpy(begin + 3, name, sizeof(name));
	if (pread(s->segment.fd, found, 11, at) == 11 &&
	    memcmp(begin, found, 11) == 0)
		log_event("torn", "file", name, "from", log_number(at), NULL);
}

static void
walk(struct qmgr *q, struct store *s, off_t end, bool doubtful)
{
	struct loading l = {.q = q, .store = s, .doubtful = doubtful};
	struct entry e;
	off_t damage;
	char name[9];
	int got;

	segment_name(name, s->segment.number);
	entry_init(&e);
	while ((got = segment_walk(&s->segment, &s->walked, end, &e, &damage)) >
	       0) {
		if (got == 1)
			(void)each_entry(&e, &l);
		else
			aside_bytes(s, damage, s->walked);
	}
	if (got == -1)
		err(EXIT_TEMP, "%s/mess/%s", q->paths.queue, name);
	entry_free(&e);
	decide(&l, false);
	if (doubtful)
		log_tail(s);
}

/*
 * Nothing more will be appended.  An index is synced when inject goes on to the
 * next segment, and when it ends well; a segment without one is where it died,
 * unless its end has been cut off since.
 */
static void
walk_rest(struct qmgr *q, struct store *s)
{
	struct loading l = {.q = q, .store = s, .indexed = true};

	store_ahead(s, true);
	if (s->walked > SEGMENT_BLOCK ||
	    segment_index(&s->segment, each_entry, &l) != 1)
		walk(q, s, 0, !s->segment.cut && !segment_sealed(&s->segment));
	store_ahead(s, false);
}

/* Then what the state knows and we do not is lost. */
static void
finish(struct qmgr *q, struct store *s)
{
	walk_rest(q, s);
	(void)past_end(s, aside_message);
	s->complete = true;
	tidy_soon(q);
}

uint32_t
load_open(struct qmgr *q, const char *name)
{
	struct store s = {.gone = true, .state = -1};

	TAILQ_INIT(&s.blocks);
	(void)segment_number(name, &s.segment.number);
	if (state_open(q, &s, name) == -1)
		return 1;
	past_read(&s);
	if (s.state != -1)
		close(s.state);
	return past_end(&s, NULL);
}

/* Is inject appending to it? Then it will tell us how far we may read. */
static bool
is_live(const struct store *s)
{
	if (flock(s->segment.fd, LOCK_SH | LOCK_NB) == -1)
		return true;
	(void)flock(s->segment.fd, LOCK_UN);
	return false;
}

void
load_orphans(struct qmgr *q)
{
	struct store *s;

	TAILQ_FOREACH(s, &q->stores, next)
	if (!s->complete && !is_live(s))
		finish(q, s);
}

/* Everything of a lower number is complete, whether we knew it or not. */
void
load_durable(struct qmgr *q, uint32_t number, off_t end)
{
	struct store *s, *last = TAILQ_LAST(&q->stores, stores);
	char name[9];

	if (last == NULL || last->segment.number < number)
		load_all(q);
	TAILQ_FOREACH(s, &q->stores, next)
	if (!s->complete && s->segment.number < number)
		finish(q, s);
	segment_name(name, number);
	if ((s = store_find(q, number)) == NULL) {
		log_event("error", "file", name, "reason",
		    "inject writes it, but it cannot be read", NULL);
		return;
	}
	if (!s->complete && end > s->walked)
		walk(q, s, end, false);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The names of all segments, sorted: malloced. */
static char (*segment_names(struct qmgr *q, size_t *count))[9]
{
	char(*names)[9] = NULL;
	struct dirent *entry;
	uint32_t number;
	DIR *dir;
	int fd = openat(q->mess, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*count = 0;
	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		err(EXIT_TEMP, "%s/mess", q->paths.queue);
	while ((entry = readdir(dir)) != NULL) {
		if (segment_number(entry->d_name, &number) == -1)
			continue;
		names = reallocarray(names, *count + 1, sizeof(*names));
		if (names == NULL)
			err(EXIT_TEMP, "%zu segments", *count);
		memcpy(names[(*count)++], entry->d_name, sizeof(*names));
	}
	closedir(dir);
	if (names != NULL)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

void
load_all(struct qmgr *q)
{
	struct store *s;
	uint32_t number;
	size_t count, i;
	char(*names)[9] = segment_names(q, &count);

	for (i = 0; i < count; i++) {
		if (segment_number(names[i], &number) == -1 ||
		    store_find(q, number) != NULL ||
		    (s = store_open(q, names[i])) == NULL)
			continue;
		if (s->complete)
			continue;
		past_read(s);
		if (!is_live(s))
			finish(q, s);
	}
	free(names);
	load_orphans(q);
	aside_orphans(q);
}

/* --- placing -------------------------------------------------------------- */

bool
load_place(struct qmgr *q, struct message *m)
{
	struct envelope *e = NULL;
	uint32_t i;

	if (m->moving || m->superseded || m->lost || m->pending)
		return false;
	for (i = 0; i < m->count; i++) {
		if (m->rcpts[i].state != RCPT_NEW)
			continue;
		if (e == NULL && (e = envelope_get(q, m)) == NULL)
			break;
		place(q, m, e, &m->rcpts[i]);
	}
	envelope_put(e);
	return e != NULL;
}

/* A slice at a time: what comes meanwhile has not to wait for all. */
void
on_place(evutil_socket_t none, short what, void *arg)
{
	struct qmgr *q = arg;
	struct message *m;
	int seen = 0;

	(void)none;
	(void)what;
	if (!q->placing.walking) {
		q->unplaced = false;
		cursor_begin(q, &q->placing);
	}
	while (seen++ < SLICE && (m = cursor_step(q, &q->placing)) != NULL)
		if (load_place(q, m))
			settle(q, m);
	cursor_rest(&q->placing);
	if (q->placing.at == NULL) {
		cursor_end(q, &q->placing);
		tidy_soon(q);
	}
	if (q->placing.walking || q->unplaced)
		place_go(q);
}
