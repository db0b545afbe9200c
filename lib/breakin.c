#include "breakin.h"

#ifdef BREAKIN

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "log.h"
#include "peer.h"

static struct {
	const char *program;
	struct paths paths;
} self;

static int
opens(const char *top, const char *name, int flags)
{
	char path[PATH_SIZE];
	int fd;

	path_join(path, top, name);
	if ((fd = open(path, flags | O_CLOEXEC, 0600)) == -1)
		return -1;
	close(fd);
	if ((flags & O_CREAT) != 0)
		(void)unlink(path);
	return 0;
}

static int
read_queue(void)
{
	return opens(self.paths.queue, "mess", O_RDONLY | O_DIRECTORY);
}

static int
write_queue(void)
{
	return opens(self.paths.queue, "mess/breakin", O_WRONLY | O_CREAT);
}

static int
read_state(void)
{
	return opens(self.paths.queue, "state", O_RDONLY | O_DIRECTORY);
}

static int
write_state(void)
{
	return opens(self.paths.queue, "state/breakin", O_WRONLY | O_CREAT);
}

static int
read_map(void)
{
	return opens(self.paths.conf, "mailboxes.cdb", O_RDONLY);
}

static int
write_map(void)
{
	return opens(self.paths.conf, "breakin.cdb", O_WRONLY | O_CREAT);
}

static int
read_mailbox(void)
{
	return opens(self.paths.mail, "other/inbox", O_RDONLY);
}

static int
read_passwd(void)
{
	return opens("/etc", "passwd", O_RDONLY);
}

/* A program of its own making; it is none, so nothing ends if it may. */
static int
execs(void)
{
	char *none[] = {NULL};
	int fd = memfd_create("breakin", 0), r;

	if (fd == -1 || write(fd, "x", 1) != 1)
		return -1;
	r = (int)syscall(SYS_execveat, fd, "", none, none, AT_EMPTY_PATH);
	close(fd);
	return r;
}

static int
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid == -1 ? -1 : 0;
}

static int
connects(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(1)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	if (fd == -1)
		return -1;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r = connect(fd, (struct sockaddr *)&sin, sizeof(sin));
	close(fd);
	return r;
}

static int
listens(void)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return -1;
	r = listen(pair[0], 1);
	close(pair[0]);
	close(pair[1]);
	return r;
}

/* Does it answer? */
static int
asks(const char *program, const char *question)
{
	static const struct timeval patience = {1, 0};
	char path[PATH_SIZE], byte;
	ssize_t got;
	int fd;

	path_socket(path, &self.paths, program);
	if ((fd = peer_connect(path)) == -1)
		return -1;
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)send(fd, question, strlen(question), MSG_NOSIGNAL);
	got = recv(fd, &byte, 1, 0);
	close(fd);
	if (got == 0)
		errno = ECONNRESET;
	return got == 1 ? 0 : -1;
}

static int
asks_lspawn(void)
{
	return asks("lspawn", "request=owner\nuser=demo\n\n");
}

static int
asks_bounce(void)
{
	return asks("bounce", "request=nonsense\n\n");
}

static int
traces(void)
{
	return ptrace(PTRACE_PEEKDATA, getpid(), 0, 0) == -1 ? -1 : 0;
}

static int
mounts(void)
{
	return mount("none", "/", "breakin", 0, NULL);
}

static int
unshares(void)
{
	return (int)syscall(SYS_unshare, 0);
}

static int
looks_for_keys(void)
{
	return syscall(SYS_keyctl, 0, -4, 1) == -1 ? -1 : 0;
}

static int
becomes(void)
{
	return setuid(getuid());
}

static int
becomes_root(void)
{
	return setegid(0);
}

static int
takes_memory(void)
{
	size_t most = (size_t)1 << 38;
	void *p = mmap(NULL, most, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	munmap(p, most);
	return 0;
}

/* reached: an error that a wall does not make. */
static const struct {
	const char *name;
	int (*try)(void);
	int reached;
} tries[] = {
    {"read-queue", read_queue, 0},
    {"write-queue", write_queue, 0},
    {"read-state", read_state, 0},
    {"write-state", write_state, 0},
    {"read-map", read_map, 0},
    {"write-map", write_map, 0},
    {"read-mailbox", read_mailbox, 0},
    {"read-passwd", read_passwd, 0},
    {"exec", execs, ENOEXEC},
    {"fork", forks, 0},
    {"connect", connects, ECONNREFUSED},
    {"listen", listens, EINVAL},
    {"ask-lspawn", asks_lspawn, 0},
    {"ask-bounce", asks_bounce, 0},
    {"ptrace", traces, ESRCH},
    {"mount", mounts, ENODEV},
    {"unshare", unshares, 0},
    {"keys", looks_for_keys, ENOKEY},
    {"setuid", becomes, 0},
    {"root", becomes_root, 0},
    {"memory", takes_memory, 0},
};

static void
try_all(int sig)
{
	const char *pid = log_number((long long)getpid());
	int before = errno;
	size_t i;
	bool done;

	(void)sig;
	for (i = 0; i < sizeof(tries) / sizeof(*tries); i++) {
		done = tries[i].try() == 0 || errno == tries[i].reached;
		log_event("breakin", "program", self.program, "pid", pid, "try",
		    tries[i].name, "result",
		    done ? "done" : strerrorname_np(errno), NULL);
	}
	log_event(
	    "breakin", "program", self.program, "pid", pid, "try", "end", NULL);
	errno = before;
}

void
breakin_arm(const char *program, const struct paths *paths)
{
	struct sigaction act = {.sa_handler = try_all, .sa_flags = SA_RESTART};

	self.program = program;
	if (paths != NULL)
		self.paths = *paths;
	else if (self.paths.conf[0] == '\0')
		paths_find(&self.paths);
	(void)sigaction(SIGUSR2, &act, NULL);
}

#endif
