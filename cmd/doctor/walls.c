/*
 * What stands around each running program, as /proc tells it: see walls.h.
 * Whose a process is, the sockets tell, and its root that of smtpd.
 */
#include <dirent.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor.h"
#include "peer.h"
#include "walls.h"

#define PROCESSES 8192
#define CALLER    ((uint64_t)1 << CAP_SETUID | (uint64_t)1 << CAP_SETGID)

/* root: the folder of run/ that it is shut in. */
static const struct program {
	const char *name, *root;
	bool keeps_root, runs_others;
} programs[] = {
    {"smtpd", "smtpd", false, false},
    {"remote", "empty", false, false},
    {"access", NULL, false, false},
    {"inject", NULL, false, false},
    {"qmgr", NULL, false, false},
    {"bounce", NULL, false, false},
    {"lspawn", NULL, true, true},
    {"local", NULL, false, true},
};
#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

struct process {
	pid_t pid, parent;
	const struct program *program;
	unsigned uid;
	uint64_t caps;
	bool quiet, filtered; /* no_new_privs, seccomp */
	bool ours;
};

struct processes {
	size_t count;
	struct process list[PROCESSES];
};

/* --- /proc ---------------------------------------------------------------- */

static FILE *
open_proc(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fopen(path, "re");
}

static const struct program *
named(const char *name)
{
	size_t i;

	for (i = 0; i < PROGRAMS; i++)
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	return NULL;
}

static void
take_line(struct process *p, const char *line)
{
	char name[32];
	unsigned n;
	unsigned long long caps;

	if (sscanf(line, "Name: %31s", name) == 1)
		p->program = named(name);
	else if (sscanf(line, "PPid: %u", &n) == 1)
		p->parent = (pid_t)n;
	else if (sscanf(line, "Uid: %*u %u", &n) == 1)
		p->uid = n;
	else if (sscanf(line, "CapPrm: %llx", &caps) == 1)
		p->caps = caps;
	else if (sscanf(line, "NoNewPrivs: %u", &n) == 1)
		p->quiet = n == 1;
	else if (sscanf(line, "Seccomp: %u", &n) == 1)
		p->filtered = n == 2;
}

/* One that is none of our programs, or gone: false. */
static bool
look(struct process *p, pid_t pid)
{
	FILE *status = open_proc(pid, "status");
	char line[256];

	memset(p, 0, sizeof(*p));
	p->pid = pid;
	if (status == NULL)
		return false;
	while (fgets(line, sizeof(line), status) != NULL)
		take_line(p, line);
	fclose(status);
	return p->program != NULL;
}

static void
look_at_all(struct processes *all)
{
	const struct dirent *e;
	const char *why;
	DIR *proc = opendir("/proc");
	pid_t pid;

	while (proc != NULL && (e = readdir(proc)) != NULL) {
		pid = (pid_t)strtonum(e->d_name, 1, INT32_MAX, &why);
		if (why == NULL && all->count < PROCESSES &&
		    look(&all->list[all->count], pid))
			all->count++;
	}
	if (proc != NULL)
		closedir(proc);
}

/* "" if whoever asks may not know. */
static void
root_of(pid_t pid, char root[PATH_SIZE])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/root", (int)pid);
	n = readlink(path, root, PATH_SIZE - 1);
	root[n > 0 ? n : 0] = '\0';
}

static bool
is_shut_in(const struct doctor *d, pid_t pid, const char *name)
{
	char root[PATH_SIZE], path[PATH_SIZE], real[PATH_MAX];

	root_of(pid, root);
	path_join(path, d->paths.run, name);
	return realpath(path, real) != NULL && strcmp(root, real) == 0;
}

/* The most of data in bytes, or "unlimited"; "" if it cannot be told. */
static void
data_of(pid_t pid, char most[32])
{
	FILE *limits = open_proc(pid, "limits");
	char line[256];

	*most = '\0';
	while (limits != NULL && fgets(line, sizeof(line), limits) != NULL)
		if (sscanf(line, "Max data size %*s %31s", most) == 1)
			break;
	if (limits != NULL)
		fclose(limits);
}

/* --- whose they are ------------------------------------------------------- */

