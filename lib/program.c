#include "program.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "exits.h"
#include "mbox.h"
#include "words.h"

#define SEARCH "PATH=/usr/local/bin:/usr/bin:/bin"
#define SHELL  "/bin/sh"
#define VALUE  1024

/* --- judgement -------------------------------------------------------------
 */

/* sysexits(3), and qmail's 99, 100 and 111; any other number is 5.3.0. */
static const struct {
	int code;
	enum fate_class class;
	const char *status;
} codes[] = {
    {EX_OK, FATE_DONE, "2.0.0"},
    {99, FATE_DONE, "2.0.0"},
    {EX_TEMPFAIL, FATE_DEFERRED, "4.3.0"},
    {EX_OSERR, FATE_DEFERRED, "4.3.0"},
    {EX_IOERR, FATE_DEFERRED, "4.3.0"},
    {EXIT_TEMP, FATE_DEFERRED, "4.3.0"},
    {EX_DATAERR, FATE_FAILED, "5.6.0"},
    {EX_NOUSER, FATE_FAILED, "5.1.1"},
    {EX_NOHOST, FATE_FAILED, "5.1.2"},
    {EX_CANTCREAT, FATE_FAILED, "5.2.0"},
    {EX_NOPERM, FATE_FAILED, "5.7.0"},
    {EX_CONFIG, FATE_FAILED, "5.3.5"},
};

/* The first line that is not empty. */
static void
first_line(const char *output, char *out, size_t size)
{
	output += strspn(output, " \t\r\n");
	(void)snprintf(out, size, "%.*s", (int)strcspn(output, "\r\n"), output);
}

void
program_judge(int status, const char *output, struct fate *f)
{
	char line[256];
	size_t i;
	int code;

	first_line(output, line, sizeof(line));
	if (!WIFEXITED(status)) {
		fate_set(f, FATE_DEFERRED, "4.3.0",
		    "program ended by signal %d%s%s", WTERMSIG(status),
		    *line != '\0' ? ": " : "", line);
		return;
	}
	code = WEXITSTATUS(status);
	for (i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].code == code)
			break;
	if (i < sizeof(codes) / sizeof(*codes))
		fate_set(f, codes[i].class, codes[i].status,
		    "program exit %d%s%s", code, *line != '\0' ? ": " : "",
		    line);
	else
		fate_set(f, FATE_FAILED, "5.3.0", "program exit %d%s%s", code,
		    *line != '\0' ? ": " : "", line);
}

void
program_tame(char *out, size_t size, const char *text)
{
	size_t i;

	(void)strlcpy(out, text, size);
	if (*out == '-') /* would be an option where it stands alone */
		*out = '_';
	for (i = 0; out[i] != '\0'; i++)
		if (!(out[i] >= 'a' && out[i] <= 'z') &&
		    !(out[i] >= 'A' && out[i] <= 'Z') &&
		    !(out[i] >= '0' && out[i] <= '9') &&
		    strchr("!@%-_=+:,./", out[i]) == NULL)
			out[i] = '_';
}

/* --- in the child ----------------------------------------------------------
 */

static char *
variable(const char *name, const char *value)
{
	char *v;

	if (asprintf(&v, "%s=%s", name, value) == -1)
		_exit(EXIT_TEMP);
	return v;
}

static char *
tamed(const char *name, const struct letter *l, const char *field)
{
	char value[VALUE];

	program_tame(value, sizeof(value), record_text(&l->record, field));
	return variable(name, value);
}

static void
limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) == -1)
		_exit(EXIT_TEMP);
	if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
		now.rlim_cur = now.rlim_max = most;
	if (setrlimit(resource, &now) == -1)
		_exit(EXIT_TEMP);
}

/* Its words say why on our standard error, which is the program's. */
static void
become(const struct program *p, char *const *words, char *env[])
{
	if (p->shell)
		(void)execle(SHELL, "sh", "-c", p->command, (char *)NULL, env);
	environ = env; /* where execvp finds PATH */
	if (!p->shell)
		(void)execvp(words[0], words);
	warn("%s", p->shell ? SHELL : words[0]);
	_exit(EXIT_TEMP);
}

static void
run(const struct program *p, char *const *words, const struct letter *l, int in,
    int out)
{
	char search[] = SEARCH, shell[] = "SHELL=" SHELL;
	const char *instance = getenv("POSTERN");
	char *env[10] = {search, shell};
	size_t n = 2;

	env[n++] = variable("HOME", p->home);
	env[n++] = variable("USER", p->account);
	env[n++] = variable("LOGNAME", p->account);
	env[n++] = tamed("SENDER", l, "sender");
	env[n++] = tamed("RECIPIENT", l, "recipient");
	env[n++] = tamed("EXTENSION", l, "extension");
	if (instance != NULL)
		env[n++] = variable("POSTERN", instance);
	env[n] = NULL;
	(void)setpgid(0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1 ||
	    dup2(out, STDERR_FILENO) == -1)
		_exit(EXIT_TEMP);
	closefrom(STDERR_FILENO + 1);
	if (chdir(p->home) == -1 && chdir("/") == -1)
		_exit(EXIT_TEMP);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, p->seconds);
	limit(RLIMIT_DATA, PROGRAM_DATA);
	become(p, words, env);
}

