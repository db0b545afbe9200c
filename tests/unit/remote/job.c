/* A question in, a job and its answers out; what is remembered of hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../cmd/remote/job.h"
#include "../../../cmd/remote/memory.h"
#include "resolve_net.h"

static const struct {
	const char *host, *name;
	unsigned port; /* 0: refused */
	bool given;
} hosts[] = {
    {"example.org", "example.org", 25, false},
    {"example.org:2525", "example.org", 2525, true},
    {"[mx.example.org]", "[mx.example.org]", 25, false},
    {"[192.0.2.1]:25", "[192.0.2.1]", 25, true},
    {"[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]", 25, false},
    {"[IPv6:2001:db8::1]:26", "[IPv6:2001:db8::1]", 26, true},
    {"[::1]:65535", "[::1]", 65535, true},
    {"example.org:", NULL, 0, false},
    {"example.org:0", NULL, 0, false},
    {"example.org:65536", NULL, 0, false},
    {"example.org:x", "example.org", 25, false},
    {"example.org:26:[x]:2525", "example.org", 26, true},
    {"example.org:x:", NULL, 0, false},
    {":25", NULL, 0, false},
    {"", NULL, 0, false},
};

static void
ask(struct record *question, const char *sender, const char *host)
{
	record_clear(question);
	record_add(question, "id", "0000001a-00003");
	if (sender != NULL)
		record_add(question, "sender", sender);
	if (host != NULL)
		record_add(question, "host", host);
	record_add(question, "recipient", "a@x");
}

static void
test_hosts_and_ports(void **state)
{
	struct record question;
	struct job job;
	size_t i;

	(void)state;
	record_init(&question, JOB_RECORD);
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		ask(&question, "", hosts[i].host);
		if (hosts[i].port == 0) {
			assert_non_null(job_parse(&job, &question));
			continue;
		}
		assert_null(job_parse(&job, &question));
		assert_string_equal(job.host, hosts[i].name);
		assert_int_equal(job.port, hosts[i].port);
		assert_int_equal(job.given_port, hosts[i].given);
		job_free(&job);
	}
	record_free(&question);
}

static void
test_malformed_questions(void **state)
{
	struct record question;
	struct job job;
	int i;

	(void)state;
	record_init(&question, JOB_RECORD);
	ask(&question, NULL, "h");
	assert_non_null(job_parse(&job, &question));
	ask(&question, "s@x", NULL);
	assert_non_null(job_parse(&job, &question));
	record_clear(&question);
	record_add(&question, "sender", "s@x");
	record_add(&question, "host", "h");
	assert_non_null(job_parse(&job, &question));
	for (i = 0; i < RCPT_MAX; i++)
		record_add(&question, "recipient", "a@x");
	assert_null(job_parse(&job, &question));
	assert_non_null(job_content(&job, NULL, -1));
	job_free(&job);
	record_add(&question, "recipient", "a@x");
	assert_non_null(job_parse(&job, &question));
	record_free(&question);
}

/* CR would end the command, and begin another. */
static void
test_addresses_that_would_break_a_command(void **state)
{
	struct record question, answer;
	struct job job;

	(void)state;
	record_init(&question, JOB_RECORD);
	record_init(&answer, RECORD_QUESTION);
	ask(&question, "s@x", "h");
	record_add(&question, "recipient", "b>\rRCPT TO:<c@x");
	assert_null(job_parse(&job, &question));
	assert_true(job_is_open(&job));
	job_answer(&job, 1, &answer);
	assert_string_equal(record_get(&answer, "class"), "failed");
	assert_string_equal(record_get(&answer, "status"), "5.1.3");
	job_free(&job);
	ask(&question, "s@x>\rX", "h");
	assert_null(job_parse(&job, &question));
	assert_false(job_is_open(&job));
	job_answer(&job, 0, &answer);
	assert_string_equal(record_get(&answer, "status"), "5.1.7");
	job_free(&job);
	record_free(&question);
	record_free(&answer);
}

static void
test_answers(void **state)
{
	struct outcome outcome = {.class = OUTCOME_OPEN};
	struct reply reply;
	struct record question, answer;
	struct job job;
	size_t used;

	(void)state;
	record_init(&question, JOB_RECORD);
	record_init(&answer, RECORD_QUESTION);
	ask(&question, "s@x", "h");
	assert_null(job_parse(&job, &question));
	reply_begin(&reply);
	reply_feed(&reply, "450-4.2.0 later,\r\n", 18, &used);
	reply_feed(&reply, "450 4.2.0 please\r\n", 18, &used);
	outcome_quote(
	    &outcome, OUTCOME_DEFERRED, "mx [192.0.2.1]", &reply, "RCPT TO");
	job_close(&job, &outcome);
	outcome_free(&outcome);
	job_answer(&job, 0, &answer);
	assert_string_equal(record_get(&answer, "recipient"), "a@x");
	assert_string_equal(record_get(&answer, "class"), "deferred");
	assert_string_equal(record_get(&answer, "status"), "4.2.0");
	assert_string_equal(record_get(&answer, "mta"), "mx [192.0.2.1]");
	assert_non_null(strstr(record_text(&answer, "rule"), "remote:"));
	assert_string_equal(
	    record_get(&answer, "reply"), "450 4.2.0 later, please");
	assert_string_equal(record_get(&answer, "text"),
	    "mx [192.0.2.1] said: 450 4.2.0 later, please "
	    "(in reply to RCPT TO)");
	job_free(&job);
	record_free(&question);
	record_free(&answer);
}

