/*
 * smtpd - speak SMTP to clients
 *
 * Takes messages from the network, asks access whether they may pass, and
 * hands them to inject.  With -s it serves the addresses in the control file
 * listen; otherwise it holds one conversation on standard input and output.
 */
#include <err.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "drop.h"
#include "exits.h"
#include "master.h"
#include "paths.h"
#include "resolve.h"
#include "resolve_net.h"
#include "standard.h"
#include "walls.h"
#include "worker.h"

/* It answers on connections that it accepts, and asks DNS and its partners. */
static const struct walls walls = {
    .program = "smtpd",
    .may = WALLS_NET | WALLS_UNIX,
    .memory = WALLS_GB / 2, /* and more for each session */
};

static void
usage(void)
{
	fprintf(stderr, "usage: smtpd [-s]\n");
	exit(EXIT_PERM);
}

/* Regular files and terminals as well as sockets: poll, not epoll. */
static struct event_base *
any_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL ||
	    event_config_require_features(config, EV_FEATURE_FDS) == -1 ||
	    (base = event_base_new_with_config(config)) == NULL)
		err(EXIT_TEMP, "event loop");
	event_config_free(config);
	return base;
}

/* Who is at the other end, if that is anywhere but on this host. */
static bool
find_client(struct sockaddr_storage *client)
{
	socklen_t len = sizeof(*client);
	const char *ip = getenv("TCPREMOTEIP");

	if (ip != NULL) {
		if (net_literal(ip, client, &len) == -1)
			errx(EXIT_PERM, "TCPREMOTEIP is no address");
		return true;
	}
	return getpeername(0, (struct sockaddr *)client, &len) == 0 &&
	       (client->ss_family == AF_INET || client->ss_family == AF_INET6);
}

/*
 * A socket must not block.  Anything else is perhaps shared with a shell,
 * which would suffer: there we may wait, for nobody else waits for us.
 */
static void
unblock(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		err(EXIT_TEMP, "descriptor %d", fd);
	if (S_ISSOCK(st.st_mode) && fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(EXIT_TEMP, "descriptor %d", fd);
}

static int
talk(const struct config *config, const struct paths *paths)
{
	struct sockaddr_storage client = {0};
	struct worker w = {.config = config};
	bool remote = find_client(&client);

	w.base = any_base();
	if (remote)
		w.resolver = resolver_new(w.base, paths->conf);
	master_drop(paths);
	walls_raise(&walls, paths);
	unblock(0);
	unblock(1);
	worker_talk(&w, 0, 1, remote ? (struct sockaddr *)&client : NULL);
	resolver_free(w.resolver);
	event_base_free(w.base);
	return 0;
}

int
main(int argc, char *argv[])
{
	static struct config config;
	struct paths paths;
	bool serve = false;
	int opt;

	standard_fill();
	while ((opt = getopt(argc, argv, "s")) != -1) {
		if (opt != 's')
			usage();
		serve = true;
	}
	if (optind != argc)
		usage();
	paths_find(&paths);
	config_read(&config, &paths);
	if (serve)
		master_run(&config, &paths, &walls);
	return talk(&config, &paths);
}
