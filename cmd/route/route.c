/*
 * route - say where an address goes, and why
 *
 * Arguments, or lines of standard input: addresses.  Standard output: a record
 * for each place that a message to it would be delivered to.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "paths.h"
#include "record.h"
#include "route.h"

struct job {
	struct router *router;
	bool records;
	int status;
};

static const char *const kinds[] = {
    [TARGET_LOCAL] = "local",
    [TARGET_REMOTE] = "remote",
    [TARGET_DISCARD] = "discard",
    [TARGET_ERROR] = "error",
};

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: route [-rv] [-c confdir] address ...\n", stderr);
	exit(EXIT_PERM);
}

static void
add(struct record *r, const char *name, const char *value)
{
	if (value != NULL && record_add(r, name, value) == -1)
		warn("%s", name);
}

static void
print_record(const char *address, const struct target *t)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	add(&r, "address", address);
	add(&r, "kind", kinds[t->kind]);
	add(&r, "recipient", t->recipient);
	add(&r, "user", t->user);
	add(&r, "extension", t->extension);
	add(&r, "direct", t->direct ? "yes" : NULL);
	add(&r, "host", t->kind == TARGET_REMOTE ? t->host : NULL);
	add(&r, "code", t->code);
	add(&r, "status", t->status);
	add(&r, "text", t->text);
	add(&r, "sender", t->sender);
	add(&r, "rule", t->rule);
	if (record_print(stdout, &r) == -1)
		err(EXIT_TEMP, "standard output");
	record_free(&r);
}

/* address, kind, where, rule: one line, parted by tabs. */
static void
print_line(const char *address, const struct target *t)
{
	printf("%s\t%s\t", address, kinds[t->kind]);
	switch (t->kind) {
	case TARGET_LOCAL:
		printf("%s%s%s", t->user, t->extension != NULL ? "+" : "",
		    t->extension != NULL ? t->extension : "");
		break;
	case TARGET_REMOTE:
		printf("%s via %s", t->recipient, t->host);
		break;
	case TARGET_DISCARD:
		fputs(t->recipient, stdout);
		break;
	case TARGET_ERROR:
		printf("%s %s %s", t->code, t->status, t->text);
		break;
	}
	printf("\t%s\n", t->rule);
}

static void
ask(struct job *job, const char *address)
{
	struct targets targets;
	char reason[1024];
	size_t i;

	if (router_expand(
		job->router, address, &targets, reason, sizeof(reason)) == -1) {
		warnx("%s: %s", address, reason);
		job->status = EXIT_TEMP;
		return;
	}
	for (i = 0; i < targets.count; i++) {
		if (targets.list[i].kind == TARGET_ERROR && job->status == 0)
			job->status = EXIT_PERM;
		if (job->records)
			print_record(address, &targets.list[i]);
		else
			print_line(address, &targets.list[i]);
	}
	targets_free(&targets);
}

static void
ask_lines(struct job *job)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) != -1) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line != '\0')
			ask(job, line);
	}
	if (ferror(stdin))
		err(EXIT_TEMP, "standard input");
	free(line);
}

int
main(int argc, char *argv[])
{
	struct job job = {NULL, false, 0};
	struct paths paths;
	bool verbose = false;
	int c;

	paths_find(&paths);
	while ((c = getopt(argc, argv, "c:rv")) != -1) {
		if (c == 'c')
			strlcpy(paths.conf, optarg, sizeof(paths.conf));
		else if (c == 'r')
			job.records = true;
		else if (c == 'v')
			verbose = true;
		else
			usage();
	}
	job.router = router_open(paths.conf, verbose ? stdout : NULL);
	if (optind == argc)
		ask_lines(&job);
	for (; optind < argc; optind++)
		ask(&job, argv[optind]);
	router_close(job.router);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(EXIT_TEMP, "standard output");
	return job.status;
}
