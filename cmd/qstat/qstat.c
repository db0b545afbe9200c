/*
 * qstat - show what waits in the queue
 *
 * Asks the queue manager and writes what it answers as it comes: a line for
 * each recipient, one message in full, or a line for each lane; as a table or
 * as JSON.  See qstat(8).
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "operator.h"
#include "show.h"
#include "standard.h"

/* How the records of one request are shown. */
struct view {
	bool json;
	void (*head)(FILE *);
	void (*line)(FILE *, const struct record *);
	const char *nothing; /* said when there is none, or NULL */
	unsigned long long count;
};

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: qstat [-j] [-s sender] [-r recipient] [-L lane]\n"
	      "       qstat [-j] id ...\n"
	      "       qstat -l [-j]\n",
	    stderr);
	exit(EXIT_PERM);
}

static void
show_one(struct view *view, const struct record *record)
{
	if (view->json) {
		show_json(stdout, record);
	} else {
		if (view->count == 0 && view->head != NULL)
			view->head(stdout);
		view->line(stdout, record);
	}
	view->count++;
}

/* Ask and show each record.  0 or the exit status. */
static int
show_all(
    const struct paths *paths, const struct record *question, struct view *view)
{
	struct operator operator;
	struct record record;
	int status = operator_ask(&operator, paths, question), got;

	if (status != 0)
		return status;
	record_init(&record, RECORD_ENVELOPE);
	while ((got = operator_next(&operator, & record, &status)) == 1)
		show_one(view, &record);
	if (got == 0 && view->count == 0 && view->nothing != NULL &&
	    !view->json)
		puts(view->nothing);
	record_free(&record);
	operator_close(&operator);
	return status;
}

/* --- one message ---------------------------------------------------------- */

/*
 * The first record is the entry as it lies in the queue, the others are its
 * recipients; so what every recipient would repeat is left out.
 */
static const char *const of_entry[] = {
    "recipient", "content_sum", "sum", "size", "generation"};
static const char *const of_recipient[] = {"id", "arrival", "length", "sender"};

static void
copy_without(struct record *to, const struct record *from,
    const char *const *names, size_t count)
{
	const char *name, *value;
	char field[64];
	size_t at = 0, i;

	while (record_walk(from, &at, &name, &value)) {
		for (i = 0; i < count && !record_is(name, names[i]); i++)
			;
		if (i < count)
			continue;
		snprintf(field, sizeof(field), "%.*s", (int)strcspn(name, "="),
		    name);
		(void)record_add(to, field, value);
	}
}

static void
show_part(FILE *out, const struct record *record)
{
	bool recipient = record_get(record, "state") != NULL;
	struct record shown;

	record_init(&shown, RECORD_ENVELOPE);
	if (recipient)
		copy_without(&shown, record, of_recipient,
		    sizeof(of_recipient) / sizeof(of_recipient[0]));
	else
		copy_without(&shown, record, of_entry,
		    sizeof(of_entry) / sizeof(of_entry[0]));
	if (recipient)
		fputc('\n', out);
	show_fields(out, &shown, recipient ? "  " : "");
	record_free(&shown);
}

static int
show_messages(const struct paths *paths, char *ids[], bool json)
{
	struct view view = {.json = json, .line = show_part};
	struct record question;
	int status = 0, now;

	for (; *ids != NULL; ids++) {
		record_init(&question, RECORD_QUESTION);
		record_add(&question, "request", "message");
		if (record_add(&question, "id", *ids) == -1)
			err(EXIT_PERM, "id");
		view.count = 0;
		now = show_all(paths, &question, &view);
		if (now == 0 && view.count == 0) {
			warnx("%s: no such message in the queue", *ids);
			now = EXIT_PERM;
		}
		if (ids[1] != NULL && !json)
			putchar('\n');
		status = now != 0 ? now : status;
		record_free(&question);
	}
	return status;
}

/* --- lists ---------------------------------------------------------------- */

static int
show_lanes(const struct paths *paths, bool json)
{
	struct view view = {.json = json,
	    .head = show_lane_head,
	    .line = show_lane,
	    .nothing = "no lanes: nothing waits"};
	struct record question;
	int status;

	record_init(&question, RECORD_QUESTION);
	record_add(&question, "request", "lanes");
	status = show_all(paths, &question, &view);
	record_free(&question);
	return status;
}

static int
show_list(const struct paths *paths, const struct record *question, bool json)
{
	struct view view = {.json = json,
	    .head = show_head,
	    .line = show_line,
	    .nothing = "the queue is empty, or nothing in it is like that"};
	size_t at = 0, fields = 0;
	const char *name, *value;

	while (record_walk(question, &at, &name, &value))
		fields++;
	if (fields == 1)
		view.nothing = "the queue is empty";
	return show_all(paths, question, &view);
}

static void
filter(struct record *question, int option, const char *value)
{
	const char *name = option == 's'   ? "sender"
			   : option == 'r' ? "recipient"
					   : "lane";

	if (record_add(question, name, value) == -1)
		err(EXIT_PERM, "-%c", option);
}

int
main(int argc, char *argv[])
{
	bool json = false, lanes = false, filters = false;
	struct record question;
	struct paths paths;
	int option, status;

	standard_fill();
	record_init(&question, RECORD_QUESTION);
	record_add(&question, "request", "list");
	while ((option = getopt(argc, argv, "jlL:r:s:")) != -1) {
		if (option == 'j') {
			json = true;
		} else if (option == 'l') {
			lanes = true;
		} else if (option == '?') {
			usage();
		} else {
			filter(&question, option, optarg);
			filters = true;
		}
	}
	if (lanes + filters + (optind < argc) > 1)
		usage();
	paths_find(&paths);
	if (lanes)
		status = show_lanes(&paths, json);
	else if (optind < argc)
		status = show_messages(&paths, argv + optind, json);
	else
		status = show_list(&paths, &question, json);
	record_free(&question);
	if (fflush(stdout) == EOF)
		err(EXIT_TEMP, "standard output");
	return status;
}
