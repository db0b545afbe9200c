#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "walls.h"

/*
 * Landlock as of its version 6, by hand: the headers that a program is built
 * with are often older than the kernel that it runs on.
 */
struct rules {
	uint64_t files, ports, scopes;
};

struct below {
	uint64_t allowed;
	int32_t folder;
} __attribute__((packed));

struct port {
	uint64_t allowed, port;
};

enum { ASK_VERSION = 1, RULE_BELOW = 1, RULE_PORT = 2 };

#define BIT(n)  ((uint64_t)1 << (n))
#define EXECUTE BIT(0)
#define READ    (BIT(2) | BIT(3)) /* files, folders */
#define ON_FILE (EXECUTE | BIT(1) | BIT(2) | BIT(14) | BIT(15))
#define WRITE                                                                  \
	(BIT(1) | BIT(5) | BIT(8) | BIT(13) |                                  \
	    BIT(14)) /* write, remove, make, move, cut files */
#define CONNECT    BIT(1)
#define BIND       BIT(0)
#define ALL_SCOPES (BIT(0) | BIT(1)) /* abstract sockets, signals */
#define OLDEST     2 /* the first that can move files between folders */

/* What the kernel of that version can wall off. */
static struct rules
known(int version)
{
	struct rules r = {BIT(14) - 1, 0, 0};

	if (version >= 3)
		r.files |= BIT(14);
	if (version >= 4)
		r.ports = CONNECT | BIND;
	if (version >= 5)
		r.files |= BIT(15); /* ioctl of devices */
	if (version >= 6)
		r.scopes = ALL_SCOPES;
	return r;
}

static int
add_folder(int set, const char *path, uint64_t allowed)
{
	struct below rule = {.allowed = allowed};
	struct stat st;
	long r = -1;

	rule.folder = open(path, O_PATH | O_CLOEXEC);
	if (rule.folder == -1)
		/* cppcheck-suppress memleak ; nothing was opened */
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (fstat(rule.folder, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			rule.allowed &= ON_FILE;
		r = syscall(SYS_landlock_add_rule, set, RULE_BELOW, &rule, 0);
	}
	close(rule.folder);
	return (int)r;
}

static const char *
top_of(const char *name, size_t len, const struct paths *p)
{
	if (len == 4 && strncmp(name, "conf", len) == 0)
		return p->conf;
	if (len == 5 && strncmp(name, "queue", len) == 0)
		return p->queue;
	if (len == 3 && strncmp(name, "run", len) == 0)
		return p->run;
	return p->mail;
}

/* "queue/mess" is a folder of the installation. */
static void
find(char out[PATH_SIZE], const char *name, const struct paths *p)
{
	size_t len = strcspn(name, "/");
	const char *top = len == 0 ? "" : top_of(name, len, p);

	if (name[len] == '/')
		path_join(out, top, name + len + 1);
	else
		(void)strlcpy(out, top, PATH_SIZE);
}

static int
add_folders(int set, const char *const names[WALLS_FOLDERS],
    const struct paths *paths, uint64_t allowed)
{
	char path[PATH_SIZE];
	size_t i;

	for (i = 0; i < WALLS_FOLDERS && names[i] != NULL; i++) {
		find(path, names[i], paths);
		if (add_folder(set, path, allowed) == -1)
			return -1;
	}
	return 0;
}

static int
add_ports(int set, const uint16_t *ports)
{
	struct port rule = {.allowed = CONNECT};

	for (; *ports != 0; ports++) {
		rule.port = *ports;
		if (syscall(SYS_landlock_add_rule, set, RULE_PORT, &rule, 0) ==
		    -1)
			return -1;
	}
	return 0;
}

/* Where the test that tries every death says where to die, see crash.h. */
static int
add_crash(int set, const struct paths *paths, uint64_t files)
{
#ifdef CRASH
	char path[PATH_SIZE];

	path_join(path, paths->conf, "../crash");
	return add_folder(set, path, (READ | WRITE) & files);
#else
	(void)set;
	(void)paths;
	(void)files;
	return 0;
#endif
}

static int
build(int set, const struct walls *w, const struct paths *paths,
    const struct rules *r)
{
	if (add_folders(set, w->reads, paths, READ) == -1 ||
	    add_folders(set, w->writes, paths, (READ | WRITE) & r->files) == -1)
		return -1;
	if (add_crash(set, paths, r->files) == -1)
		return -1;
	if (WALLS_SANITIZED && add_folder(set, "/", READ | EXECUTE) == -1)
		return -1;
	if ((r->ports & CONNECT) != 0 && w->ports != NULL &&
	    add_ports(set, w->ports) == -1)
		return -1;
	return (int)syscall(SYS_landlock_restrict_self, set, 0);
}

int
walls_files(const struct walls *w, const struct paths *paths)
{
	long version =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	struct rules r;
	int set, error, done;

	if (version == -1)
		return -1;
	if (version < OLDEST) {
		errno = ENOSYS;
		return -1;
	}
	r = known((int)version);
	if (w->ports == NULL && (w->may & WALLS_NET) != 0)
		r.ports &= ~CONNECT;
	set = (int)syscall(SYS_landlock_create_ruleset, &r,
	    version < 4   ? offsetof(struct rules, ports)
	    : version < 6 ? offsetof(struct rules, scopes)
			  : sizeof(r),
	    0);
	if (set == -1)
		return -1;
	done = build(set, w, paths, &r);
	error = errno;
	close(set);
	errno = error;
	return done;
}
