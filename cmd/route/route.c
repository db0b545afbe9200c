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
#include "face.h"
#include "follow.h"
#include "paths.h"
#include "record.h"
#include "rhs.h"
#include "route.h"

struct job {
	struct router *router;
	bool records;
	bool step; /* the first one only */
	int status;
	struct face face;
};

static const char *const kinds[] = {
    [TARGET_LOCAL] = "local",
    [TARGET_REMOTE] = "remote",
    [TARGET_DISCARD] = "discard",
    [TARGET_ERROR] = "error",
    [TARGET_PROGRAM] = "program",
    [TARGET_FILE] = "file",
};

__attribute__((noreturn)) static void
usage(void)
{
	fputs("usage: route [-1rv] [-c confdir] address ...\n"
	      "       route --header-sender | --header-recipient | "
	      "--envelope-sender\n"
	      "             [--local] [-rv] [-c confdir] address ...\n",
	    stderr);
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
	add(&r, "mailer", t->mailer);
	add(&r, "host", t->host);
	if (t->kind == TARGET_PROGRAM || t->kind == TARGET_FILE)
		add(&r, t->kind == TARGET_FILE ? "path" : "command", t->text);
	else
		add(&r, "text", t->text);
	add(&r, "code", t->code);
	add(&r, "status", t->status);
	add(&r, "about", t->about);
	add(&r, "where", t->where);
	add(&r, "sender", t->sender);
	add(&r, "rule", t->rule);
	if (record_print(stdout, &r) == -1)
		err(EXIT_TEMP, "standard output");
	record_free(&r);
}

/* Is the error about an address that the one asked for led to? */
static bool
is_other(const char *address, const struct target *t)
{
	return t->about != NULL && strcmp(address, t->about) != 0 &&
	       rhs_is_prefixed(t->code);
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
		printf("%s %s %s%s%s%s%s", t->code, t->status,
		    t->where != NULL ? t->where : "",
		    t->where != NULL ? ": " : "",
		    is_other(address, t) ? t->about : "",
		    is_other(address, t) ? "... " : "", t->text);
		break;
	case TARGET_PROGRAM:
	case TARGET_FILE:
		fputs(t->text, stdout);
		break;
	}
	printf("\t%s\n", t->rule);
}

/* 0, or -1 and the reason. */
static int
find(struct job *job, const char *address, struct targets *targets,
    char *reason, size_t size)
{
	if (!job->step)
		return router_follow(job->router, address, follow_house(),
		    targets, reason, size);
	targets->count = 1;
	if ((targets->list = calloc(1, sizeof(*targets->list))) == NULL)
		err(EXIT_TEMP, "route");
	return router_step(job->router, address, targets->list, reason, size);
}

static void
ask(struct job *job, const char *address)
{
	struct targets targets = {0};
	char reason[1024];
	size_t i;
	int status;

	if (job->face.asked) {
		if ((status = face_ask(&job->face, address)) != 0)
			job->status = status;
		return;
	}
	if (find(job, address, &targets, reason, sizeof(reason)) == -1) {
		warnx("%s: %s", address, reason);
		job->status = EXIT_TEMP;
		targets.count = 0;
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
	struct job job = {.status = 0};
	struct paths paths;
	bool verbose = false;
	int c;

	paths_find(&paths);
	while (
	    (c = getopt_long(argc, argv, "1c:rv", face_options, NULL)) != -1) {
		if (face_option(&job.face, c))
			continue;
		if (c == 'c')
			strlcpy(paths.conf, optarg, sizeof(paths.conf));
		else if (c == '1')
			job.step = true;
		else if (c == 'r')
			job.records = true;
		else if (c == 'v')
			verbose = true;
		else
			usage();
	}
	job.face.records = job.records;
	if (job.face.asked)
		face_open(&job.face, paths.conf, verbose ? stdout : NULL);
	else if (job.face.local)
		usage();
	else
		job.router = router_open(paths.conf, verbose ? stdout : NULL);
	if (optind == argc)
		ask_lines(&job);
	for (; optind < argc; optind++)
		ask(&job, argv[optind]);
	router_close(job.router);
	if (job.face.asked)
		face_close(&job.face);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(EXIT_TEMP, "standard output");
	return job.status;
}
