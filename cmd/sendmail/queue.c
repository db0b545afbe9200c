/*
 * What sendmail tells of the queue and does to it, asked of the queue manager.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "exits.h"
#include "operator.h"
#include "sendmail.h"

static int
sysexit(int status)
{
	if (status == 0)
		return EX_OK;
	return status == EXIT_PERM ? EX_NOPERM : EX_TEMPFAIL;
}

static void
put_message(const struct record *entry, const char *queue, bool first)
{
	time_t at = (time_t)strtoull(record_text(entry, "arrival"), NULL, 10);
	char when[32] = "";
	struct tm tm;

	if (first)
		printf("\t\t%s\n-----Q-ID------ --Size-- -----Q-Time----- "
		       "------------Sender/Recipient-----------\n",
		    queue);
	if (localtime_r(&at, &tm) != NULL)
		strftime(when, sizeof(when), "%a %b %e %H:%M", &tm);
	printf("%-15s %8s %s <", record_text(entry, "id"),
	    record_text(entry, "length"), when);
	operator_print(stdout, record_text(entry, "sender"));
	puts(">");
}

static void
put_recipient(const struct record *entry)
{
	const char *reason = record_text(entry, "reason");

	printf("%16s (", "");
	operator_print(stdout, record_text(entry, "state"));
	if (*reason != '\0')
		printf(": ");
	operator_print(stdout, reason);
	printf(")\n%42s <", "");
	operator_print(stdout, record_text(entry, "recipient"));
	puts(">");
}

/* Every record up to the last. */
static int
put_list(struct operator* operator, const char * queue)
{
	struct record entry;
	char id[64] = "";
	unsigned long messages = 0;
	int got, status = 0;

	record_init(&entry, RECORD_ENVELOPE);
	while ((got = operator_next(operator, & entry, &status)) == 1) {
		if (strcmp(id, record_text(&entry, "id")) != 0) {
			put_message(&entry, queue, messages++ == 0);
			strlcpy(id, record_text(&entry, "id"), sizeof(id));
		}
		put_recipient(&entry);
	}
	if (got == 0 && messages == 0)
		printf("%s is empty\n", queue);
	if (got == 0)
		printf("\t\tTotal requests: %lu\n", messages);
	record_free(&entry);
	return sysexit(status);
}

int
list_queue(const struct paths *paths)
{
	struct record question;
	struct operator operator;
	int status;

	record_init(&question, RECORD_QUESTION);
	record_add(&question, "request", "list");
	status = sysexit(operator_ask(&operator, paths, &question));
	if (status == EX_OK) {
		status = put_list(&operator, paths->queue);
		operator_close(&operator);
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
	struct record question, answer;
	struct operator operator;
	int status;

	record_init(&question, RECORD_QUESTION);
	record_init(&answer, RECORD_QUESTION);
	record_add(&question, "request", "flush");
	if (selector(options, &question) == -1)
		errx(EX_USAGE, "-q: what to flush is no text for a record");
	status = operator_ask(&operator, paths, &question);
	if (status == 0) {
		if (operator_next(&operator, & answer, &status) == 0 &&
		    options->verbose)
			printf("%s recipients are tried now\n",
			    record_text(&answer, "count"));
		operator_close(&operator);
	}
	record_free(&question);
	record_free(&answer);
	return sysexit(status);
}
