#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drop.h"
#include "exits.h"
#include "filter.h"
#include "job.h"
#include "peer.h"
#include "recover.h"

#define CHUNK     65536
#define LOCK_WAIT 10000 /* milliseconds: other filters may be at work */

/* --- standard input ------------------------------------------------------- */

/* Content of a record that is still to be read. */
struct source {
	struct record record;
	uint64_t left;
};

__attribute__((noreturn)) static void
bad_input(void)
{
	if (ferror(stdin))
		err(EXIT_TEMP, "standard input");
	errx(EXIT_PERM, "standard input: no whole question");
}

static void
next_record(struct source *s)
{
	if (record_read(stdin, &s->record) != 1)
		bad_input();
	s->left = 0;
	if (record_number(&s->record, "size", INT64_MAX, &s->left) == -1)
		errx(EXIT_PERM, "standard input: malformed size");
}

static bool
has_more(const struct source *s)
{
	return strcmp(record_text(&s->record, "more"), "yes") == 0;
}

static void
next_more(struct source *s)
{
	next_record(s);
	if (strcmp(record_text(&s->record, "request"), "more") != 0)
		errx(EXIT_PERM, "standard input: request=more awaited");
}

/* Some of this record's content: its length. */
static size_t
read_some(struct source *s, char piece[CHUNK])
{
	size_t want = s->left < CHUNK ? (size_t)s->left : CHUNK;

	if (fread(piece, 1, want, stdin) != want)
		bad_input();
	s->left -= want;
	return want;
}

/* --- the answer ----------------------------------------------------------- */

static int
print(const struct record *answer)
{
	const char *class = record_text(answer, "class");

	if (record_print(stdout, answer) == -1 || fflush(stdout) == EOF)
		err(EXIT_TEMP, "standard output");
	return strcmp(class, "done") == 0     ? 0
	       : strcmp(class, "failed") == 0 ? EXIT_PERM
					      : EXIT_TEMP;
}

/* --- through the server --------------------------------------------------- */

/* The fields that travel, with size= anew. */
static void
send_record(FILE *server, const struct record *fields, bool more, size_t size)
{
	const char *found, *value;
	char name[64];
	struct record r;
	size_t at = 0;

	record_init(&r, ENVELOPE_MAX);
	while (record_walk(fields, &at, &found, &value)) {
		if (record_is(found, "more") || record_is(found, "size"))
			continue;
		strlcpy(name, found, sizeof(name));
		name[strcspn(name, "=")] = '\0';
		if (record_add(&r, name, value) == -1)
			errx(EXIT_PERM, "standard input: question too long");
	}
	if (more)
		record_add(&r, "more", "yes");
	record_addf(&r, "size", "%zu", size);
	if (record_print(server, &r) == -1)
		err(EXIT_TEMP, "the running inject");
	record_free(&r);
}

/* In pieces of the size that a server takes, each but the last with more=. */
static void
pump(struct source *s, FILE *server)
{
	static char piece[CHUNK];
	struct record more;
	bool first = true, goes_on;
	size_t len;

	record_init(&more, RECORD_QUESTION);
	record_add(&more, "request", "more");
	do {
		len = read_some(s, piece);
		goes_on = s->left > 0 || has_more(s);
		send_record(server, first ? &s->record : &more, goes_on, len);
		if (fwrite(piece, 1, len, server) != len)
			err(EXIT_TEMP, "the running inject");
		if (s->left == 0 && goes_on)
			next_more(s);
		first = false;
	} while (goes_on);
	if (fflush(server) == EOF)
		err(EXIT_TEMP, "the running inject");
	record_free(&more);
}

static int
hand_over(struct source *s, int fd)
{
	FILE *out = fdopen(fd, "w"), *in = fdopen(dup(fd), "r");
	struct record answer;
	int status;

	if (out == NULL || in == NULL)
		err(EXIT_TEMP, "stream");
	pump(s, out);
	record_init(&answer, RECORD_QUESTION);
	if (record_read(in, &answer) != 1)
		errx(EXIT_TEMP, "no answer from the running inject");
	status = print(&answer);
	record_free(&answer);
	fclose(in);
	fclose(out);
	return status;
}

/* --- here ----------------------------------------------------------------- */

