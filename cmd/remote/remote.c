/*
 * remote - speak SMTP to other hosts
 *
 * As a filter: one question and its message on standard input, the outcome of
 * each recipient on standard output.  With -s: the same for qmgr at our socket,
 * many at once, over connections that are kept.  See remote(8).
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "drop.h"
#include "exits.h"
#include "filter.h"
#include "paths.h"
#include "serve.h"
#include "walls.h"

#define IDLE_SECONDS 5
#define FILES_MAX    65536

#define DELIVERIES      10000   /* the most that concurrencyremote can be */
#define DELIVERY_MEMORY 1572864 /* JOB_CONTENT, JOB_RECORD, full buffers */

/* It has what its caller sends, and connections to the world. */
static const struct walls walls = {
    .program = "remote",
    .may = WALLS_NET,
    .memory = WALLS_GB + (uint64_t)DELIVERIES * DELIVERY_MEMORY,
};

__attribute__((noreturn)) static void
usage(void)
{
	fprintf(stderr, "usage: remote [-s]\n");
	exit(EXIT_PERM);
}

static void
read_settings(struct links_setup *setup, char me[RESOLVE_NAME],
    const char *confdir, bool server)
{
	conf_me(confdir, me, RESOLVE_NAME);
	setup->me = me;
	setup->connect =
	    (unsigned)conf_seconds(confdir, "timeoutconnect", 1, 3600, 30);
	setup->timeout =
	    (unsigned)conf_seconds(confdir, "timeoutremote", 1, 86400, 300);
	setup->idle = server ? IDLE_SECONDS : 0;
}

/* All that needs the file system comes first, then the empty root. */
static int
listen_and_drop(const struct paths *paths, struct peers *peers)
{
	char path[PATH_SIZE];
	int fd;

	peer_allow(peers, "pnqmgr");
	path_socket(path, paths, "remote");
	if ((fd = peer_listen(path)) == -1)
		err(EXIT_TEMP, "%s", path);
	path_join(path, paths->run, "empty");
	drop_root("pnremote", path);
	drop_limits(0, FILES_MAX);
	walls_raise(&walls, paths);
	return fd;
}

int
main(int argc, char *argv[])
{
	struct links_setup setup;
	struct deliver_world world;
	struct paths paths;
	struct peers peers = {0};
	char me[RESOLVE_NAME];
	bool server = false;
	int option, status = 0;

	while ((option = getopt(argc, argv, "s")) != -1) {
		if (option != 's')
			usage();
		server = true;
	}
	if (optind != argc)
		usage();
	(void)signal(SIGPIPE, SIG_IGN);
	paths_find(&paths);
	read_settings(&setup, me, paths.conf, server);
	if ((world.base = event_base_new()) == NULL)
		errx(EXIT_TEMP, "no event loop");
	world.me = me;
	world.patience = 2 * setup.timeout;
	world.resolver = resolver_new(world.base, paths.conf);
	world.links = links_new(world.base, &setup);
	if (server)
		serve(&world, listen_and_drop(&paths, &peers), &peers);
	else
		status = filter(&world);
	links_free(world.links);
	resolver_free(world.resolver);
	event_base_free(world.base);
	return status;
}
