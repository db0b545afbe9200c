#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exits.h"
#include "helper.h"
#include "server.h"

#define SYNC_STEP 4194304 /* of a big content; twice that may be unsynced */

/* A failure that is not for want of room: only recovery can tell what is. */
static void
check(int error, const char *name)
{
	if (error == EIO)
		errx(EXIT_TEMP, "%s: could not be written", name);
}

/* The last of its jobs is done; true if it is gone, and freed. */
static bool
job_ended(struct client *c)
{
	c->jobs--;
	if (c->conn != NULL || c->jobs > 0)
		return false;
	client_free(c);
	return true;
}

/* --- big contents --------------------------------------------------------- */

static void
published(int error, void *arg)
{
	struct client *c = arg;

	check(error, c->message->big.name);
	if (job_ended(c))
		return;
	if (error != 0)
		client_refuse(c, &verdict_full);
	else
		commit_ready(c);
}

static void
publish(struct client *c)
{
	struct record job;

	record_init(&job, RECORD_QUESTION);
	big_end(&c->message->big, &job);
	c->jobs++;
	helpers_do(c->server->helpers, &job, published, c);
}

static void
synced(int error, void *arg)
{
	struct client *c = arg;

	check(error, "big content");
	if (job_ended(c))
		return;
	if (error != 0 && c->message != NULL)
		message_refuse(c->message, &verdict_full);
	if (c->state == WAITING)
		slow_publish(c);
	else
		conn_resume(c->conn); /* the client may be freed now */
}

void
slow_gather(struct client *c)
{
	const struct big *b = &c->message->big;
	struct record job;

	if (b->fd == -1 || b->length - c->synced < SYNC_STEP)
		return;
	if (c->jobs > 0) {
		conn_pause(c->conn);
		return;
	}
	c->synced = b->length;
	record_init(&job, RECORD_QUESTION);
	record_add(&job, "do", "sync");
	record_add(&job, "name", b->part);
	c->jobs++;
	helpers_do(c->server->helpers, &job, synced, c);
}

void
slow_publish(struct client *c)
{
	c->state = WAITING;
	if (c->jobs > 0 || c->message == NULL)
		return; /* synced() comes back to it */
	if (c->message->refused != NULL)
		client_refuse(c, c->message->refused);
	else
		publish(c);
}

/* --- recycling ------------------------------------------------------------ */

static const struct verdict in_use = {
    "deferred", "4.3.0", "The segment is in use"};
static const struct verdict failed = {
    "deferred", "4.3.0", "The segment could not be recycled"};

static void
removed(int error, void *arg)
{
	(void)error; /* logged by the helper; removed at the next start */
	(void)arg;
}

static void
remove_file(struct server *s, const char *name)
{
	struct record job;

	record_init(&job, RECORD_QUESTION);
	record_add(&job, "do", "remove");
	record_add(&job, "name", name);
	helpers_do(s->helpers, &job, removed, NULL);
}

/* The contents whose latest record was in that segment. */
static void
remove_big(struct server *s, uint32_t segment)
{
	char id[ID_SIZE], name[BIG_NAME];

	while (big_places_take(&s->big, segment, id)) {
		strlcpy(name, "big/", sizeof(name));
		strlcat(name, id, sizeof(name));
		remove_file(s, name);
	}
}

static void
answer_done(struct client *c)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	record_add(&r, "class", "done");
	client_answer(c, &r, false);
	record_free(&r);
}

/* What was asked for is done, or failed. */
static void
file_done(int error, void *arg)
{
	struct client *c = arg;

	if (job_ended(c))
		return;
	if (error == 0)
		answer_done(c);
	else
		client_refuse(c, &failed);
}

static void
recycled(int error, void *arg)
{
	struct client *c = arg;
	struct server *s = c->server;

	if (error == 0) {
		remove_big(s, c->segment);
		if (c->spare[0] != '\0' && !spares_add(&s->spares, c->spare))
			remove_file(s, c->spare);
		commit_resume(s);
	}
	file_done(error, c);
}

/* A segment of the usual size becomes a spare; another one is removed. */
static void
recycle(struct client *c, const char *name, off_t size)
{
	struct server *s = c->server;
	struct record job;

	c->spare[0] = '\0';
	record_init(&job, RECORD_QUESTION);
	record_add(&job, "name", name);
	if (size == s->spares.size && s->spares.count < SPARES_MAX) {
		spares_name(&s->spares, s->store.highest, c->spare);
		record_add(&job, "do", "recycle");
		record_add(&job, "to", c->spare);
	} else {
		record_add(&job, "do", "remove");
	}
	c->state = WAITING;
	c->jobs++;
	helpers_do(s->helpers, &job, recycled, c);
}

/* Nobody is to write on it again; its big contents stay, too. */
static void
keep(struct client *c, const char *name)
{
	struct record job;

	record_init(&job, RECORD_QUESTION);
	record_add(&job, "do", "keep");
	record_add(&job, "name", name);
	record_addf(&job, "to", "%s" SEGMENT_ASIDE, name);
	c->state = WAITING;
	c->jobs++;
	helpers_do(c->server->helpers, &job, file_done, c);
}

void
slow_recycle(struct client *c, const struct record *question, bool damaged)
{
	struct server *s = c->server;
	const char *name = record_text(question, "segment");
	struct stat st;

	if (segment_number(name, &c->segment) == -1) {
		client_refuse(c, &verdict_malformed);
		return;
	}
	if (s->store.now.fd != -1 && c->segment == s->store.now.number) {
		client_refuse(c, &in_use);
		return;
	}
	if (fstatat(s->mess.dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno == ENOENT)
			answer_done(c); /* the answer was lost the first time */
		else
			client_refuse(c, &failed);
	} else if (damaged) {
		keep(c, name);
	} else {
		recycle(c, name, st.st_size);
	}
}
