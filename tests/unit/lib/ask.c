/* ask: questions are answered in turn, by a neighbour that may come late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ask.h"
#include "conn.h"

static char dir[] = "/tmp/ask.XXXXXX", path[64];
static struct event_base *base;

/*
 * A neighbour that says what it was asked; "die" closes the connection, "mute"
 * is never answered, and "late" only behind the next one.
 */
static void
echo(struct conn *c, const struct record *r, struct evbuffer *content, int fd,
    void *arg)
{
	const char *request = record_text(r, "request");
	static struct record late;
	struct record answer;

	(void)content;
	(void)fd;
	(void)arg;
	if (strcmp(request, "die") == 0) {
		conn_close(c);
		return;
	}
	if (strcmp(request, "mute") == 0)
		return;
	record_init(&answer, RECORD_QUESTION);
	record_copy(&answer, r, "tag");
	record_add(&answer, "text", request);
	if (strcmp(request, "late") == 0) {
		late = answer;
		return;
	}
	conn_send(c, &answer, NULL, -1);
	record_free(&answer);
	if (late.len > 0)
		conn_send(c, &late, NULL, -1);
	record_free(&late);
}

static void
gone(struct conn *c, const char *why, void *arg)
{
	(void)c;
	(void)why;
	(void)arg;
}

static const struct conn_calls calls = {echo, gone, NULL};

static void
accepted(int fd, void *arg)
{
	assert_non_null(conn_new(base, fd, 1000, 1000, &calls, arg));
}

static void
listen_now(evutil_socket_t none, short what, void *arg)
{
	(void)none;
	(void)what;
	*(struct conn_listener **)arg =
	    conn_listen(base, path, NULL, accepted, NULL);
}

struct heard {
	unsigned wanted, answers, failures;
	char text[256];
};

static void
answer(struct ask *a, const struct record *r, struct evbuffer *content, int fd,
    const char *why, void *arg)
{
	struct heard *h = arg;

	(void)content;
	(void)fd;
	strlcat(
	    h->text, r == NULL ? why : record_text(r, "text"), sizeof(h->text));
	strlcat(h->text, ";", sizeof(h->text));
	if (r == NULL)
		h->failures++;
	else
		ask_end(a);
	if (++h->answers == h->wanted)
		event_base_loopbreak(base);
}

static void
put(struct ask_pool *pool, const char *request, struct heard *h)
{
	struct record r;
	struct ask *a = ask_begin(pool, answer, h);

	record_init(&r, 1000);
	record_add(&r, "request", request);
	ask_send(a, &r, NULL, -1);
	record_free(&r);
	h->wanted++;
}

/* Our side goes, and the neighbour's connections see it. */
static void
end(struct ask_pool *pool, struct conn_listener *l)
{
	ask_pool_free(pool);
	event_base_loop(base, EVLOOP_NONBLOCK);
	conn_listener_free(l);
	unlink(path);
}

static void
one_line_serves_many_questions(void **state)
{
	struct ask_pool *pool = ask_pool_new(base, path, 1, 10);
	struct conn_listener *l;
	struct heard h = {0};

	(void)state;
	listen_now(-1, 0, &l);
	put(pool, "a", &h);
	put(pool, "b", &h);
	put(pool, "c", &h);
	event_base_dispatch(base);
	assert_string_equal(h.text, "a;b;c;");
	end(pool, l);
}

static void
a_neighbour_may_come_late(void **state)
{
	struct ask_pool *pool = ask_pool_new(base, path, 2, 10);
	struct timeval soon = {.tv_usec = 300000};
	struct conn_listener *l = NULL;
	struct heard h = {0};

	(void)state;
	event_base_once(base, -1, EV_TIMEOUT, listen_now, &l, &soon);
	put(pool, "a", &h);
	event_base_dispatch(base);
	assert_string_equal(h.text, "a;");
	end(pool, l);
}

static void
but_not_for_ever(void **state)
{
	struct ask_pool *pool = ask_pool_new(base, path, 2, 10);
	struct heard h = {0};

	(void)state;
	put(pool, "a", &h);
	put(pool, "b", &h);
	event_base_dispatch(base);
	assert_int_equal(h.failures, 2);
	ask_pool_free(pool);
}

