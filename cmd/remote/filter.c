#include "filter.h"

#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include "exits.h"

#define KEPT 262144 /* a longer message waits in a file */

/* The message that follows the question, into memory or an unnamed file. */
static int
read_content(struct job *job, struct evbuffer *bytes)
{
	char piece[CONTENT_PIECE];
	uint64_t size, left;
	FILE *file = NULL;
	size_t want;
	int fd;

	if (record_number(&job->question, "size", INT64_MAX, &size) != 1)
		errx(EXIT_PERM, "question: size: missing or no number");
	if (size > KEPT && (file = tmpfile()) == NULL)
		err(EXIT_TEMP, "temporary file");
	for (left = size; left > 0; left -= want) {
		want = left < sizeof(piece) ? (size_t)left : sizeof(piece);
		if (fread(piece, 1, want, stdin) != want) {
			if (ferror(stdin))
				err(EXIT_TEMP, "message");
			errx(EXIT_PERM, "message: shorter than its size=");
		}
		if (file != NULL ? fwrite(piece, 1, want, file) != want
				 : evbuffer_add(bytes, piece, want) == -1)
			err(EXIT_TEMP, "message");
	}
	if (file == NULL)
		return -1;
	if (fflush(file) != 0 || (fd = dup(fileno(file))) == -1)
		err(EXIT_TEMP, "temporary file");
	fclose(file);
	job->content.length = size;
	return fd;
}

static void
read_job(struct job *job)
{
	struct evbuffer *bytes = evbuffer_new();
	struct record question;
	const char *why;
	int got;

	record_init(&question, JOB_RECORD);
	if (bytes == NULL)
		err(EXIT_TEMP, "message");
	if ((got = record_read(stdin, &question)) == -1)
		err(EXIT_PERM, "question");
	if (got == 0)
		errx(EXIT_PERM, "question: none");
	if ((why = job_parse(job, &question)) != NULL)
		errx(EXIT_PERM, "question: %s", why);
	job->content.fd = read_content(job, bytes);
	if (job->content.fd == -1 &&
	    (why = job_content(job, bytes, -1)) != NULL)
		errx(EXIT_PERM, "question: %s", why);
	evbuffer_free(bytes);
	record_free(&question);
}

static void
print_answers(struct job *job, void *arg)
{
	struct record answer;
	bool *answered = arg;
	size_t i;

	record_init(&answer, RECORD_QUESTION);
	for (i = 0; i < job->envelope.count; i++) {
		job_answer(job, i, &answer);
		if (record_print(stdout, &answer) == -1)
			err(EXIT_TEMP, "standard output");
	}
	if (fflush(stdout) != 0)
		err(EXIT_TEMP, "standard output");
	record_free(&answer);
	*answered = true;
}

int
filter(const struct deliver_world *world)
{
	bool answered = false;
	struct job job;

	read_job(&job);
	(void)deliver_start(world, &job, print_answers, &answered);
	/* The last turns are for taking leave of the server. */
	while (!answered || !links_none(world->links))
		if (event_base_loop(world->base, EVLOOP_ONCE) != 0)
			errx(EXIT_TEMP, "the event loop ended");
	return 0;
}
