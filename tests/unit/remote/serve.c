/* A long message, whose descriptor the caller passes, to a server that is slow.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* gcc says it by a macro, clang by a feature. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#include "../../../cmd/remote/serve.h"

#define LINES 400000 /* of 40 bytes: sixteen megabytes */

/* One conversation, and how long its message was. */
static void
be_server(int listener, int report)
{
	static const char hello[] = "220 x\r\n";
	static const char offers[] = "250-x\r\n250 PIPELINING\r\n";
	static const char taken[] = "250 a\r\n250 b\r\n354 c\r\n";
	char bytes[65536];
	size_t total = 0;
	ssize_t got;
	int fd = accept(listener, NULL, NULL);

	if (fd == -1 || write(fd, hello, strlen(hello)) == -1 ||
	    read(fd, bytes, sizeof(bytes)) <= 0 ||
	    write(fd, offers, strlen(offers)) == -1 ||
	    read(fd, bytes, sizeof(bytes)) <= 0 ||
	    write(fd, taken, strlen(taken)) == -1)
		_exit(1);
	while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
		total += (size_t)got;
		if (got >= 5 && memcmp(bytes + got - 5, "\r\n.\r\n", 5) == 0)
			break;
	}
	if (write(report, &total, sizeof(total)) == -1 ||
	    write(fd, "250 d\r\n", 7) == -1)
		_exit(1);
	_exit(read(fd, bytes, sizeof(bytes)) > 0 ? 0 : 1); /* QUIT */
}

static int
listen_tcp(unsigned *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

/* remote itself, but for its main. */
static void
be_remote(const char *folder, int listener)
{
	struct links_setup setup = {"me.example", 5, 5, 5};
	struct deliver_world world = {.me = "me.example"};
	struct peers peers = {0};

	(void)signal(SIGPIPE, SIG_IGN);
	world.base = event_base_new();
	world.resolver = resolver_new(world.base, folder);
	world.links = links_new(world.base, &setup);
	serve(&world, listener, &peers);
	_exit(0);
}

static pid_t
start_remote(const char *folder, const char *path)
{
	int listener = peer_listen(path);
	pid_t pid;

	assert_int_not_equal(listener, -1);
	if ((pid = fork()) == 0)
		be_remote(folder, listener);
	close(listener);
	return pid;
}

static FILE *
long_message(void)
{
	FILE *file = tmpfile();
	int i;

	assert_non_null(file);
	for (i = 0; i < LINES; i++)
		fputs(".23456789 123456789 123456789 123456789\n", file);
	assert_int_equal(fflush(file), 0);
	return file;
}

/* What remote answers to a message of that length in the file. */
static void
ask(const char *path, unsigned port, FILE *file, size_t length,
    struct record *answer)
{
	char question[512];
	FILE *stream;
	int fd = peer_connect(path), n;

	assert_int_not_equal(fd, -1);
	n = snprintf(question, sizeof(question),
	    "id=1\nsender=s@x\nhost=[127.0.0.1]:%u\nrecipient=a@x\n"
	    "length=%zu\n\n",
	    port, length);
	assert_int_equal(peer_send(fd, question, (size_t)n, fileno(file)), n);
	stream = fdopen(fd, "r");
	record_init(answer, RECORD_QUESTION);
	assert_int_equal(record_read(stream, answer), 1);
	fclose(stream);
}

static long
peak_of_remote(pid_t pid)
{
	struct rusage used;
	int status;

	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(wait4(pid, &status, 0, &used), pid);
	assert_int_equal(status, 0);
	return used.ru_maxrss; /* KiB */
}

static void
test_a_long_message_by_its_descriptor(void **state)
{
	char folder[] = "/tmp/remote-XXXXXX", path[64];
	size_t arrived, length = (size_t)LINES * 40;
	struct record answer;
	FILE *file = long_message();
	int listener, report[2];
	unsigned port;
	pid_t remote, server;
	long peak;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/socket", folder);
	listener = listen_tcp(&port);
	assert_int_equal(pipe(report), 0);
	if ((server = fork()) == 0)
		be_server(listener, report[1]);
	remote = start_remote(folder, path);

	/* A file that ends too soon is no message: nothing is sent. */
	ask(path, port, file, length + 1, &answer);
	assert_string_equal(record_text(&answer, "class"), "deferred");
	assert_string_equal(record_text(&answer, "status"), "4.3.0");
	record_free(&answer);

	ask(path, port, file, length, &answer);
	assert_string_equal(record_text(&answer, "class"), "done");
	record_free(&answer);
	assert_int_equal(
	    read(report[0], &arrived, sizeof(arrived)), sizeof(arrived));
	/* a CR and a dot more in each line, and the dot */
	assert_int_equal(arrived, length + 2 * (size_t)LINES + 3);
	peak = peak_of_remote(remote);
	assert_true(peak > 0);
	if (!SANITIZED && getenv("VALGRIND") == NULL)
		assert_in_range(peak, 1, length / 1024);
	assert_int_equal(waitpid(server, NULL, 0), server);
	fclose(file);
	unlink(path);
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_long_message_by_its_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