static pid_t
listener(const struct doctor *d, const char *name)
{
	struct ucred cred = {0};
	socklen_t len = sizeof(cred);
	char path[PATH_SIZE];
	int fd;

	path_socket(path, &d->paths, name);
	if ((fd = peer_connect(path)) == -1)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		cred.pid = 0;
	close(fd);
	return cred.pid;
}

static bool
is_child(const struct processes *all, const struct process *p)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (all->list[i].pid == p->parent && all->list[i].ours)
			return true;
	return false;
}

static void
find_ours(const struct doctor *d, struct processes *all)
{
	pid_t pids[PROGRAMS];
	struct process *p;
	bool more = true;
	size_t i;

	for (i = 0; i < PROGRAMS; i++)
		pids[i] = listener(d, programs[i].name);
	for (i = 0; i < all->count; i++) {
		p = &all->list[i];
		p->ours = pids[p->program - programs] == p->pid ||
			  (p->program == &programs[0] &&
			      is_shut_in(d, p->pid, p->program->root));
	}
	while (more)
		for (more = false, i = 0; i < all->count; i++)
			if (!all->list[i].ours && is_child(all, &all->list[i]))
				more = all->list[i].ours = true;
}

/* --- judgement ------------------------------------------------------------ */

static void
judge_user(struct doctor *d, const struct process *p)
{
	const char *name = p->program->name;
	uint64_t allowed =
	    p->program->keeps_root ? CALLER | (uint64_t)1 << CAP_KILL : 0;

	if (p->uid == 0 && !p->program->keeps_root)
		doctor_error(d, "%s (pid %d): runs as root", name, (int)p->pid);
	if ((p->caps & ~allowed) != 0)
		doctor_error(d, "%s (pid %d): has capabilities %llx", name,
		    (int)p->pid, (unsigned long long)p->caps);
	if (geteuid() == 0 && p->program->root != NULL &&
	    !is_shut_in(d, p->pid, p->program->root))
		doctor_error(d, "%s (pid %d): is not shut in %s/%s", name,
		    (int)p->pid, d->paths.run, p->program->root);
}

static void
judge(struct doctor *d, const struct process *p)
{
	const char *name = p->program->name;
	char data[32];

	if (!d->own)
		judge_user(d, p);
	if (!p->quiet && !p->program->keeps_root)
		doctor_error(d,
		    "%s (pid %d): could gain privilege by a set-id "
		    "program: no no_new_privs",
		    name, (int)p->pid);
	if (WALLS_SANITIZED)
		return;
	if (!p->filtered && !p->program->runs_others &&
	    prctl(PR_GET_SECCOMP) != -1)
		doctor_error(d,
		    "%s (pid %d): may make any system call: no "
		    "seccomp filter",
		    name, (int)p->pid);
	data_of(p->pid, data);
	if (!p->program->keeps_root && strcmp(data, "unlimited") == 0)
		doctor_error(d, "%s (pid %d): its memory has no limit", name,
		    (int)p->pid);
}

static void
tell(const struct process *p)
{
	char root[PATH_SIZE], data[32];

	root_of(p->pid, root);
	data_of(p->pid, data);
	printf("%s (pid %d): uid %u, root %s, capabilities %llx%s%s, data %s\n",
	    p->program->name, (int)p->pid, p->uid,
	    *root != '\0' ? root : "not told", (unsigned long long)p->caps,
	    p->quiet ? ", no_new_privs" : "", p->filtered ? ", seccomp" : "",
	    data);
}

/* Landlock is not to be seen in /proc; the programs end if it fails. */
static void
check_kernel(struct doctor *d)
{
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 2)
		doctor_warning(d, "kernel: no Landlock, so the programs reach "
				  "whatever file modes allow");
	if (prctl(PR_GET_SECCOMP) == -1)
		doctor_warning(d, "kernel: no seccomp");
}

void
check_walls(struct doctor *d)
{
	static struct processes all;
	size_t i;

	check_kernel(d);
	all.count = 0;
	look_at_all(&all);
	find_ours(d, &all);
	for (i = 0; i < all.count; i++) {
		if (!all.list[i].ours)
			continue;
		judge(d, &all.list[i]);
		if (d->verbose)
			tell(&all.list[i]);
	}
}
