/*
 * access - say whether a client, a sender or a recipient may pass
 *
 * Questions in, verdicts out, in the records of Postfix's policy delegation: on
 * standard input and output, or with -s for everyone on the socket.  Reads the
 * administrator's tables and nothing else; see access(8).
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <err.h>

#include "compare.h"
#include "desk.h"
#include "exits.h"
#include "server.h"
#include "session.h"
#include "walls.h"

enum {
	OPTION_CLIENT = 256,
	OPTION_COMPARE,
	OPTION_FROM,
	OPTION_HELO,
	OPTION_NAME,
	OPTION_RESOLVE,
	OPTION_REVERSE,
	OPTION_TO
};

static const struct option options[] = {
    {"client", required_argument, NULL, OPTION_CLIENT},
    {"compare", required_argument, NULL, OPTION_COMPARE},
    {"from", required_argument, NULL, OPTION_FROM},
    {"helo", required_argument, NULL, OPTION_HELO},
    {"name", required_argument, NULL, OPTION_NAME},
    {"resolve", required_argument, NULL, OPTION_RESOLVE},
    {"reverse", required_argument, NULL, OPTION_REVERSE},
    {"to", required_argument, NULL, OPTION_TO},
    {NULL, 0, NULL, 0},
};

/* As a server.  Tables may be links into /etc; it asks DNS. */
static const struct walls walls = {
    .program = "access",
    .may = WALLS_NET | WALLS_MAPS,
    .reads = {"conf", "/etc"},
    .memory = 2 * WALLS_GB,
};

struct wish {
	struct paths paths;
	bool verbose, serving;
	const char *other; /* a folder to compare with */
	struct session session;
};

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: access [-sv] [-c confdir]\n"
	      "       access [-v] [-c confdir] --client address [--name name] "
	      "[--reverse name]\n"
	      "              [--resolve class] [--helo name] [--from sender] "
	      "[--to recipient] ...\n"
	      "       access [-c confdir] --compare confdir\n",
	    stderr);
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

static struct event_base *
new_base(void)
{
	struct event_base *base = event_base_new();

	if (base == NULL)
		err(EXIT_TEMP, "event base");
	return base;
}

/* With the folder that was named besides. */
static int
compare_with(struct desk *now, const char *dir)
{
	static struct desk then;
	int status;

	desk_open(&then, now->base, dir, false, NULL, NULL);
	status = compare(now, &then);
	desk_close(&then);
	return status;
}

/* For one who waits. */
static int
answer(const struct wish *w)
{
	static struct desk desk;
	struct event_base *base = new_base();
	int status;

	desk_open(&desk, base, w->paths.conf, w->verbose, NULL, NULL);
	if (w->other != NULL)
		status = compare_with(&desk, w->other);
	else if (w->session.address != NULL)
		status = session_ask(&desk, &w->session);
	else
		status = filter(&desk);
	desk_close(&desk);
	event_base_free(base);
	return status;
}

static void
take_client_option(struct session *s, int option)
{
	switch (option) {
	case OPTION_CLIENT:
		s->address = optarg;
		break;
	case OPTION_NAME:
		s->name = optarg;
		break;
	case OPTION_REVERSE:
		s->reverse = optarg;
		break;
	case OPTION_RESOLVE:
		s->resolve = optarg;
		break;
	case OPTION_HELO:
		s->helo = optarg;
		break;
	default:
		usage();
	}
}

static void
take_option(struct wish *w, int option)
{
	struct session *s = &w->session;

	switch (option) {
	case 'c':
		if (strlcpy(w->paths.conf, optarg, sizeof(w->paths.conf)) >=
		    sizeof(w->paths.conf))
			usage();
		break;
	case 's':
		w->serving = true;
		break;
	case 'v':
		w->verbose = true;
		break;
	case OPTION_COMPARE:
		w->other = optarg;
		break;
	case OPTION_FROM:
		s->from = optarg;
		break;
	case OPTION_TO:
		if (s->count == SESSION_RCPTS)
			errx(EXIT_PERM, "too many recipients");
		s->to[s->count++] = optarg;
		break;
	default:
		take_client_option(s, option);
	}
}

int
main(int argc, char *argv[])
{
	static struct wish w;
	bool asks;
	int c;

	paths_find(&w.paths);
	while ((c = getopt_long(argc, argv, "c:sv", options, NULL)) != -1)
		take_option(&w, c);
	asks = w.session.address != NULL;
	/* A session without a client is a slip of the pen. */
	if (optind != argc || w.serving + (w.other != NULL) + asks > 1 ||
	    (w.verbose && (w.serving || w.other != NULL)) ||
	    (!asks && (w.session.from != NULL || w.session.count > 0)))
		usage();
	if (asks && w.session.from == NULL && w.session.count > 0)
		w.session.from = "";
	return w.serving ? serve(&w.paths, &walls) : answer(&w);
}
