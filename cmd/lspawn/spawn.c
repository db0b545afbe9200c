#include "spawn.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drop.h"
#include "exits.h"
#include "log.h"

#define FILES  256 /* descriptors, for local and the programs it runs */
#define WAIT   10  /* seconds until local must have begun */
#define SEARCH "PATH=/usr/local/bin:/usr/bin:/bin"

void
spawn_init(struct spawn *s, const char *program)
{
	const struct group *gr = getgrnam("mail");
	char self[PATH_SIZE];
	char *slash;
	ssize_t len;

	s->mail = gr != NULL ? gr->gr_gid : (gid_t)-1;
	if (gr == NULL && geteuid() == 0)
		log_event("trouble", "reason", "there is no group mail", NULL);
	if (program == NULL) {
		len = readlink("/proc/self/exe", self, sizeof(self) - 1);
		self[len > 0 ? len : 0] = '\0';
		if ((slash = strrchr(self, '/')) != NULL)
			*slash = '\0';
		path_join(s->program, self, "local");
		if (access(s->program, X_OK) == 0)
			return;
		program = LIBEXECDIR "/local";
	}
	if (strlcpy(s->program, program, PATH_SIZE) >= PATH_SIZE)
		errx(EXIT_PERM, "%s: too long", program);
}

/* --- in the child ----------------------------------------------------------
 */

/* Tell the parent which step failed, and end. */
static void
give_up(int report, const char *step)
{
	(void)dprintf(report, "%s: %s", step, strerror(errno));
	_exit(EXIT_TEMP);
}

/*
 * Every id the account's, but the effective group mail's, which local keeps for
 * its spool file.  no_new_privs must wait until after exec, which would take
 * that group away: local sets it first thing.
 */
static void
become(const struct spawn *s, const struct passwd *pw, int report)
{
	gid_t gid = s->mail != (gid_t)-1 ? s->mail : pw->pw_gid;
	uid_t real, effective, saved;

	if (initgroups(pw->pw_name, pw->pw_gid) == -1)
		give_up(report, "initgroups");
	if (setresgid(pw->pw_gid, gid, gid) == -1)
		give_up(report, "setresgid");
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		give_up(report, "setresuid");
	errno = EPERM;
	if (getresuid(&real, &effective, &saved) == -1 || real != pw->pw_uid ||
	    effective != pw->pw_uid || saved != pw->pw_uid || setuid(0) == 0 ||
	    seteuid(0) == 0)
		give_up(report, "no longer root");
}

static void
set_files(int fd, int report)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(fd, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		give_up(report, "dup2");
	/* All that is above standard error ends with exec, report too. */
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == -1)
		give_up(report, "close_range");
}

static void
set_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static char *
variable(const char *name, const char *value)
{
	char *v;

	if (asprintf(&v, "%s=%s", name, value) == -1)
		_exit(EXIT_TEMP);
	return v;
}

static void
child(const struct spawn *s, const struct passwd *pw, int fd, int report)
{
	char program[] = "local", serve[] = "-d", user[] = "-u", all[] = "-a";
	char search[] = SEARCH;
	char *argv[] = {program, serve, user, pw->pw_name, NULL, NULL};
	char *env[6] = {search};
	const char *instance = getenv("POSTERN");
	size_t n = 1;

	env[n++] = variable("HOME", pw->pw_dir);
	env[n++] = variable("USER", pw->pw_name);
	env[n++] = variable("LOGNAME", pw->pw_name);
	if (instance != NULL)
		env[n++] = variable("POSTERN", instance);
	env[n] = NULL;
	if (strcmp(pw->pw_name, s->steward) == 0)
		argv[4] = all;
	set_signals();
	set_files(fd, report);
	drop_limits(0, FILES);
	if (geteuid() == 0)
		become(s, pw, report);
	umask(077);
	/* Not the home: a folder that hangs would hang our parent too. */
	if (chdir("/") == -1)
		give_up(report, "chdir /");
	execve(s->program, argv, env);
	give_up(report, s->program);
}

/* --- in the parent ---------------------------------------------------------
 */

/* The child's words if a step failed; exec closes the pipe without any. */
static bool
started(int report, pid_t pid, struct fate *f, const char *account)
{
	struct pollfd p = {.fd = report, .events = POLLIN};
	char why[256] = "takes too long";
	ssize_t len = (ssize_t)strlen(why);

	if (poll(&p, 1, WAIT * 1000) == 1)
		len = read(report, why, sizeof(why) - 1);
	else
		(void)kill(pid, SIGKILL);
	if (len <= 0)
		return true;
	why[len] = '\0';
	fate_set(f, FATE_DEFERRED, "4.3.0", "local for %s: %s", account, why);
	return false;
}

static int
open_ends(int pair[2], int report[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	if (pipe2(report, O_CLOEXEC) == -1) {
		close(pair[0]);
		close(pair[1]);
		return -1;
	}
	return 0;
}

int
spawn_local(
    const struct spawn *s, const struct passwd *pw, pid_t *pid, struct fate *f)
{
	int pair[2], report[2];

	if (open_ends(pair, report) == -1) {
		fate_errno(f, "socketpair");
		return -1;
	}
	if ((*pid = fork()) == 0)
		child(s, pw, pair[1], report[1]);
	close(pair[1]);
	close(report[1]);
	if (*pid == -1)
		fate_errno(f, "fork");
	else if (started(report[0], *pid, f, pw->pw_name)) {
		close(report[0]);
		return pair[0];
	}
	close(report[0]);
	close(pair[0]);
	return -1;
}
