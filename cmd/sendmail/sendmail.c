/*
 * sendmail - the command that programs know: mail in, the queue out
 *
 * Holds no privilege: a message on standard input goes to inject's socket,
 * mailq and -q ask the queue manager, -bs is smtpd.  See sendmail(8).
 */
#include <err.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "sendmail.h"
#include "standard.h"

/*
 * Become another of our programs: it lies beside this one, or in LIBEXECDIR.
 * args[0] is its name.  Returns only if that failed.
 */
static int
become(const char *const args[])
{
	char self[PATH_SIZE], path[PATH_SIZE];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = '\0';
		path_join(path, dirname(self), args[0]);
		execv(path, (char *const *)args);
	}
	path_join(path, LIBEXECDIR, args[0]);
	execv(path, (char *const *)args);
	warn("%s", path);
	return EX_UNAVAILABLE;
}

static void
unknown_setting(const char *what)
{
	warnx("option %s means nothing here and is ignored", what);
}

static int
verify(char *addresses[], int count)
{
	const char **args = calloc((size_t)count + 3, sizeof(*args));
	int status;

	if (args == NULL)
		err(EX_OSERR, "recipients");
	args[0] = "route";
	args[1] = "--";
	for (int i = 0; i < count; i++)
		args[i + 2] = addresses[i];
	if (count == 0)
		errx(EX_USAGE, "-bv: no address to verify");
	status = become(args);
	free(args);
	return status;
}

/* -q30m in somebody's start script does no harm; -bd would be no service. */
static int
service(const struct options *options)
{
	if (options->mode == MODE_FLUSH) {
		warnx("the queue manager is a service of its own (qmgr) and"
		      " runs the queue by itself; nothing to do");
		return EX_OK;
	}
	warnx("there is no daemon mode: smtpd and qmgr are services of their"
	      " own; see INSTALL");
	return EX_UNAVAILABLE;
}

static int
act(const struct options *options, int argc, char *argv[])
{
	struct paths paths;
	static const char *const smtp[] = {"smtpd", NULL};

	paths_find(&paths);
	switch (options->mode) {
	case MODE_SMTP:
		return become(smtp);
	case MODE_LIST:
		return list_queue(&paths);
	case MODE_VERIFY:
		return verify(argv + options->first, argc - options->first);
	case MODE_ALIASES:
		return make_aliases(&paths);
	case MODE_FLUSH:
		if (options->every)
			return service(options);
		return flush_queue(options, &paths);
	case MODE_SERVICE:
		return service(options);
	default:
		return deliver(options, &paths, argv + options->first);
	}
}

int
main(int argc, char *argv[])
{
	struct options options;

	standard_fill();
	signal(SIGPIPE, SIG_IGN);
	if (options_parse(&options, argc, argv, unknown_setting) == -1)
		errx(EX_USAGE, "%s", options.why);
	if (options.quiet && freopen("/dev/null", "w", stderr) == NULL)
		return EX_OSERR;
	return act(&options, argc, argv);
}
