/*
 * The events of a segment's messages: written, read, walked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "crash.h"
#include "exits.h"
#include "log.h"
#include "qmgr.h"

#define EVENT_READ 1024
#define SECTOR     512 /* is on disk as a whole, or not */

void
event_begin(struct record *r, enum event_kind kind, const struct message *m)
{
	char id[ID_SIZE];

	record_init(r, RECORD_ENVELOPE);
	message_id(m, id);
	record_add(r, "event", event_name(kind));
	record_add(r, "id", id);
	record_addf(r, "time", "%jd", (intmax_t)time(NULL));
}

static int
state_create(struct qmgr *q, struct store *s)
{
	char name[9];

	segment_name(name, s->segment.number);
	s->state = openat(q->states, name,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->state == -1)
		return -1;
	CRASH_POINT("state", "created");
	if (fsync(q->states) == -1)
		return -1;
	return 0;
}

/* All of it at the end, or none. */
static int
append(struct store *s, const char *bytes, size_t len)
{
	ssize_t put;
	size_t done = 0;

	while (done < len) {
		put = pwrite(s->state, bytes + done, len - done,
		    (off_t)s->state_len + (off_t)done);
		if (put == -1 && errno == EINTR)
			continue;
		if (put <= 0) {
			int saved = put == 0 ? ENOSPC : errno;

			(void)!ftruncate(s->state, s->state_len);
			errno = saved;
			return -1;
		}
		done += (size_t)put;
	}
	s->state_len += (uint32_t)len;
	s->dirty = true;
	return 0;
}

/*
 * The disk is full: nothing else is begun, and this event is tried again until
 * it is written, for what has happened must be remembered.
 */
static void
append_patiently(struct qmgr *q, struct store *s, const char *bytes, size_t len)
{
	struct timespec pause = {.tv_nsec = 200000000};
	char name[9];
	bool told = false;

	segment_name(name, s->segment.number);
	while ((s->state == -1 && state_create(q, s) == -1) ||
	       append(s, bytes, len) == -1) {
		if (errno != ENOSPC && errno != EDQUOT && errno != EEXIST)
			err(EXIT_TEMP, "%s/state/%s", q->paths.queue, name);
		if (!told)
			log_event("disk-full", "file", name, "reason",
			    strerror(errno), NULL);
		told = true;
		nanosleep(&pause, NULL);
	}
	if (told)
		log_event("disk-well", "file", name, NULL);
}

uint32_t
event_write(struct qmgr *q, struct store *s, struct record *r)
{
	struct timeval second = {.tv_sec = 1};
	uint32_t at = s->state_len;
	size_t len;
	char *text = state_encode(r, s->segment.salt, &len);

	CRASH_POINT("before", record_text(r, "event"));
	append_patiently(q, s, text, len);
	CRASH_POINT("after", record_text(r, "event"));
	free(text);
	record_free(r);
	if (!evtimer_pending(q->sync, NULL))
		event_add(q->sync, &second);
	return at;
}

int
store_sync(struct qmgr *q, struct store *s)
{
	char name[9];

	if (!s->dirty)
		return 0;
	CRASH_POINT("state", "written");
	if (fdatasync(s->state) == -1) {
		/* What the disk holds now only recovery can tell. */
		segment_name(name, s->segment.number);
		err(EXIT_TEMP, "%s/state/%s: sync", q->paths.queue, name);
	}
	s->dirty = false;
	CRASH_POINT("state", "synced");
	return 0;
}

int
event_read(struct store *s, uint32_t at, struct record *r)
{
	struct window once = {.least = 0};
	struct window *w = s->ahead != NULL ? s->ahead : &once;
	size_t size = EVENT_READ, used, left;
	const char *bytes;
	ssize_t got;
	int found = 0;

	left = at < s->state_len ? s->state_len - at : 0;
	while (found == 0 && size <= RECORD_ENVELOPE * 2) {
		/* To ask for more than there is costs a second read. */
		got = window_show(
		    w, s->state, at, size < left ? size : left, &bytes);
		if (got == -1)
			break;
		found =
		    state_parse(r, s->segment.salt, bytes, (size_t)got, &used);
		if (found == 0 && (size_t)got < size)
			break;
		size *= 4;
	}
	window_free(&once);
	return found == 1 ? 0 : -1;
}

static char *
state_bytes(struct store *s, size_t *len)
{
	char *bytes = malloc((size_t)s->state_len + 1);
	ssize_t got;

	if (bytes == NULL)
		err(EXIT_TEMP, "state of %u bytes", s->state_len);
	if ((got = read_at(s->state, bytes, s->state_len, 0)) == -1)
		err(EXIT_TEMP, "state of segment %x", s->segment.number);
	*len = (size_t)got;
	return bytes;
}

/* A sector that a power cut kept from being written: there is no NUL else. */
static bool
is_unwritten(const char *bytes, size_t from, size_t to)
{
	size_t at;

	for (at = (from + SECTOR - 1) / SECTOR * SECTOR; at < to; at += SECTOR)
		if (bytes[at] == '\0')
			return true;
	return false;
}

/* Bytes that are no event.  At the end the next event goes in their place. */
static void
state_damaged(
    struct store *s, const char *bytes, size_t from, size_t to, size_t len)
{
	char name[9];
	bool torn;

	segment_name(name, s->segment.number);
	if (s->gone)
		return;
	torn = to == len || is_unwritten(bytes, from, to);
	log_event(torn ? "torn" : "damaged", "what", "state", "file", name,
	    "from", log_number((long long)from), "to",
	    log_number((long long)to), NULL);
	s->damaged |= !torn;
	if (to < len)
		return;
	if (ftruncate(s->state, (off_t)from) == -1)
		err(EXIT_TEMP, "state/%s", name);
	s->state_len = (uint32_t)from;
}

static int
parse(const struct store *s, struct record *event, const char *bytes,
    size_t len, size_t *used)
{
	ssize_t got;

	if (!s->gone)
		return state_parse(event, s->segment.salt, bytes, len, used);
	if ((got = record_parse(event, bytes, len)) <= 0)
		return -1;
	*used = (size_t)got;
	return 1;
}

void
state_each(struct store *s,
    void (*each)(struct store *, const struct record *, uint32_t at, void *arg),
    void *arg)
{
	struct record event;
	size_t at = 0, used, len;
	char *bytes;

	if (s->state == -1)
		return;
	bytes = state_bytes(s, &len);
	record_init(&event, RECORD_ENVELOPE);
	while (at < len) {
		if (parse(s, &event, bytes + at, len - at, &used) == 1) {
			each(s, &event, (uint32_t)at, arg);
		} else {
			used = state_resync(bytes + at, len - at);
			state_damaged(s, bytes, at, at + used, len);
		}
		at += used;
	}
	record_free(&event);
	free(bytes);
}