/* --- its standard input ----------------------------------------------------
 */

/*
 * The whole letter in a file without a name: a program that does not read is
 * then nothing to wait for.
 */
static int
make_input(const struct letter *l)
{
	char from[MBOX_FROM], *head;
	int fd = memfd_create("letter", MFD_CLOEXEC), r;
	size_t n;

	if (fd == -1)
		return -1;
	n = mbox_from(from, record_text(&l->record, "sender"), time(NULL));
	head = letter_head(l, true);
	r = letter_to_fd(from, n, &fd);
	if (r == 0)
		r = letter_to_fd(head, strlen(head), &fd);
	free(head);
	if (r == 0)
		r = letter_read(l, letter_to_fd, &fd);
	if (r == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* --- waiting ---------------------------------------------------------------
 */

struct watch {
	struct pollfd set[2]; /* its output, its end */
	time_t deadline;
	size_t len;
	char output[PROGRAM_OUTPUT + 1];
};

static time_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* What it says; beyond the limit it is read and thrown away. */
static void
listen_to(struct watch *w)
{
	char rest[PROGRAM_OUTPUT];
	size_t room = PROGRAM_OUTPUT - w->len;
	ssize_t got;

	if (room > 0)
		got = read(w->set[0].fd, w->output + w->len, room);
	else
		got = read(w->set[0].fd, rest, sizeof(rest));
	if (got > 0 && room > 0)
		w->len += (size_t)got;
	else if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR))
		w->set[0].fd = -1;
}

/* 1 it ended; 0 it takes too long. */
static int
watch(struct watch *w)
{
	time_t left;

	for (;;) {
		if ((left = w->deadline - now()) <= 0)
			return 0;
		if (poll(w->set, 2, (int)left * 1000) == -1 && errno != EINTR)
			return 0;
		if (w->set[0].fd != -1 && w->set[0].revents != 0)
			listen_to(w);
		if ((w->set[1].revents & POLLIN) != 0)
			break;
		w->set[0].revents = w->set[1].revents = 0;
	}
	if (w->set[0].fd != -1) /* last words, as far as the pipe has them */
		listen_to(w);
	return 1;
}

/* Wait for the end of it, and make an end of what it leaves behind. */
static void
attend(const struct program *p, pid_t pid, int out, struct fate *f)
{
	struct watch w = {.deadline = now() + p->seconds};
	int status = 0, ended;

	w.set[0] = (struct pollfd){out, POLLIN, 0};
	w.set[1] = (struct pollfd){pidfd_open(pid, 0), POLLIN, 0};
	ended = w.set[1].fd != -1 && watch(&w);
	(void)kill(-pid, SIGKILL);
	if (!ended)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (w.set[1].fd != -1)
		close(w.set[1].fd);
	w.output[w.len] = '\0';
	if (ended)
		program_judge(status, w.output, f);
	else
		fate_set(f, FATE_DEFERRED, "4.3.0",
		    "program takes longer than %u seconds", p->seconds);
}

static void
start(const struct program *p, char *const *words, const struct letter *l,
    struct fate *f)
{
	int in = make_input(l), out[2];
	pid_t pid;

	if (in == -1) {
		fate_errno(f, "letter for a program");
		return;
	}
	if (pipe2(out, O_CLOEXEC | O_NONBLOCK) == -1) {
		fate_errno(f, "pipe");
		close(in);
		return;
	}
	/* The program gets a blocking end, as programs expect. */
	(void)fcntl(out[1], F_SETFL, 0);
	if ((pid = fork()) == 0)
		run(p, words, l, in, out[1]);
	close(in);
	close(out[1]);
	if (pid == -1) {
		fate_errno(f, "fork");
	} else {
		(void)setpgid(pid, pid);
		attend(p, pid, out[0], f);
	}
	close(out[0]);
}

void
program_run(const struct program *p, const struct letter *l, struct fate *f)
{
	struct words words = {0};
	const char *why = p->shell ? NULL : words_split(p->command, &words);

	if (why != NULL)
		fate_set(f, FATE_DEFERRED, "4.3.5", "|%s: %s", p->command, why);
	else
		start(p, words.list, l, f);
	words_free(&words);
}
