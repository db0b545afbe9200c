/*
 * What the disk tells of a message again, when its time has come.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "log.h"
#include "qmgr.h"

/*
 * "recipient" begins each group; "original", "sender" and the like belong to
 * it.  "rule" is for all the groups that follow, up to the next one.
 */
static void
index_recipients(struct envelope *e, uint32_t count)
{
	const char *name, *value, *rule = NULL;
	size_t at = 0;
	int64_t i = -1;

	e->recipients = calloc((size_t)count * 6 + 1, sizeof(char *));
	e->direct = calloc((size_t)count + 1, sizeof(bool));
	if (e->recipients == NULL || e->direct == NULL)
		err(EXIT_TEMP, "envelope");
	e->originals = e->recipients + count;
	e->senders = e->originals + count;
	e->rules = e->senders + count;
	e->notifies = e->rules + count;
	e->orcpts = e->notifies + count;
	while (record_walk(&e->expanded, &at, &name, &value)) {
		if (record_is(name, "rule"))
			rule = value;
		else if (record_is(name, "recipient") && ++i < count) {
			e->recipients[i] = value;
			e->rules[i] = rule;
		} else if (record_is(name, "original") && i >= 0 && i < count)
			e->originals[i] = value;
		else if (record_is(name, "sender") && i >= 0 && i < count)
			e->senders[i] = value;
		else if (record_is(name, "direct") && i >= 0 && i < count)
			e->direct[i] = true;
		else if (record_is(name, "notify") && i >= 0 && i < count)
			e->notifies[i] = value;
		else if (record_is(name, "orcpt") && i >= 0 && i < count)
			e->orcpts[i] = value;
	}
	e->count = i + 1 < count ? (uint32_t)(i + 1) : count;
}

static int
read_entry(struct message *m, struct entry *e)
{
	entry_init(e);
	if (entry_read(&message_store(m)->segment, m->offset, e) == 1)
		return 0;
	if (!m->lost)
		aside_unreadable(m, "entry");
	m->lost |= errno == EPROTO || errno == EIO;
	return -1;
}

static int
read_expanded(struct message *m, struct envelope *e)
{
	record_init(&e->expanded, RECORD_ENVELOPE);
	if (event_read(message_store(m), m->expanded, &e->expanded) == -1) {
		errno = EPROTO;
		aside_unreadable(m, "its expanded event cannot be read");
		return -1;
	}
	index_recipients(e, m->count);
	if (e->count != m->count) {
		errno = EPROTO;
		aside_unreadable(
		    m, "its expanded event names fewer recipients");
		return -1;
	}
	return 0;
}

static void
envelope_free(struct envelope *e)
{
	entry_free(&e->entry);
	record_free(&e->expanded);
	free(e->recipients);
	free(e->direct);
	free(e);
}

void
envelope_put(struct envelope *e)
{
	if (e == NULL || --e->users > 0)
		return;
	if (e->message != NULL)
		e->message->envelope = NULL;
	envelope_free(e);
}

/* In the place of the one that was put there longest ago. */
static void
keep(struct qmgr *q, struct envelope *e)
{
	envelope_put(q->recent[q->oldest]);
	q->recent[q->oldest] = e;
	q->oldest = (q->oldest + 1) % ENVELOPES;
	e->users++;
}

struct envelope *
envelope_take(struct qmgr *q, struct message *m, struct entry *entry)
{
	struct envelope *e = calloc(1, sizeof(*e));

	if (e == NULL)
		err(EXIT_TEMP, "envelope");
	e->entry = *entry;
	entry_init(entry);
	if (read_expanded(m, e) == -1) {
		envelope_free(e);
		return NULL;
	}
	e->body = record_get(&e->entry.head, "body");
	e->message = m;
	m->envelope = e;
	keep(q, e);
	e->users++;
	return e;
}

struct envelope *
envelope_get(struct qmgr *q, struct message *m)
{
	struct envelope *e = m->envelope;
	struct entry entry;

	if (e != NULL) {
		e->users++;
	} else if (read_entry(m, &entry) == 0) {
		e = envelope_take(q, m, &entry);
	} else {
		entry_free(&entry);
		if (m->lost)
			tidy_soon(q);
	}
	return e;
}

void
envelope_forget(struct qmgr *q, struct message *m)
{
	struct envelope *e = m->envelope;
	size_t i;

	if (e == NULL)
		return;
	m->envelope = NULL;
	e->message = NULL;
	for (i = 0; i < ENVELOPES; i++)
		if (q->recent[i] == e) {
			q->recent[i] = NULL;
			envelope_put(e);
			break;
		}
}

const char *
envelope_sender(const struct envelope *e, uint32_t number)
{
	const char *sender = record_text(&e->entry.head, "sender");

	/* A report stays one: owner- does not make it answerable. */
	if (e->senders[number] != NULL && *sender != '\0')
		return e->senders[number];
	return sender;
}

static int
big_open(struct qmgr *q, struct message *m, const struct envelope *e)
{
	char path[8 + ID_SIZE];
	int fd;

	snprintf(path, sizeof(path), "big/%s", e->entry.id);
	fd = openat(q->mess, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		aside_unreadable(m, "big content");
	return fd;
}

static void
release(const void *bytes, size_t len, void *arg)
{
	(void)len;
	(void)arg;
	free((void *)(uintptr_t)bytes);
}

int
message_load(struct qmgr *q, struct message *m, struct envelope *e,
    struct evbuffer *content, int *fd)
{
	char *bytes;

	*fd = -1;
	if (e->entry.big) {
		*fd = big_open(q, m, e);
		return *fd == -1 ? -1 : 0;
	}
	bytes = entry_content(&message_store(m)->segment, &e->entry);
	if (bytes == NULL) {
		aside_unreadable(m, "content");
		return -1;
	}
	if (evbuffer_add_reference(
		content, bytes, e->entry.length, release, NULL) == -1)
		err(EXIT_TEMP, "content");
	return 0;
}

int
message_content(struct qmgr *q, struct message *m, struct envelope *e,
    struct record *r, struct evbuffer *content, int *fd)
{
	if (message_load(q, m, e, content, fd) == -1)
		return -1;
	record_addf(r, *fd != -1 ? "length" : "size", "%ju",
	    (uintmax_t)e->entry.length);
	return 0;
}

int
message_head(struct qmgr *q, struct message *m, struct envelope *e,
    size_t limit, struct evbuffer *content, bool *cut)
{
	int fd = message_store(m)->segment.fd;
	off_t at = e->entry.content;
	char *bytes;
	ssize_t got;

	*cut = e->entry.length > limit;
	if (!*cut)
		limit = e->entry.length;
	if (e->entry.big) {
		if ((fd = big_open(q, m, e)) == -1)
			return -1;
		at = 0;
	}
	if ((bytes = malloc(limit + 1)) == NULL)
		err(EXIT_TEMP, "content");
	if ((got = pread(fd, bytes, limit, at)) > 0)
		evbuffer_add(content, bytes, (size_t)got);
	if (got == -1)
		aside_unreadable(m, "content");
	free(bytes);
	if (e->entry.big)
		close(fd);
	return got == -1 ? -1 : 0;
}