static void
test_memory(void **state)
{
	static struct memory memory;
	struct sockaddr_storage a, b;
	socklen_t len;
	char text[32];
	int i;

	(void)state;
	assert_int_equal(net_literal("192.0.2.1", &a, &len), 0);
	assert_false(memory_has(&memory, &a, 25, TRAIT_BAD, 100));
	memory_note(&memory, &a, 25, TRAIT_BAD, 100);
	assert_true(memory_has(&memory, &a, 25, TRAIT_BAD, 101));
	assert_false(memory_has(&memory, &a, 25, TRAIT_DUMB, 101));
	assert_false(memory_has(&memory, &a, 26, TRAIT_BAD, 101));
	assert_false(memory_has(&memory, &a, 25, TRAIT_BAD, 100 + MEMORY_BAD));
	memory_note(&memory, &a, 25, TRAIT_DUMB, 100);
	memory_clear(&memory, &a, 25);
	assert_false(memory_has(&memory, &a, 25, TRAIT_BAD, 101));
	assert_true(memory_has(&memory, &a, 25, TRAIT_DUMB, 101));
	for (i = 0; i < MEMORY_HOSTS; i++) {
		snprintf(text, sizeof(text), "10.0.%d.%d", i / 250, i % 250);
		assert_int_equal(net_literal(text, &b, &len), 0);
		memory_note(&memory, &b, 25, TRAIT_BAD, 100);
	}
	assert_true(memory_has(&memory, &b, 25, TRAIT_BAD, 101));
	assert_false(memory_has(&memory, &a, 25, TRAIT_DUMB, 101));
}

/* The content of such fields, with inline bytes and this file; NULL: refused.
 */
static const struct {
	const char *length, *skip, *bytes, *want;
} contents[] = {
    {"9", "4", "abc\n", "abc\nbody\n"},
    {"9", "0", "abc\n", "abc\nold\nbody\n"},
    {"9", "9", "abc\n", "abc\n"},
    {"9", "4", "", "body\n"},
    {"9", NULL, "", "old\nbody\n"},
    {"9", "10", "abc\n", NULL},
    {"9", "-1", "abc\n", NULL},
    {NULL, "4", "abc\n", NULL},
};

static void
check_content(struct content *c, const char *want)
{
	char got[64];
	size_t step, at;
	ssize_t n;

	assert_int_equal(c->length, strlen(want));
	for (step = 1; step < 12; step++) {
		for (at = 0; at < c->length; at += (size_t)n) {
			n = content_read(c, at, got, step);
			assert_true(n > 0 && (size_t)n <= step);
			assert_memory_equal(got, want + at, n);
		}
	}
	while (content_scan(c, 3) == 0)
		continue;
	assert_int_equal(c->scanned, c->length);
}

static void
test_content_may_take_the_place_of_a_files_beginning(void **state)
{
	struct evbuffer *bytes = evbuffer_new();
	struct record question;
	struct job job;
	size_t i;
	int fd;

	(void)state;
	record_init(&question, JOB_RECORD);
	for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		ask(&question, "", "x");
		if (contents[i].length != NULL)
			record_add(&question, "length", contents[i].length);
		if (contents[i].skip != NULL)
			record_add(&question, "skip", contents[i].skip);
		evbuffer_add(
		    bytes, contents[i].bytes, strlen(contents[i].bytes));
		fd = memfd_create("content", MFD_CLOEXEC);
		assert_int_equal(write(fd, "old\nbody\n", 9), 9);
		assert_null(job_parse(&job, &question));
		if (contents[i].want == NULL) {
			assert_non_null(job_content(&job, bytes, fd));
		} else {
			assert_null(job_content(&job, bytes, fd));
			check_content(&job.content, contents[i].want);
		}
		job_free(&job);
		evbuffer_drain(bytes, evbuffer_get_length(bytes));
	}
	record_free(&question);
	evbuffer_free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hosts_and_ports),
	    cmocka_unit_test(test_malformed_questions),
	    cmocka_unit_test(test_addresses_that_would_break_a_command),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(
		test_content_may_take_the_place_of_a_files_beginning),
	    cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
