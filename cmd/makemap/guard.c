#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <err.h>

#include "conf.h"
#include "exits.h"
#include "guard.h"
#include "spellings.h"
#include "stage.h"
#include "trial.h"

#define TOLD_MOST 5 /* spellings that pass */

/* One run: questions go to a file, then access reads it and writes another. */
struct run {
	const struct guard *g;
	struct stage stage;
	char me[256];
	char tests[PATH_SIZE]; /* conf/access-tests */
	FILE *questions, *answers;
	size_t asked;
	bool failed;
	bool doubtful; /* a test fails, but a table is missing */
};

static const char *const tables[] = {
    "access", "virtusertable", "mailertable", "domaintable"};
static const char *const ours[] = {"me", "listen", "access-tests"};

static bool
is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

static bool
is_configuration(const char *conf)
{
	char path[PATH_SIZE];
	struct paths paths;
	size_t i;

	paths_find(&paths);
	if (is_same(conf, paths.conf))
		return true;
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		path_join(path, conf, ours[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

bool
guard_wants(const char *conf, const char *table)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i], table) == 0)
			return is_configuration(conf);
	return false;
}

/* --- asking --------------------------------------------------------------- */

static void
ask(struct run *r, const struct trial *t)
{
	if (trial_ask(t, r->questions) == -1)
		err(EXIT_TEMP, "%s", r->stage.dir);
	r->asked++;
}

static void
ask_spellings(struct run *r)
{
	struct trial t;
	unsigned family, net;
	size_t i;

	for (i = 0; i < spellings_count(); i++)
		for (family = 0; family < SPELLING_FAMILIES; family++)
			for (net = 0; net < SPELLING_NETS; net++)
				if (spelling(i, family, net, r->me, &t) != NULL)
					ask(r, &t);
}

/* Each line of conf/access-tests that says something. */
static void
each_test(struct run *r,
    void (*each)(struct run *, const struct trial *, unsigned line))
{
	FILE *file = fopen(r->tests, "re");
	char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	struct trial t;
	const char *why;

	if (file == NULL && errno != ENOENT)
		err(EXIT_TEMP, "%s", r->tests);
	while (file != NULL && getline(&line, &room, file) != -1) {
		number++;
		if (trial_is_empty(line))
			continue;
		if ((why = trial_parse(line, &t)) != NULL) {
			fprintf(stderr, "%s: %s: line %u: %s\n", r->g->program,
			    r->tests, number, why);
			r->failed = true;
		} else
			each(r, &t, number);
	}
	free(line);
	if (file != NULL)
		fclose(file);
}

static void
ask_test(struct run *r, const struct trial *t, unsigned line)
{
	(void)line;
	ask(r, t);
}

/* Who ends us waits until the stage is gone; access ends at once. */
static void
hold_signals(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGTERM);
	sigprocmask(how, &set, NULL);
}

