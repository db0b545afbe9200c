#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "drop.h"
#include "paths.h"
#include "walls.h"

static char top[] = "/tmp/walls.XXXXXX";
static struct paths paths;

/* What a process behind the walls gets: 0 or errno, of a try. */
static int
behind(const struct walls *w, int (*try)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid != -1);
	if (pid == 0) {
		drop_root("nobody", NULL);
		walls_raise(w, &paths);
		errno = 0;
		_exit(try() == -1 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
opens(const char *dir, const char *name, int flags)
{
	char path[PATH_SIZE];

	path_join(path, dir, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static int
read_conf(void)
{
	return opens(paths.conf, "file", O_RDONLY);
}

static int
write_conf(void)
{
	return opens(paths.conf, "file", O_RDWR);
}

static int
make_in_conf(void)
{
	return opens(paths.conf, "new", O_WRONLY | O_CREAT);
}

static int
read_queue(void)
{
	return opens(paths.queue, "file", O_RDONLY);
}

static int
make_in_queue(void)
{
	return opens(paths.queue, "new", O_RDWR | O_CREAT);
}

/* From one folder to another. */
static int
move_in_queue(void)
{
	char from[PATH_SIZE], to[PATH_SIZE];

	path_join(from, paths.queue, "new");
	path_join(to, paths.queue, "below/new");
	return rename(from, to);
}

static int
read_passwd(void)
{
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int
execs(void)
{
	return (int)syscall(SYS_execve, "/nowhere", NULL, NULL);
}

static int
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static int
cuts(void)
{
	char path[PATH_SIZE];

	path_join(path, paths.conf, "file");
	return truncate(path, 0);
}

static int
inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
local(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
packet(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int
traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 ? -1 : 0;
}

static int
becomes(void)
{
	return setuid(getuid());
}

static int
listens(void)
{
	return listen(inet(), 1);
}

static int
binds(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET};

	return bind(inet(), (struct sockaddr *)&any, sizeof(any));
}

static int
connects(void)
{
	struct sockaddr_in one = {.sin_family = AF_INET, .sin_port = htons(1)};

	one.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(inet(), (struct sockaddr *)&one, sizeof(one));
}

static int
takes_memory(void)
{
	void *p = mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	/* cppcheck-suppress memleak ; the process ends with it */
	return p == MAP_FAILED ? -1 : 0;
}

/* --------------------------------------------------------------------------
 */

static const struct walls nothing = {.program = "test", .memory = 1 << 28};
static const struct walls all = {
    .program = "test",
    .may = WALLS_FORK | WALLS_NET | WALLS_UNIX | WALLS_MAPS,
    .reads = {"conf", "/nowhere"},
    .writes = {"queue"},
};

static int
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 4;
}

static void
test_files_are_what_the_table_names(void **state)
{
	(void)state;
	if (!has_landlock())
		return;
	assert_int_equal(behind(&all, read_conf), 0);
	assert_int_equal(behind(&all, write_conf), EACCES);
	assert_int_equal(behind(&all, make_in_conf), EACCES);
	assert_int_equal(behind(&all, read_queue), 0);
	assert_int_equal(behind(&all, make_in_queue), 0);
	assert_int_equal(behind(&all, move_in_queue), 0);
	if (!WALLS_SANITIZED) {
		assert_int_equal(behind(&all, read_passwd), EACCES);
		assert_int_equal(behind(&nothing, read_conf), EACCES);
	}
	assert_int_equal(behind(&nothing, make_in_queue), EACCES);
}

static void
test_calls_that_nobody_needs_are_denied(void **state)
{
	(void)state;
	if (WALLS_SANITIZED)
		return;
	assert_int_equal(behind(&all, execs), EPERM);
	assert_int_equal(behind(&all, traces), EPERM);
	assert_int_equal(behind(&all, becomes), EPERM);
	assert_int_equal(behind(&all, listens), EPERM);
	assert_int_equal(behind(&all, packet), EPERM);
	assert_int_equal(behind(&all, cuts), EPERM);
}

static void
test_sockets_and_processes_are_what_it_may(void **state)
{
	struct walls ports = all;
	static const uint16_t dns[] = {53, 0}, one[] = {1, 0};

	(void)state;
	if (WALLS_SANITIZED)
		return;
	assert_int_equal(behind(&all, forks), 0);
	assert_int_equal(behind(&all, inet), 0);
	assert_int_equal(behind(&all, local), 0);
	assert_int_equal(behind(&nothing, netlink), 0);
	assert_int_equal(behind(&nothing, forks), EPERM);
	assert_int_equal(behind(&nothing, inet), EPERM);
	assert_int_equal(behind(&nothing, local), EPERM);
	if (!has_landlock())
		return;
	assert_int_equal(behind(&all, binds), EACCES);
	assert_int_equal(behind(&all, connects), ECONNREFUSED);
	ports.ports = dns;
	assert_int_equal(behind(&ports, connects), EACCES);
	ports.ports = one;
	assert_int_equal(behind(&ports, connects), ECONNREFUSED);
}

static void
test_memory_has_an_end(void **state)
{
	(void)state;
	if (WALLS_SANITIZED)
		return;
	assert_int_equal(behind(&nothing, takes_memory), ENOMEM);
	assert_int_equal(behind(&all, takes_memory), 0);
}

/* Else nothing above would tell of a wall. */
static void
test_without_walls_all_of_it_works(void **state)
{
	(void)state;
	assert_int_equal(close(read_passwd()), 0);
	assert_int_equal(execs(), -1);
	assert_int_equal(errno, ENOENT);
	assert_true(forks() > 0);
	assert_int_equal(close(inet()), 0);
	assert_int_equal(becomes(), 0);
	assert_int_equal(binds(), 0);
	assert_int_equal(cuts(), 0);
	assert_int_equal(takes_memory(), 0);
}

/* --------------------------------------------------------------------------
 */

static void
make(char out[PATH_SIZE], const char *name)
{
	int fd;

	path_join(out, top, name);
	assert_int_equal(mkdir(out, 0777), 0);
	assert_int_equal(chmod(out, 0777), 0);
	fd = opens(out, "file", O_WRONLY | O_CREAT);
	assert_int_equal(fchmod(fd, 0666), 0);
	close(fd);
}

static int
set_up(void **state)
{
	char below[PATH_SIZE];

	(void)state;
	if (mkdtemp(top) == NULL || chmod(top, 0755) == -1)
		return -1;
	make(paths.conf, "c");
	make(paths.queue, "q");
	make(below, "q/below");
	(void)strlcpy(paths.run, top, PATH_SIZE);
	(void)strlcpy(paths.mail, top, PATH_SIZE);
	return 0;
}

static void
take_away(const char *name)
{
	char path[PATH_SIZE];

	path_join(path, top, name);
	(void)remove(path);
}

static int
tear_down(void **state)
{
	(void)state;
	take_away("c/file");
	take_away("c/new");
	take_away("q/file");
	take_away("q/new");
	take_away("q/below/file");
	take_away("q/below/new");
	take_away("q/below");
	take_away("q");
	take_away("c");
	return rmdir(top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files_are_what_the_table_names),
	    cmocka_unit_test(test_calls_that_nobody_needs_are_denied),
	    cmocka_unit_test(test_sockets_and_processes_are_what_it_may),
	    cmocka_unit_test(test_memory_has_an_end),
	    cmocka_unit_test(test_without_walls_all_of_it_works),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
