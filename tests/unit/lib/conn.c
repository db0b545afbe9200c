/* conn: whole records and their content, descriptors, bad peers, no room. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "conn.h"
#include "peer.h"

static struct event_base *base;

/* What a connection told its owner. */
struct heard {
	char text[512];
	int fd;
	bool close; /* at the next record */
};

static void
add(struct heard *h, const char *text)
{
	strlcat(h->text, text, sizeof(h->text));
	strlcat(h->text, ";", sizeof(h->text));
}

static void
on_record(struct conn *c, const struct record *r, struct evbuffer *content,
    int fd, void *arg)
{
	struct heard *h = arg;

	evbuffer_add(content, "", 1);
	add(h, record_text(r, "a"));
	if (evbuffer_get_length(content) > 1)
		add(h, (const char *)evbuffer_pullup(content, -1));
	if (fd != -1)
		h->fd = fd;
	if (h->close)
		conn_close(c);
}

static void
on_gone(struct conn *c, const char *why, void *arg)
{
	(void)c;
	add(arg, why == NULL ? "closed" : why);
}

static const struct conn_calls calls = {on_record, on_gone, NULL};

static void
loop(void)
{
	int i;

	for (i = 0; i < 10; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* What the peer sends, step bytes at a time, and then closes. */
static const struct {
	const char *bytes, *heard;
} rows[] = {
    {"", "closed;"},
    {"a=1\n\n", "1;closed;"},
    {"a=1\n\na=2\n\n", "1;2;closed;"},
    {"a=1\nsize=3\n\nxyza=2\n\n", "1;xyz;2;closed;"},
    {"a=1\nsize=0\n\na=2\n\n", "1;2;closed;"},
    {"\na=2\n\n", ";2;closed;"},
    {"a=1\n", "closed in a record;"},
    {"a=1\nsize=3\n\nxy", "closed in a record;"},
    {"a=1\n\nnonsense\n\na=2\n\n", "1;malformed record;"},
    {"a=1\nsize=99\n\n", "record or content too long;"},
    {"a=1\nsize=x\n\n", "record or content too long;"},
    {"a=0123456789012345678901234567890123456789\n\n",
	"record or content too long;"},
};

static void
test_records_arrive_whole_or_not_at_all(void **state)
{
	struct heard h;
	size_t i, at, step;
	int pair[2];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (step = 1; step < 64; step += 31) {
			memset(&h, 0, sizeof(h));
			assert_int_equal(
			    socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
			assert_non_null(
			    conn_new(base, pair[0], 32, 16, &calls, &h));
			for (at = 0; at < strlen(rows[i].bytes); at += step) {
				(void)!send(pair[1], rows[i].bytes + at,
				    strnlen(rows[i].bytes + at, step),
				    MSG_NOSIGNAL);
				loop();
			}
			close(pair[1]);
			loop();
			if (strcmp(h.text, rows[i].heard) != 0)
				fail_msg("row %zu by %zu: %s", i, step, h.text);
		}
}

static void
test_a_descriptor_comes_with_its_record(void **state)
{
	struct heard h = {.fd = -1};
	struct record r;
	struct conn *a;
	int pair[2], file = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	a = conn_new(base, pair[0], 100, 0, &calls, &h);
	assert_non_null(conn_new(base, pair[1], 100, 0, &calls, &h));
	record_init(&r, 100);
	record_add(&r, "a", "1");
	conn_send(a, &r, NULL, file);
	record_free(&r);
	loop();
	assert_string_equal(h.text, "1;");
	assert_true(h.fd != -1 && h.fd != file);
	close(h.fd);
	close(file);
	conn_close(a);
	loop();
}

static void
test_an_owner_may_close_at_any_record(void **state)
{
	struct heard h = {.close = true};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_non_null(conn_new(base, pair[0], 100, 0, &calls, &h));
	assert_int_equal(write(pair[1], "a=1\n\na=2\n\n", 10), 10);
	loop();
	assert_string_equal(h.text, "1;");
	close(pair[1]);
}

static void
on_accepted(int fd, void *arg)
{
	close(fd);
	++*(int *)arg;
	event_base_loopbreak(base);
}

/* How many lines the log has, read from a pipe in its place. */
static size_t
lines(int from)
{
	char text[4096];
	ssize_t n = read(from, text, sizeof(text));
	size_t count = 0;

	while (n > 0)
		count += text[--n] == '\n';
	return count;
}

static void
test_without_descriptors_it_waits_and_does_not_spin(void **state)
{
	char dir[] = "/tmp/conn.XXXXXX", path[64];
	struct conn_listener *l;
	struct rlimit was, none;
	int peer, saved, log[2], accepted = 0;

	(void)state;
	if (getenv("VALGRIND") != NULL)
		return; /* it accepts, closes that and says EMFILE */
	saved = dup(STDERR_FILENO);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	l = conn_listen(base, path, NULL, on_accepted, &accepted);
	peer = peer_connect(path);
	assert_int_equal(pipe2(log, O_NONBLOCK), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 3;
	dup2(log[1], STDERR_FILENO);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	loop();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	dup2(saved, STDERR_FILENO);
	assert_int_equal(lines(log[0]), 1);
	assert_int_equal(accepted, 0);
	event_base_dispatch(base);
	assert_int_equal(accepted, 1);
	conn_listener_free(l);
	close(peer);
	close(saved);
	close(log[0]);
	close(log[1]);
	unlink(path);
	rmdir(dir);
}

static int
tidy(void **state)
{
	(void)state;
	event_base_free(base);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_records_arrive_whole_or_not_at_all),
	    cmocka_unit_test(test_a_descriptor_comes_with_its_record),
	    cmocka_unit_test(test_an_owner_may_close_at_any_record),
	    cmocka_unit_test(
		test_without_descriptors_it_waits_and_does_not_spin),
	};

	alarm(30); /* what spins never comes back from the loop */
	if ((base = event_base_new()) == NULL)
		return 111;
	return cmocka_run_group_tests(tests, NULL, tidy);
}