static bool
run_access(struct run *r)
{
	char path[PATH_SIZE];
	int status;
	pid_t pid;

	path_beside(path, "access");
	if (fflush(r->questions) == EOF ||
	    lseek(fileno(r->questions), 0, SEEK_SET) == -1 ||
	    fflush(stdout) == EOF)
		err(EXIT_TEMP, "%s", r->stage.dir);
	if ((pid = fork()) == -1)
		err(EXIT_TEMP, "fork");
	if (pid == 0) {
		hold_signals(SIG_UNBLOCK);
		if (dup2(fileno(r->questions), STDIN_FILENO) == -1 ||
		    dup2(fileno(r->answers), STDOUT_FILENO) == -1)
			_exit(EXIT_TEMP);
		execl(path, "access", "-c", r->stage.conf, (char *)NULL);
		_exit(EXIT_TEMP);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			err(EXIT_TEMP, "access");
	if (status != 0)
		fprintf(stderr, "%s: %s: %s could not be asked\n",
		    r->g->program, r->g->name, path);
	return status == 0;
}

/* --- hearing -------------------------------------------------------------- */

static struct outcome
hear(struct run *r)
{
	struct outcome o = {0};
	struct record answer;
	int i;

	record_init(&answer, RECORD_QUESTION);
	for (i = 0; i < TRIAL_QUESTIONS; i++) {
		if (record_read(r->answers, &answer) != 1)
			errx(EXIT_TEMP, "access gave too few answers");
		trial_hear(&o, &answer);
	}
	record_free(&answer);
	return o;
}

/* Does the spelling pass from everywhere?  o is what one of them got. */
static bool
is_open(struct run *r, size_t i, unsigned family, struct outcome *o)
{
	struct outcome one;
	struct trial t;
	bool open = true;
	unsigned net;

	for (net = 0; net < SPELLING_NETS; net++) {
		if (spelling(i, family, net, r->me, &t) == NULL)
			continue;
		one = hear(r);
		if (one.kind == OUTCOME_ACCEPT || one.kind == OUTCOME_RELAY)
			*o = one;
		else
			open = false;
	}
	return open;
}

static void
hear_spellings(struct run *r)
{
	struct outcome o;
	struct trial t;
	unsigned family, told = 0;
	size_t i;

	for (i = 0; i < spellings_count(); i++)
		for (family = 0; family < SPELLING_FAMILIES; family++) {
			if (!is_open(r, i, family, &o))
				continue;
			r->failed = true;
			if (told++ >= TOLD_MOST)
				continue;
			spelling(i, family, 0, r->me, &t);
			fprintf(stderr,
			    "%s: %s: open relay: anybody may send to <%s>"
			    " (rule %s)\n",
			    r->g->program, r->g->name, t.recipient,
			    *o.rule != '\0' ? o.rule : "none");
		}
	if (told > TOLD_MOST)
		fprintf(stderr, "%s: %s: open relay: %u spellings more\n",
		    r->g->program, r->g->name, told - TOLD_MOST);
}

static void
hear_test(struct run *r, const struct trial *t, unsigned line)
{
	struct outcome o = hear(r);

	if (trial_holds(t, &o))
		return;
	fprintf(stderr, "%s: %s: line %u: wanted %s, got %s (rule %s)\n",
	    r->g->program, r->tests, line, t->wanted, trial_tell(&o),
	    *o.rule != '\0' ? o.rule : "none");
	/* What a table that is not there would have said nobody knows. */
	if (r->stage.incomplete)
		r->doubtful = true;
	else
		r->failed = true;
}

static FILE *
open_file(struct run *r, const char *name)
{
	char path[PATH_SIZE];
	FILE *file;

	path_join(path, r->stage.dir, name);
	if ((file = fopen(path, "w+e")) == NULL)
		err(EXIT_TEMP, "%s", path);
	return file;
}

static void
try_all(struct run *r)
{
	r->questions = open_file(r, "questions");
	r->answers = open_file(r, "answers");
	ask_spellings(r);
	each_test(r, ask_test);
	if (r->failed || !run_access(r)) {
		r->failed = true;
	} else {
		rewind(r->answers);
		hear_spellings(r);
		each_test(r, hear_test);
	}
	fclose(r->questions);
	fclose(r->answers);
}

bool
guard_passes(const struct guard *g)
{
	struct run r = {.g = g};

	conf_me(g->conf, r.me, sizeof(r.me));
	path_join(r.tests, g->conf, "access-tests");
	hold_signals(SIG_BLOCK);
	if (stage_make(&r.stage, g->conf, g->table, g->map) == -1) {
		fprintf(stderr, "%s: %s: %s: %s\n", g->program, g->name,
		    r.stage.dir, strerror(errno));
		r.failed = true;
	} else {
		try_all(&r);
		stage_remove(&r.stage);
	}
	if (r.doubtful)
		fprintf(stderr,
		    "%s: %s: not counted, for %s is missing or damaged\n",
		    g->program, g->name, r.stage.lacking);
	hold_signals(SIG_UNBLOCK);
	return !r.failed;
}
