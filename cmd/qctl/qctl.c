/*
 * qctl - change what waits in the queue
 *
 * Asks the queue manager to flush, hold, release, delete or bounce what the
 * arguments select, and says how many recipients that were.  See qctl(8).
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "operator.h"
#include "standard.h"

static const struct {
	const char *name, *done;
} actions[] = {
    {"flush", "tried now"},
    {"hold", "held"},
    {"release", "released"},
    {"delete", "deleted"},
    {"bounce", "bounced"},
};

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: qctl flush|hold|release|delete|bounce"
	      " [-i id] [-s sender] [-r recipient] [-l lane] [id ...]\n",
	    stderr);
	exit(EXIT_PERM);
}

static const char *
selector(int option)
{
	switch (option) {
	case 'i':
		return "id";
	case 's':
		return "sender";
	case 'r':
		return "recipient";
	case 'l':
		return "lane";
	default:
		usage();
	}
}

/* Ask, and add to the count.  0 or the exit status. */
static int
change(const struct paths *paths, const struct record *question,
    unsigned long long *count)
{
	struct operator operator;
	struct record answer;
	uint64_t n = 0;
	int status = operator_ask(&operator, paths, question);

	if (status != 0)
		return status;
	record_init(&answer, RECORD_QUESTION);
	if (operator_next(&operator, & answer, &status) == 0)
		(void)record_number(&answer, "count", UINT64_MAX, &n);
	*count += n;
	if (status == 0 && n == 0 && record_get(question, "id") != NULL) {
		warnx("%s: no such message, or nothing to do for it",
		    record_text(question, "id"));
		status = EXIT_PERM;
	}
	record_free(&answer);
	operator_close(&operator);
	return status;
}

/* The request with the selectors, and the action's index. */
static size_t
question_for(struct record *question, int argc, char *argv[])
{
	size_t action = 0;
	int option;

	while (action < sizeof(actions) / sizeof(actions[0]) &&
	       (argc < 2 || strcmp(actions[action].name, argv[1]) != 0))
		action++;
	if (action == sizeof(actions) / sizeof(actions[0]))
		usage();
	record_add(question, "request", actions[action].name);
	optind = 2;
	while ((option = getopt(argc, argv, "i:s:r:l:")) != -1)
		if (record_add(question, selector(option), optarg) == -1)
			err(EXIT_PERM, "-%c", option);
	return action;
}

/* One request for each id that is an operand. */
static int
change_each(const struct paths *paths, const char *action, char *ids[],
    unsigned long long *count)
{
	struct record one;
	int status = 0, now;

	for (; *ids != NULL; ids++) {
		record_init(&one, RECORD_QUESTION);
		record_add(&one, "request", action);
		if (record_add(&one, "id", *ids) == -1)
			err(EXIT_PERM, "id");
		now = change(paths, &one, count);
		status = now != 0 ? now : status;
		record_free(&one);
	}
	return status;
}

int
main(int argc, char *argv[])
{
	struct record question;
	struct paths paths;
	unsigned long long count = 0;
	size_t action, fields = 0, at = 0;
	const char *name, *value;
	int status;

	standard_fill();
	record_init(&question, RECORD_QUESTION);
	action = question_for(&question, argc, argv);
	while (record_walk(&question, &at, &name, &value))
		fields++;
	if (argv[optind] != NULL && fields > 1)
		errx(EXIT_PERM, "ids go by themselves, without an option");
	if (action != 0 && argv[optind] == NULL && fields == 1)
		errx(EXIT_PERM, "%s: which messages? (see qctl(8))", argv[1]);
	paths_find(&paths);
	if (argv[optind] == NULL)
		status = change(&paths, &question, &count);
	else
		status = change_each(&paths, argv[1], argv + optind, &count);
	if (status == 0 || count > 0)
		printf("%llu recipient%s %s\n", count, count == 1 ? "" : "s",
		    actions[action].done);
	record_free(&question);
	if (fflush(stdout) == EOF)
		err(EXIT_TEMP, "standard output");
	return status;
}
