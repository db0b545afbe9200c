/*
 * What is damaged, and is kept: named in the log, and renamed when nothing else
 * is left to do with it.  inject renames the segment, for it is its file.
 */
#include <dirent.h>
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

#define KEPT_MOST                                                              \
	9 /* states of one name; there is more than one by hand only */

void
aside_bytes(struct store *s, off_t from, off_t to)
{
	char name[9];

	segment_name(name, s->segment.number);
	log_event("damaged", "file", name, "from", log_number(from), "to",
	    log_number(to), NULL);
	s->damaged = true;
}

void
aside_message(struct store *s, const struct message *m)
{
	char id[ID_SIZE], name[9];

	message_id(m, id);
	segment_name(name, s->segment.number);
	log_event("damaged", "id", id, "file", name, "reason",
	    "its entry is gone", NULL);
	s->damaged = true;
}

/* Is it the disk, and not that we lack something now? */
static bool
is_damage(int error)
{
	return error == EPROTO || error == EIO || error == ENOENT ||
	       error == ELOOP;
}

void
aside_unreadable(struct message *m, const char *what)
{
	int saved = errno;
	char id[ID_SIZE], name[9];

	message_id(m, id);
	segment_name(name, message_store(m)->segment.number);
	log_event("damaged", "id", id, "file", name, "offset",
	    log_number(m->offset), "what", what, "reason",
	    saved == EPROTO ? "checksum" : strerror(saved), NULL);
	message_store(m)->damaged |= is_damage(saved);
	errno = saved;
}

/* --- what is lost --------------------------------------------------------- */

static bool
is_all_lost(const struct store *s)
{
	const struct message *m;

	for (m = store_first(s); m != NULL; m = store_after(m))
		if (!m->lost || m->active > 0 || m->reporting || m->asking)
			return false;
	return true;
}

static void
let_go(struct qmgr *q, struct message *m)
{
	struct lane *lane;
	struct rcpt *r;
	uint32_t i;

	for (i = 0; i < m->count; i++) {
		r = &m->rcpts[i];
		if (r->state != RCPT_READY && r->state != RCPT_WAITING)
			continue;
		lane = r->lane;
		rcpt_take(&q->lanes, r);
		if (lane != NULL)
			lane_drop(&q->lanes, lane);
	}
	message_free(q, m);
}

void
aside_lost(struct qmgr *q, struct store *s)
{
	struct message *m;

	if (s->damaged && is_all_lost(s))
		while ((m = store_first(s)) != NULL)
			let_go(q, m);
}

/* --- states --------------------------------------------------------------- */

void
aside_state(struct qmgr *q, const char *name)
{
	char to[32];
	int i, got = -1;

	for (i = 1; i <= KEPT_MOST && got == -1; i++) {
		if (i == 1)
			snprintf(to, sizeof(to), "%s" SEGMENT_ASIDE, name);
		else
			snprintf(
			    to, sizeof(to), "%s" SEGMENT_ASIDE ".%d", name, i);
		got =
		    renameat2(q->states, name, q->states, to, RENAME_NOREPLACE);
		if (got == -1 && errno != EEXIST)
			break;
	}
	if (got == -1 && errno == ENOENT)
		return;
	if (got == -1 || fsync(q->states) == -1)
		log_event("error", "what", "state", "file", name, "reason",
		    strerror(errno), NULL);
}

static bool
is_in_mess(struct qmgr *q, const char *name, const char *suffix)
{
	char path[32];

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	return faccessat(q->mess, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

static void
orphan(struct qmgr *q, const char *name)
{
	uint32_t lost;

	if (!is_in_mess(q, name, SEGMENT_ASIDE)) {
		if ((lost = load_open(q, name)) == 0) {
			(void)unlinkat(q->states, name, 0);
			return;
		}
		log_event("damaged", "file", name, "reason",
		    "its segment is missing", "messages", log_number(lost),
		    NULL);
	}
	aside_state(q, name);
}

void
aside_orphans(struct qmgr *q)
{
	struct dirent *entry;
	uint32_t number;
	DIR *dir;
	int fd = openat(q->states, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || (dir = fdopendir(fd)) == NULL)
		err(EXIT_TEMP, "%s/state", q->paths.queue);
	while ((entry = readdir(dir)) != NULL)
		if (segment_number(entry->d_name, &number) == 0 &&
		    store_find(q, number) == NULL &&
		    !is_in_mess(q, entry->d_name, ""))
			orphan(q, entry->d_name);
	closedir(dir);
}
