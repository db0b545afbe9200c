/*
 * What the two folders say: at start all of it, later what inject appended.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/tree.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"

/* A message as the state tells of it, before its entry has been seen. */
struct past {
	RB_ENTRY(past) node;
	struct message *message; /* NULL: finished or moved */
	uint32_t segment, sequence;
};

static int
past_compare(const struct past *a, const struct past *b)
{
	if (a->segment != b->segment)
		return a->segment < b->segment ? -1 : 1;
	if (a->sequence != b->sequence)
		return a->sequence < b->sequence ? -1 : 1;
	return 0;
}

/* What sys/tree.h expects of a BSD's sys/cdefs.h. */
#ifndef __unused
#define __unused __attribute__((unused))
#endif
RB_PROTOTYPE_STATIC(pasts, past, node, past_compare)
RB_GENERATE_STATIC(pasts, past, node, past_compare)

static struct past *
past_find(struct store *s, const struct record *event)
{
	struct past key;

	if (id_parse(record_text(event, "id"), &key.segment, &key.sequence) ==
	    -1)
		return NULL;
	return RB_FIND(pasts, &s->pasts, &key);
}

static void
past_expanded(struct store *s, const struct record *event, uint32_t at)
{
	struct entry e = {0};
	struct past *p = past_find(s, event);
	uint32_t count = 0;
	size_t walk = 0;

	if (p != NULL ||
	    id_parse(record_text(event, "id"), &e.segment, &e.sequence) == -1)
		return;
	while (record_each(event, "recipient", &walk) != NULL)
		count++;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		err(EXIT_TEMP, "state");
	p->segment = e.segment;
	p->sequence = e.sequence;
	p->message = message_new(s, &e, count);
	p->message->expanded = at;
	RB_INSERT(pasts, &s->pasts, p);
}

/* What an event makes of each recipient that it names. */
static void
past_rcpt(struct rcpt *r, enum event_kind kind, const struct record *event,
    uint32_t at)
{
	uint64_t due = 0;

	/* What has ended does not begin again, whatever is said of it later. */
	if (r->state == RCPT_FINISHED ||
	    ((r->state == RCPT_FAILED || r->state == RCPT_DELIVERED) &&
		kind == EVENT_HELD))
		return;
	if (kind == EVENT_DONE && record_get(event, "report") != NULL) {
		r->state = RCPT_DELIVERED;
		r->reason = at;
	} else if (kind == EVENT_DONE || kind == EVENT_DISCARDED ||
		   kind == EVENT_DELETED || kind == EVENT_REPORTED) {
		r->state = RCPT_FINISHED;
	} else if (kind == EVENT_FAILED) {
		r->state = RCPT_FAILED;
		r->reason = at;
	} else if (kind == EVENT_HELD) {
		r->state = RCPT_HELD;
		r->reason = at;
	} else if (kind == EVENT_RELEASED) {
		r->state = RCPT_NEW;
	} else if (kind == EVENT_DEFERRED) {
		(void)record_number(event, "due", UINT32_MAX, &due);
		r->due = (uint32_t)due;
		r->reason = at;
		r->tries++;
	}
}

static void
past_event(struct store *s, const struct record *event, uint32_t at)
{
	enum event_kind kind = event_kind(record_text(event, "event"));
	struct past *p;
	const char *value, *name;
	size_t walk = 0;
	uint64_t number;
	char *end;

	if (kind == EVENT_EXPANDED) {
		past_expanded(s, event, at);
		return;
	}
	if ((p = past_find(s, event)) == NULL || p->message == NULL)
		return;
	if (kind == EVENT_WARNED)
		p->message->warned = true;
	if (kind == EVENT_MOVED) {
		free(p->message);
		p->message = NULL;
		return;
	}
	while (record_walk(event, &walk, &name, &value)) {
		if (!record_is(name, "number"))
			continue;
		number = strtoull(value, &end, 10);
		if (*end == '\0' && number < p->message->count)
			past_rcpt(&p->message->rcpts[number], kind, event, at);
	}
}

