/*
 * lspawn and local together: qmgr's side is played here, through the sockets
 * they are meant for.  $BIN holds the programs; they are copied, since the
 * build may lie where only root may go.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "paths.h"
#include "peer.h"
#include "record.h"

static char folder[32];
static char account[128];
static char spool[PATH_SIZE], socket_path[PATH_SIZE], log_path[PATH_SIZE];
static pid_t lspawn;
static int client = -1;

static void
shell(const char *command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (chdir(folder) == 0)
			execl("/bin/sh", "sh", "-ec", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
start(void)
{
	char program[PATH_SIZE];

	path_join(program, folder, "bin/lspawn");
	path_join(log_path, folder, "log");
	if ((lspawn = fork()) == 0) {
		int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		dup2(fd, STDERR_FILENO);
		execl(program, "lspawn", (char *)NULL);
		_exit(127);
	}
	/* It listens, or it has ended. */
	while ((client = peer_connect(socket_path)) == -1) {
		assert_int_equal(waitpid(lspawn, NULL, WNOHANG), 0);
		usleep(1000);
	}
}

static int
setup(void **state)
{
	const struct passwd *pw = getpwuid(geteuid());
	struct paths paths;

	(void)state;
	if (getenv("BIN") == NULL)
		return -1;
	(void)strlcpy(account,
	    geteuid() == 0 ? "games"
	    : pw != NULL   ? pw->pw_name
			   : "?",
	    sizeof(account));
	(void)strlcpy(folder, "/tmp/lspawn.XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		return -1;
	shell("chmod 755 . && mkdir -p conf mail run/lspawn bin &&"
	      "cp \"$BIN/lspawn\" \"$BIN/local\" bin");
	if (geteuid() == 0)
		shell("chgrp mail mail && chmod 2775 mail");
	setenv("POSTERN", folder, 1);
	paths_find(&paths);
	path_socket(socket_path, &paths, "lspawn");
	path_join(spool, paths.mail, account);
	start();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (client != -1)
		close(client);
	client = -1;
	kill(lspawn, SIGTERM);
	waitpid(lspawn, NULL, 0);
	shell("rm -rf \"$POSTERN\"");
	return 0;
}

/* --- talking ---------------------------------------------------------------
 */

static void
say(int fd, const char *text)
{
	assert_int_equal(
	    send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Read one record; the descriptor that came along, or -1. */
static int
hear(int fd, struct record *r)
{
	char bytes[RECORD_QUESTION];
	int passed = -1, got;
	size_t len = 0;

	while (record_parse(r, bytes, len) <= 0) {
		assert_true(len < sizeof(bytes));
		assert_int_equal(peer_recv(fd, bytes + len, 1, &got), 1);
		if (got != -1)
			passed = got;
		len++;
	}
	return passed;
}

static int
ask(const char *question, struct record *answer)
{
	say(client, question);
	return hear(client, answer);
}

static int
spawn(void)
{
	struct record answer;
	char question[256];
	int fd;

	record_init(&answer, RECORD_QUESTION);
	(void)snprintf(
	    question, sizeof(question), "request=spawn\nowner=%s\n\n", account);
	fd = ask(question, &answer);
	assert_string_equal(record_text(&answer, "class"), "done");
	assert_int_not_equal(fd, -1);
	record_free(&answer);
	return fd;
}

static void
assert_answer(int fd, const char *id, const char *class)
{
	struct record r;

	record_init(&r, RECORD_QUESTION);
	assert_int_equal(hear(fd, &r), -1);
	assert_string_equal(record_text(&r, "id"), id);
	assert_string_equal(record_text(&r, "class"), class);
	record_free(&r);
}

static void
say_message(int fd, const char *id)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "id=%s\nsender=\nrecipient=r@x\nuser=%s\nsize=5\n\nbody\n", id,
	    account);
	say(fd, text);
}

static size_t
count(const char *file, const char *what)
{
	char text[262144], *at = text;
	int fd = open(file, O_RDONLY);
	ssize_t len;
	size_t n = 0;

	assert_int_not_equal(fd, -1);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	while ((at = strstr(at, what)) != NULL) {
		at += strlen(what);
		n++;
	}
	return n;
}

/* The pid of the local that was started last. */
static long
local_pid(void)
{
	char text[65536], *at, *next;
	int fd = open(log_path, O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[len > 0 ? len : 0] = '\0';
	assert_non_null(at = strstr(text, " pid="));
	while ((next = strstr(at + 1, " pid=")) != NULL)
		at = next;
	return strtol(at + 5, NULL, 10);
}

/* A line of /proc/PID/status, numbers parted by tabs. */
static void
assert_ids(long pid, const char *name, unsigned real, unsigned effective)
{
	char path[64], text[8192], want[64], *at;
	ssize_t len;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	fd = open(path, O_RDONLY);
	assert_int_not_equal(fd, -1);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	assert_non_null(at = strstr(text, name));
	(void)snprintf(
	    want, sizeof(want), "%s\t%u\t%u\t", name, real, effective);
	assert_memory_equal(at, want, strlen(want));
}

/* --- tests -----------------------------------------------------------------
 */

static void
test_letters_arrive_through_the_door(void **state)
{
	struct stat st;
	int fd = spawn(), file;

	(void)state;
	say_message(fd, "1");
	say_message(fd, "2");
	assert_answer(fd, "1", "done");
	assert_answer(fd, "2", "done");
	file = memfd_create("big", MFD_CLOEXEC);
	assert_int_equal(write(file, "big\n", 4), 4);
	assert_int_equal(peer_send(fd, "i", 1, file), 1);
	close(file);
	say(fd, "d=3\nsender=\nrecipient=r@x\nlength=4\n\n");
	assert_answer(fd, "3", "done");
	close(fd);
	assert_int_equal(count(spool, "From MAILER-DAEMON "), 3);
	assert_int_equal(count(spool, "\nbig\n"), 1);
	assert_int_equal(stat(spool, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	if (geteuid() == 0) {
		assert_int_equal(st.st_uid, getpwnam(account)->pw_uid);
		assert_int_equal(st.st_gid, getgrnam("mail")->gr_gid);
	}
}

static void
test_local_is_the_account_and_only_its_keeper_has_group_mail(void **state)
{
	const struct passwd *pw = getpwnam(account);
	char path[64], text[64] = "";
	long pid, keeper;
	int fd = spawn(), file;

	(void)state;
	say_message(fd, "1");
	assert_answer(fd, "1", "done"); /* so it has begun */
	pid = local_pid();
	assert_ids(pid, "Uid:", pw->pw_uid, pw->pw_uid);
	assert_ids(pid, "Gid:", pw->pw_gid, pw->pw_gid);
	(void)snprintf(
	    path, sizeof(path), "/proc/%ld/task/%ld/children", pid, pid);
	if ((file = open(path, O_RDONLY)) == -1) {
		print_message("# no children in /proc: not tried\n");
		return;
	}
	assert_true(read(file, text, sizeof(text) - 1) > 0);
	close(file);
	keeper = strtol(text, NULL, 10);
	assert_ids(keeper, "Uid:", pw->pw_uid, pw->pw_uid);
	assert_ids(keeper, "Gid:", pw->pw_gid,
	    geteuid() == 0 ? getgrnam("mail")->gr_gid : getegid());
	close(fd);
}

static void
test_a_hundred_and_more_at_once(void **state)
{
	char id[16];
	int fd = spawn(), i;

	(void)state;
	for (i = 0; i < 250; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		say_message(fd, id);
	}
	for (i = 0; i < 250; i++) {
		(void)snprintf(id, sizeof(id), "%d", i);
		assert_answer(fd, id, "done");
	}
	close(fd);
	assert_int_equal(count(spool, "From MAILER-DAEMON "), 250);
}

static void
test_local_ends_when_qmgr_goes(void **state)
{
	int fd = spawn();
	char path[64];
	long pid;

	(void)state;
	say_message(fd, "1");
	assert_answer(fd, "1", "done");
	pid = local_pid();
	close(fd);
	(void)snprintf(path, sizeof(path), "/proc/%ld", pid);
	while (access(path, F_OK) == 0)
		usleep(1000);
	assert_int_equal(count(log_path, "ended program=local"), 0);
}

static void
test_a_local_that_dies_is_told_of(void **state)
{
	int fd = spawn();
	char byte;

	(void)state;
	say_message(fd, "1");
	assert_answer(fd, "1", "done");
	kill((pid_t)local_pid(), SIGKILL);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	close(fd);
	while (count(log_path, "signal=9") == 0)
		usleep(1000);
	fd = spawn(); /* and the next is as good */
	say_message(fd, "2");
	assert_answer(fd, "2", "done");
	close(fd);
}

static void
test_what_may_not_be_spawned(void **state)
{
	static const char *const names[] = {
	    "root", "-rf", "../x", "", "no-such-user-here"};
	struct record answer;
	char question[256];
	size_t i;

	(void)state;
	record_init(&answer, RECORD_QUESTION);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(question, sizeof(question),
		    "request=spawn\nowner=%s\n\n", names[i]);
		assert_int_equal(ask(question, &answer), -1);
		assert_string_equal(record_text(&answer, "class"), "failed");
	}
	assert_int_equal(ask("request=shutdown\n\n", &answer), -1);
	assert_string_equal(record_text(&answer, "class"), "failed");
	record_free(&answer);
}

static void
test_a_missing_local_is_a_passing_trouble(void **state)
{
	struct record answer;
	char question[256];

	(void)state;
	record_init(&answer, RECORD_QUESTION);
	shell("rm bin/local");
	(void)snprintf(
	    question, sizeof(question), "request=spawn\nowner=%s\n\n", account);
	assert_int_equal(ask(question, &answer), -1);
	assert_string_equal(record_text(&answer, "class"), "deferred");
	assert_non_null(strstr(record_text(&answer, "text"), "bin/local"));
	record_free(&answer);
}

static void
test_nonsense_ends_that_connection_and_no_other(void **state)
{
	int other = peer_connect(socket_path);
	char many[20000], byte;
	struct record answer;

	(void)state;
	say(other, "rubbish\n\n");
	assert_int_equal(recv(other, &byte, 1, 0), 0);
	close(other);
	other = peer_connect(socket_path);
	memset(many, 'a', sizeof(many));
	assert_true(send(other, many, sizeof(many), MSG_NOSIGNAL) > 0);
	assert_true(recv(other, &byte, 1, 0) <= 0);
	close(other);
	other = peer_connect(socket_path);
	say(other, "request=ow");
	close(other);
	record_init(&answer, RECORD_QUESTION);
	assert_int_equal(ask("request=owner\nuser=root\n\n", &answer), -1);
	assert_string_equal(record_text(&answer, "status"), "5.7.1");
	record_free(&answer);
}

static void
test_nobody_but_qmgr_gets_an_answer(void **state)
{
	int status, fd;
	pid_t pid;
	char byte;

	(void)state;
	if (geteuid() != 0) {
		print_message("# needs root: not tried\n");
		return;
	}
	if ((pid = fork()) == 0) {
		if (setgid(60) == -1 || setuid(5) == -1)
			_exit(2);
		fd = peer_connect(socket_path);
		(void)send(fd, "request=owner\nuser=x\n\n", 22, MSG_NOSIGNAL);
		_exit(recv(fd, &byte, 1, 0) <= 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(
	    count(log_path, "refused uid=5 reason=\"not permitted\""), 1);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_letters_arrive_through_the_door),
	    CASE(test_local_is_the_account_and_only_its_keeper_has_group_mail),
	    CASE(test_a_hundred_and_more_at_once),
	    CASE(test_local_ends_when_qmgr_goes),
	    CASE(test_a_local_that_dies_is_told_of),
	    CASE(test_what_may_not_be_spawned),
	    CASE(test_a_missing_local_is_a_passing_trouble),
	    CASE(test_nonsense_ends_that_connection_and_no_other),
	    CASE(test_nobody_but_qmgr_gets_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
