/*
 * doctor - look an installation over
 *
 * Arguments: checks to be made, or none for all.  Standard output: a line for
 * each finding.  Changes nothing; see doctor(8).
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "doctor.h"
#include "exits.h"

static const struct {
	const char *name;
	void (*check)(struct doctor *);
	bool network;
} checks[] = {
    {"users", check_users, false},
    {"modes", check_modes, false},
    {"tables", check_tables, false},
    {"names", check_names, false},
    {"controls", check_controls, false},
    {"space", check_space, false},
    {"damage", check_damage, false},
    {"sockets", check_sockets, false},
    {"walls", check_walls, false},
    {"dns", check_dns, true},
};
#define CHECKS (sizeof(checks) / sizeof(checks[0]))

__attribute__((noreturn)) static void
usage(void)
{
	size_t i;

	fputs("usage: doctor [-nv] [check ...]\nchecks:", stderr);
	for (i = 0; i < CHECKS; i++)
		fprintf(stderr, " %s", checks[i].name);
	fputc('\n', stderr);
	exit(EXIT_PERM);
}

static void
name_me(void *arg)
{
	struct doctor *d = arg;

	conf_me(d->paths.conf, d->me, sizeof(d->me));
}

static void
look_around(struct doctor *d)
{
	struct stat st;
	char why[512];

	paths_find(&d->paths);
	d->own = geteuid() != 0 && stat(d->paths.queue, &st) == 0 &&
		 st.st_uid == geteuid();
	/* One that makes no sense is told by a check. */
	if (doctor_attempt(name_me, d, why, sizeof(why)))
		name_me(d);
	else
		strlcpy(d->me, "localhost", sizeof(d->me));
}

static bool
is_chosen(const char *name, int argc, char *argv[])
{
	int i;

	for (i = 0; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

static void
check_arguments(int argc, char *argv[])
{
	size_t k;
	int i;

	for (i = 0; i < argc; i++) {
		for (k = 0; k < CHECKS && strcmp(checks[k].name, argv[i]) != 0;
		     k++)
			;
		if (k == CHECKS)
			usage();
	}
}

int
main(int argc, char *argv[])
{
	static struct doctor d;
	bool network = true;
	size_t i;
	int c;

	while ((c = getopt(argc, argv, "nv")) != -1) {
		if (c == 'n')
			network = false;
		else if (c == 'v')
			d.verbose = true;
		else
			usage();
	}
	argc -= optind;
	argv += optind;
	check_arguments(argc, argv);
	look_around(&d);
	for (i = 0; i < CHECKS; i++)
		if (argc == 0 ? network || !checks[i].network
			      : is_chosen(checks[i].name, argc, argv))
			checks[i].check(&d);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(EXIT_TEMP, "standard output");
	return d.errors > 0 ? 2 : d.warnings > 0 ? 1 : 0;
}