static void
past_each(struct store *s, const struct record *event, uint32_t at, void *arg)
{
	(void)arg;
	past_event(s, event, at);
}

/* Where the recipients of a message stood when we died. */
static void
resume(struct qmgr *q, struct message *m, struct entry *e)
{
	struct envelope *envelope;
	struct rcpt *r;
	uint32_t i;

	m->generation = e->generation;
	m->arrival = e->arrival / 1000000;
	m->offset = (uint32_t)e->offset;
	TAILQ_INSERT_TAIL(&m->store->messages, m, next);
	m->store->open++;
	for (i = 0; i < m->count; i++)
		if (m->rcpts[i].state == RCPT_FINISHED)
			m->open--;
	if ((envelope = envelope_get(q, m)) != NULL)
		for (i = 0; i < m->count; i++) {
			r = &m->rcpts[i];
			if (r->state != RCPT_NEW)
				continue;
			if (r->due > time(NULL))
				rcpt_wait(&q->lanes, r, r->due);
			else
				place(q, m, envelope, r);
		}
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
	struct past key = {.segment = e->segment, .sequence = e->sequence};
	struct past *p = RB_FIND(pasts, &s->pasts, &key);

	if (e->offset % SEGMENT_BLOCK == 0)
		decide(l, true);
	s->total++;
	s->has_big |= e->big;
	if (e->end > s->walked)
		s->walked = e->end;
	if (p == NULL) {
		if (is_doubtful(l, e))
			doubt(l, e);
		else
			admit(l->q, s, e);
		return 0;
	}
	if (p->message != NULL)
		resume(l->q, p->message, e);
	RB_REMOVE(pasts, &s->pasts, p);
	free(p);
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

static int
look_only(struct entry *e, void *arg)
{
	(void)e;
	(void)arg;
	return 0;
}

/*
 * Nothing more will be appended.  An index is synced when inject goes on to the
 * next segment, and when it ends well; a segment without one is where it died,
 * unless its end has been cut off since.
 */
static void
walk_rest(struct qmgr *q, struct store *s)
{
	struct loading l = {.q = q, .store = s};
	bool indexed = segment_index(&s->segment, look_only, NULL) == 1;

	if (!indexed || s->walked > SEGMENT_BLOCK)
		walk(q, s, 0,
		    !indexed && !s->segment.cut &&
			!segment_sealed(&s->segment));
	else
		(void)segment_index(&s->segment, each_entry, &l);
}

static bool
is_open(const struct message *m)
{
	uint32_t i;

	if (m != NULL)
		for (i = 0; i < m->count; i++)
			if (m->rcpts[i].state != RCPT_FINISHED)
				return true;
	return false;
}

/* Then what the state knows and we do not is lost. */
static void
finish(struct qmgr *q, struct store *s)
{
	struct past *p, *next;

	walk_rest(q, s);
	RB_FOREACH_SAFE(p, pasts, &s->pasts, next)
	{
		RB_REMOVE(pasts, &s->pasts, p);
		if (is_open(p->message))
			aside_message(s, p->message);
		free(p->message);
		free(p);
	}
	s->complete = true;
	tidy_soon(q);
}

uint32_t
load_open(struct qmgr *q, const char *name)
{
	struct store s = {.gone = true, .state = -1};
	struct past *p, *next;
	uint32_t count = 0;

	(void)segment_number(name, &s.segment.number);
	RB_INIT(&s.pasts);
	if (state_open(q, &s, name) == -1)
		return 1;
	state_each(&s, past_each, NULL);
	RB_FOREACH_SAFE(p, pasts, &s.pasts, next)
	{
		RB_REMOVE(pasts, &s.pasts, p);
		count += is_open(p->message);
		free(p->message);
		free(p);
	}
	if (s.state != -1)
		close(s.state);
	return count;
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
		if (!s->complete)
			state_each(s, past_each, NULL);
	}
	free(names);
	load_orphans(q);
	aside_orphans(q);
}
