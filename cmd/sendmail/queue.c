/*
 * What sendmail tells of the queue and does to it, asked of the queue manager.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "query.h"
#include "sendmail.h"

#define QUEUE_WAIT 120 /* seconds between two records */

/* Connect and ask.  EX_OK, or told on standard error. */
static int
ask(struct query *query, const char *socket, const struct record *question)
{
	if (query_open(query, socket, QUEUE_WAIT) == -1) {
		warn("cannot reach the queue manager at %s", socket);
		return EX_TEMPFAIL;
	}
	if (query_send(query, question, NULL, 0) == 0)
		return EX_OK;
	warn("queue manager at %s", socket);
	query_close(query);
	return EX_TEMPFAIL;
}

/* What a stranger put into an address must not drive a terminal. */
static void
put_visible(const char *text)
{
	for (; *text != '\0'; text++)
		putchar(isprint((unsigned char)*text) ? *text : '?');
}

static void
put_message(const struct record *entry, const char *queue, bool first)
{
	uint64_t seconds = 0;
	char when[32] = "";
	const char *arrival = record_text(entry, "arrival");
	char whole[32];
	struct tm tm;
	time_t at;

	if (first)
		printf("\t\t%s\n-----Q-ID------ --Size-- -----Q-Time----- "
		       "------------Sender/Recipient-----------\n",
		    queue);
	snprintf(
	    whole, sizeof(whole), "%.*s", (int)strcspn(arrival, "."), arrival);
	seconds = strtoull(whole, NULL, 10);
	at = (time_t)seconds;
	if (localtime_r(&at, &tm) != NULL)
		strftime(when, sizeof(when), "%a %b %e %H:%M", &tm);
	printf("%-15s %8s %s <", record_text(entry, "id"),
	    record_text(entry, "length"), when);
	put_visible(record_text(entry, "sender"));
	puts(">");
}

static void
put_recipient(const struct record *entry)
{
	const char *state = record_text(entry, "state");
	const char *reason = record_text(entry, "reason");

	if (*reason != '\0' || strcmp(state, "waiting") != 0) {
		printf("                 (");
		put_visible(state);
		if (*reason != '\0')
			printf(": ");
		put_visible(reason);
		puts(")");
	}
	printf("%42s <", "");
	put_visible(record_text(entry, "recipient"));
	puts(">");
}

/* Every record up to the last.  EX_OK, or told. */
static int
put_list(struct query *query, const char *socket, const char *queue)
{
	struct record entry;
	char id[64] = "";
	unsigned long messages = 0;
	int got;

	record_init(&entry, RECORD_QUESTION);
	while ((got = query_next(query, &entry)) == 1 &&
	       record_get(&entry, "id") != NULL) {
		if (strcmp(id, record_text(&entry, "id")) != 0) {
			put_message(&entry, queue, messages++ == 0);
			strlcpy(id, record_text(&entry, "id"), sizeof(id));
		}
		put_recipient(&entry);
	}
	if (got == -1) {
		warn("queue manager at %s", socket);
	} else if (record_get(&entry, "end") == NULL) {
		warnx("queue manager: %s", record_text(&entry, "text"));
		got = -1;
	} else {
		if (messages == 0)
			printf("%s is empty\n", queue);
		printf("\t\tTotal requests: %lu\n", messages);
	}
	record_free(&entry);
	return got == -1 ? EX_TEMPFAIL : EX_OK;
}

int
list_queue(const struct options *options, const struct paths *paths)
{
	char socket[PATH_SIZE];
	struct record question;
	struct query query;
	int status;

	(void)options;
	path_socket(socket, paths, "qmgr");
	record_init(&question, RECORD_QUESTION);
	record_add(&question, "request", "list");
	if ((status = ask(&query, socket, &question)) == EX_OK) {
		status = put_list(&query, socket, paths->queue);
		query_close(&query);
	}
	if (fflush(stdout) == EOF) {
		warn("standard output");
		status = EX_IOERR;
	}
	record_free(&question);
	return status;
}

/* -qR and -qS take a part of the address, -qI the whole id. */
static int
selector(const struct options *options, struct record *question)
{
	switch (options->flush) {
	case 'I':
		return record_add(question, "id", options->which);
	case 'R':
		return record_addf(
		    question, "recipient", "*%s*", options->which);
	case 'S':
		return record_addf(question, "sender", "*%s*", options->which);
	default:
		return 0;
	}
}

int
flush_queue(const struct options *options, const struct paths *paths)
{
	char socket[PATH_SIZE];
	struct record question, answer;
	struct query query;
	int status;

	path_socket(socket, paths, "qmgr");
	record_init(&question, RECORD_QUESTION);
	record_init(&answer, RECORD_QUESTION);
	record_add(&question, "request", "flush");
	if (selector(options, &question) == -1)
		errx(EX_USAGE, "-q: what to flush is no text for a record");
	if ((status = ask(&query, socket, &question)) == EX_OK) {
		if (query_next(&query, &answer) == -1) {
			warn("queue manager at %s", socket);
			status = EX_TEMPFAIL;
		} else if ((status = exit_status(&answer)) != EX_OK) {
			warnx(
			    "queue manager: %s", record_text(&answer, "text"));
		} else if (options->verbose) {
			printf("%s recipients are tried now\n",
			    record_text(&answer, "count"));
		}
		query_close(&query);
	}
	record_free(&question);
	record_free(&answer);
	return status;
}