static void
a_neighbour_that_dies_fails_one_question(void **state)
{
	struct ask_pool *pool = ask_pool_new(base, path, 1, 10);
	struct conn_listener *l;
	struct heard h = {0};

	(void)state;
	listen_now(-1, 0, &l);
	put(pool, "a", &h);
	put(pool, "die", &h);
	put(pool, "c", &h);
	event_base_dispatch(base);
	assert_int_equal(h.failures, 1);
	assert_non_null(strstr(h.text, "c;"));
	end(pool, l);
}

/* --- a shared line -------------------------------------------------------- */

static unsigned lines;

static void
counted(int fd, void *arg)
{
	lines++;
	accepted(fd, arg);
}

static struct ask_pool *
shared(unsigned seconds, struct conn_listener **l)
{
	struct ask_pool *pool = ask_pool_new(base, path, 1, seconds);

	ask_pool_share(pool, 3);
	*l = conn_listen(base, path, NULL, counted, NULL);
	lines = 0;
	return pool;
}

static void
answers_of_a_shared_line_come_in_any_order(void **state)
{
	struct conn_listener *l;
	struct ask_pool *pool = shared(10, &l);
	struct heard h = {0}, late = {0};

	(void)state;
	put(pool, "late", &late);
	put(pool, "b", &h);
	put(pool, "c", &h);
	put(pool, "d", &h); /* one too many: it waits for its turn */
	while (h.answers < 3 || late.answers < 1)
		event_base_dispatch(base);
	assert_string_equal(h.text, "b;c;d;");
	assert_string_equal(late.text, "late;");
	assert_int_equal(lines, 1);
	end(pool, l);
}

static void
who_gives_up_leaves_the_shared_line(void **state)
{
	struct conn_listener *l;
	struct ask_pool *pool = shared(10, &l);
	struct heard h = {0}, never = {0};
	struct ask *a = ask_begin(pool, answer, &never);
	struct record r;

	(void)state;
	record_init(&r, 1000);
	record_add(&r, "request", "late");
	ask_send(a, &r, NULL, -1);
	record_free(&r);
	put(pool, "a", &h);
	ask_cancel(a);
	put(pool, "b", &h);
	event_base_dispatch(base);
	assert_string_equal(h.text, "a;b;");
	assert_int_equal(never.answers, 0);
	assert_int_equal(lines, 1);
	end(pool, l);
}

static void
who_gets_no_answer_leaves_it_too(void **state)
{
	struct conn_listener *l;
	struct ask_pool *pool = shared(1, &l);
	struct heard h = {0};

	(void)state;
	put(pool, "mute", &h);
	event_base_dispatch(base);
	assert_string_equal(h.text, "no answer in time;");
	put(pool, "b", &h);
	event_base_dispatch(base);
	assert_string_equal(h.text, "no answer in time;b;");
	assert_int_equal(lines, 1);
	end(pool, l);
}

static void
all_on_a_shared_line_fail_with_it(void **state)
{
	struct conn_listener *l;
	struct ask_pool *pool = shared(10, &l);
	struct heard h = {0};

	(void)state;
	put(pool, "mute", &h);
	put(pool, "die", &h);
	put(pool, "mute", &h);
	put(pool, "d", &h);
	event_base_dispatch(base);
	assert_int_equal(h.failures, 3);
	assert_non_null(strstr(h.text, ";d;"));
	assert_int_equal(lines, 2);
	end(pool, l);
}

static int
tidy(void **state)
{
	(void)state;
	event_base_free(base);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_line_serves_many_questions),
	    cmocka_unit_test(a_neighbour_may_come_late),
	    cmocka_unit_test(but_not_for_ever),
	    cmocka_unit_test(a_neighbour_that_dies_fails_one_question),
	    cmocka_unit_test(answers_of_a_shared_line_come_in_any_order),
	    cmocka_unit_test(who_gives_up_leaves_the_shared_line),
	    cmocka_unit_test(who_gets_no_answer_leaves_it_too),
	    cmocka_unit_test(all_on_a_shared_line_fail_with_it),
	};

	if (mkdtemp(dir) == NULL || (base = event_base_new()) == NULL)
		return 111;
	snprintf(path, sizeof(path), "%s/socket", dir);
	return cmocka_run_group_tests(tests, NULL, tidy);
}
