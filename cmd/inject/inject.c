/*
 * inject - make a message durable, and give it an id
 *
 * As a filter: one question and its message on standard input, the answer on
 * standard output.  With -s: the same for all who ask at its socket, many
 * messages with one sync.  See inject(8), and queue(5) for what it writes.
 */
#include <err.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "drop.h"
#include "exits.h"
#include "filter.h"
#include "serve.h"
#include "standard.h"
#include "walls.h"

#define DATABYTES   52428800
#define SEGMENT_TOP 1073741824
#define MEMORY_KEPT 33554432 /* not given back to the kernel at each batch */

/*
 * As a server.  Each of 4096 clients may send an envelope of 4 MiB; what it
 * keeps of contents is 128 MiB in all.
 */
static const struct walls walls = {
    .program = "inject",
    .may = WALLS_UNIX, /* to tell qmgr */
    .writes = {"queue/mess"},
    .memory = 20 * WALLS_GB,
};

__attribute__((noreturn)) static void
usage(void)
{
	fprintf(stderr, "usage: inject [-s]\n");
	exit(EXIT_PERM);
}

static void
settings_read(struct settings *s, const char *conf)
{
	conf_me(conf, s->me, sizeof(s->me));
	s->databytes = conf_number(conf, "databytes", 0, INT64_MAX, DATABYTES);
	s->segment_size = (off_t)conf_number(
	    conf, "segmentsize", SEGMENT_MIN, SEGMENT_TOP, SEGMENT_SIZE);
	if (s->segment_size % SEGMENT_BLOCK != 0)
		errx(EXIT_PERM, "%s/segmentsize: not a multiple of %d", conf,
		    SEGMENT_BLOCK);
}

int
main(int argc, char *argv[])
{
	struct settings settings;
	struct paths paths;
	bool server = false;
	int option;

	standard_fill();
	while ((option = getopt(argc, argv, "s")) != -1) {
		if (option != 's')
			usage();
		server = true;
	}
	if (optind != argc)
		usage();
	umask(027);
	tzset();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	paths_find(&paths);
	settings_read(&settings, paths.conf);
	if (!server)
		return filter(&paths, &settings);
	if (geteuid() == 0)
		errx(EXIT_PERM, "-s is not for root; "
				"start it as pninject, see inject(8)");
	drop_root("pninject", NULL);
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	mallopt(M_TOP_PAD, MEMORY_KEPT / 16);
	serve(&paths, &settings, &walls);
}