/* A segment just large enough. */
static off_t
segment_size(const struct message *m)
{
	size_t need = store_need(&m->fields, SEGMENT_INLINE + CHUNK);
	off_t size = SEGMENT_MIN;

	while (!store_could_fit(size, need))
		size *= 2;
	return size;
}

static void
gather(struct message *m, struct source *s, struct store *store,
    const struct settings *settings)
{
	static char piece[CHUNK];
	struct evbuffer *bytes = evbuffer_new();
	bool goes_on;

	if (bytes == NULL)
		err(EXIT_TEMP, "content");
	do {
		if (evbuffer_add(bytes, piece, read_some(s, piece)) == -1)
			err(EXIT_TEMP, "content");
		message_take(m, bytes, SEGMENT_INLINE, store, settings);
		evbuffer_drain(bytes, evbuffer_get_length(bytes));
		goes_on = s->left > 0 || has_more(s);
		if (s->left == 0 && goes_on)
			next_more(s);
	} while (goes_on);
	evbuffer_free(bytes);
}

/* The message is whole: 0 if it is on disk. */
static int
keep(struct message *m, struct store *store, const struct settings *settings)
{
	struct record job;
	int error;

	if (m->big.fd != -1) {
		record_init(&job, RECORD_QUESTION);
		big_end(&m->big, &job);
		if ((error = job_run(store->dir, &job)) != 0)
			errc(EXIT_TEMP, error, "%s/%s", store->path,
			    m->big.name);
		record_free(&job);
	}
	message_place(m, store, settings);
	return store_commit(store);
}

static int
report(const struct message *m)
{
	struct record answer;
	int status;

	record_init(&answer, RECORD_QUESTION);
	if (m->refused != NULL) {
		record_add(&answer, "class", m->refused->class);
		record_add(&answer, "status", m->refused->status);
		record_add(&answer, "text", m->refused->text);
	} else {
		record_add(&answer, "class", "done");
		record_add(&answer, "id", m->id);
	}
	status = print(&answer);
	record_free(&answer);
	return status;
}

static int
make_durable(struct source *s, struct mess *mess, uid_t uid,
    const struct settings *settings)
{
	struct caller caller = {uid, true, true, true};
	struct spares spares = {.size = settings->segment_size};
	struct store store;
	struct timespec t;
	struct message *m;
	int status;

	clock_gettime(CLOCK_REALTIME, &t);
	m = message_new(&s->record, &caller,
	    (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
	mess_recover(mess, &spares, NULL);
	store_init(&store, mess->dir, mess->path, mess->highest);
	if (m->refused == NULL &&
	    store_begin(&store, NULL, segment_size(m)) != 0)
		message_refuse(m, &verdict_full);
	gather(m, s, &store, settings);
	message_end(m, settings);
	if (m->refused == NULL && keep(m, &store, settings) != 0)
		message_refuse(m, &verdict_full);
	store_seal(&store);
	store_free(&store);
	mess_remove_empty(mess);
	if (m->refused == NULL)
		message_log(m);
	status = report(m);
	message_free(m, m->refused == NULL);
	return status;
}

/* No server answers at path. */
static int
alone(struct source *s, const char *path, const char *queue,
    const struct settings *settings)
{
	uid_t uid = getuid();
	struct mess mess;

	drop_root("pninject", NULL);
	if (mess_open(&mess, queue) == -1)
		errx(EXIT_TEMP, "no inject answers at %s, and %s is not ours",
		    path, mess.path);
	if (mess_lock(&mess, LOCK_WAIT) == -1)
		errx(EXIT_TEMP,
		    "%s: locked by another inject, which does not answer at %s",
		    mess.path, path);
	return make_durable(s, &mess, uid, settings);
}

int
filter(const struct paths *paths, const struct settings *settings)
{
	struct source source = {0};
	char path[PATH_SIZE];
	int fd, status;

	record_init(&source.record, ENVELOPE_MAX);
	next_record(&source);
	path_socket(path, paths, "inject");
	if ((fd = peer_connect(path)) != -1)
		status = hand_over(&source, fd);
	else
		status = alone(&source, path, paths->queue, settings);
	record_free(&source.record);
	return status;
}
