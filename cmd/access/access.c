/*
 * access - say whether a client, a sender or a recipient may pass
 *
 * Questions in, verdicts out, in the records of Postfix's policy delegation: on
 * standard input and output, or with -s for everyone on the socket.  Reads the
 * administrator's tables and nothing else; see access(8).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <err.h>

#include "desk.h"
#include "exits.h"
#include "server.h"

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: access [-sv] [-c confdir]\n", stderr);
	exit(EXIT_PERM);
}

static int
filter(struct desk *d)
{
	struct record question, out;
	const char *why;
	bool pending;
	int got;

	record_init(&question, RECORD_QUESTION);
	record_init(&out, RECORD_ENVELOPE);
	while ((got = record_read(stdin, &question)) == 1) {
		record_clear(&out);
		why = desk_answer(d, &question, &out, &pending);
		if (why != NULL)
			errx(EXIT_PERM, "question: %s", why);
		if (record_print(stdout, &out) == -1 || fflush(stdout) == EOF)
			err(EXIT_TEMP, "standard output");
	}
	if (got == -1)
		err(errno == EPROTO || errno == EMSGSIZE ? EXIT_PERM
							 : EXIT_TEMP,
		    "question");
	record_free(&question);
	record_free(&out);
	return 0;
}

/* For one who waits. */
static int
answer(const struct paths *paths, bool verbose)
{
	static struct desk desk;
	struct event_base *base = event_base_new();
	int status;

	if (base == NULL)
		err(EXIT_TEMP, "event base");
	desk_open(&desk, base, paths->conf, verbose, NULL, NULL);
	status = filter(&desk);
	desk_close(&desk);
	event_base_free(base);
	return status;
}

int
main(int argc, char *argv[])
{
	struct paths paths;
	bool verbose = false, serving = false;
	int c;

	paths_find(&paths);
	while ((c = getopt(argc, argv, "c:sv")) != -1) {
		if (c == 's')
			serving = true;
		else if (c == 'v')
			verbose = true;
		else if (c != 'c' ||
			 strlcpy(paths.conf, optarg, sizeof(paths.conf)) >=
			     sizeof(paths.conf))
			usage();
	}
	if (optind != argc || (serving && verbose))
		usage();
	return serving ? serve(&paths) : answer(&paths, verbose);
}
