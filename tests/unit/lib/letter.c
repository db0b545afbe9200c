#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "dotlock.h"
#include "fate.h"
#include "letter.h"

static void
make_letter(struct letter *l, const char *recipient, const char *content)
{
	letter_init(l);
	assert_int_equal(record_add(&l->record, "recipient", recipient), 0);
	l->length = strlen(content);
	l->bytes = strdup(content);
}

static const struct {
	const char *content;
	int want;
} loops[] = {
    {"", 0},
    {"Delivered-To: kim@x\n\nbody\n", 1},
    {"delivered-TO:\t KIM@X \t\n", 1},
    {"Delivered-To:kim@x", 1},
    {"A: b\nDelivered-To: kim@x\n", 1},
    {"Delivered-To: kim@xx\n", 0},
    {"Delivered-To: akim@x\n", 0},
    {"Delivered-To:\n", 0},
    {"Delivered-To: \n", 0},
    {"X-Delivered-To: kim@x\n", 0},
    {" Delivered-To: kim@x\n", 0},
    {"A: b\n\nDelivered-To: kim@x\n", 0},
    {"\nDelivered-To: kim@x\n", 0},
};

static void
test_delivered_to_in_the_header_is_a_loop(void **state)
{
	struct letter l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
		make_letter(&l, "kim@x", loops[i].content);
		assert_int_equal(letter_loops(&l), loops[i].want);
		letter_free(&l);
	}
}

/* The line lies across two pieces of the file. */
static void
test_a_loop_is_seen_in_a_big_message_too(void **state)
{
	char line[70000];
	struct letter l;
	int cut;

	(void)state;
	memset(line, 'a', sizeof(line));
	line[0] = 'A';
	line[1] = ':';
	for (cut = 65530 - 20; cut < 65540; cut++) {
		make_letter(&l, "kim@x", "");
		free(l.bytes);
		l.bytes = NULL;
		l.fd = memfd_create("letter", 0);
		assert_int_equal(write(l.fd, line, (size_t)cut), cut);
		assert_int_equal(
		    dprintf(l.fd, "\nDelivered-To: kim@x\n\n"), 22);
		l.length = (uint64_t)cut + 22;
		assert_int_equal(letter_loops(&l), 1);
		letter_free(&l);
	}
}

static int
count(const char *bytes, size_t len, void *arg)
{
	size_t *total = arg;

	(void)bytes;
	*total += len;
	return 0;
}

static void
test_a_file_that_is_too_short_is_an_error(void **state)
{
	struct letter l;
	size_t total = 0;

	(void)state;
	make_letter(&l, "kim@x", "");
	free(l.bytes);
	l.bytes = NULL;
	l.fd = memfd_create("letter", 0);
	assert_int_equal(write(l.fd, "abc", 3), 3);
	l.length = 4;
	assert_int_equal(letter_read(&l, count, &total), -1);
	assert_int_equal(errno, EIO);
	l.length = 3;
	total = 0;
	assert_int_equal(letter_read(&l, count, &total), 0);
	assert_int_equal(total, 3);
	letter_free(&l);
}

static void
test_the_head_is_always_whole_lines(void **state)
{
	struct letter l;
	char *head;

	(void)state;
	make_letter(&l, "kim\r@x", "");
	assert_int_equal(record_add(&l.record, "sender", "a\r\001b"), 0);
	head = letter_head(&l, true);
	assert_string_equal(
	    head, "Return-Path: <a??b>\nDelivered-To: kim?@x\n");
	free(head);
	head = letter_head(&l, false);
	assert_string_equal(head, "Delivered-To: kim?@x\n");
	free(head);
	letter_free(&l);
}

/* --- fate ------------------------------------------------------------------
 */

static void
test_a_reason_that_may_go_away_defers(void **state)
{
	static const struct {
		int error;
		const char *status;
	} errors[] = {{EDQUOT, "4.2.2"}, {EFBIG, "4.2.2"}, {ENOSPC, "4.3.1"},
	    {EACCES, "4.3.0"}, {EIO, "4.3.0"}, {ENOENT, "4.3.0"}};
	struct fate f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		errno = errors[i].error;
		fate_errno(&f, "/x");
		assert_int_equal(f.class, FATE_DEFERRED);
		assert_string_equal(f.status, errors[i].status);
		assert_memory_equal(f.text, "/x: ", 4);
	}
}

static void
test_a_fate_travels_in_a_record(void **state)
{
	struct record r;
	struct fate f;

	(void)state;
	record_init(&r, RECORD_QUESTION);
	fate_set(&f, FATE_FAILED, "5.1.1", "no\nsuch\x7fuser");
	fate_tell(&f, &r);
	fate_hear(&f, &r);
	assert_int_equal(f.class, FATE_FAILED);
	assert_string_equal(f.status, "5.1.1");
	assert_string_equal(f.text, "no?such?user");
	record_clear(&r);
	fate_hear(&f, &r);
	assert_int_equal(f.class, FATE_DEFERRED);
	record_free(&r);
}

/* --- dot locks -------------------------------------------------------------
 */

static bool
only_seven_lives(long pid, time_t age)
{
	return pid == 7 && age <= 100;
}

static void
test_which_dot_locks_are_stale(void **state)
{
	static const struct {
		const char *text;
		time_t age;
		bool want;
	} locks[] = {
	    {"8 here\n", 0, true},
	    {"8 here", 0, true},
	    {"7 here\n", 0, false},
	    {"7 here\n", 100, false},
	    {"7 here\n", 101, true},
	    {"8 there\n", 0, false},
	    {"8 hereabout\n", 0, false},
	    {"8\n", 0, false},
	    {"", 0, false},
	    {"x here\n", 0, false},
	    {"0 here\n", 0, false},
	    {"-8 here\n", 0, false},
	    {"99999999999 here\n", 0, false},
	    {"", DOTLOCK_STALE, false},
	    {"", DOTLOCK_STALE + 1, true},
	    {"7 here\n", DOTLOCK_STALE + 1, true},
	    {"8 there\n", -5000, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(locks) / sizeof(*locks); i++)
		assert_int_equal(dotlock_is_stale(locks[i].text, "here",
				     locks[i].age, only_seven_lives),
		    locks[i].want);
}

/* As after a reboot: the number is a younger process's now. */
static void
test_a_lock_older_than_its_process_is_stale(void **state)
{
	char path[] = "/tmp/dotlock.XXXXXX", lock[64], host[256] = "";
	struct timespec old[2] = {{0}};
	struct dotlock d;
	int age, fd = mkstemp(path);

	(void)state;
	assert_int_not_equal(fd, -1);
	close(fd);
	assert_int_equal(gethostname(host, sizeof(host) - 1), 0);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	for (age = 0; age <= 200; age += 200) {
		fd = open(lock, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_true(dprintf(fd, "%ld %s\n", (long)getpid(), host) > 0);
		old[0].tv_sec = old[1].tv_sec = time(NULL) - age;
		assert_int_equal(futimens(fd, old), 0);
		close(fd);
		assert_int_equal(dotlock_take(&d, path), age > 0);
	}
	dotlock_release(&d);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_lock_older_than_its_process_is_stale),
	    cmocka_unit_test(test_delivered_to_in_the_header_is_a_loop),
	    cmocka_unit_test(test_a_loop_is_seen_in_a_big_message_too),
	    cmocka_unit_test(test_a_file_that_is_too_short_is_an_error),
	    cmocka_unit_test(test_the_head_is_always_whole_lines),
	    cmocka_unit_test(test_a_reason_that_may_go_away_defers),
	    cmocka_unit_test(test_a_fate_travels_in_a_record),
	    cmocka_unit_test(test_which_dot_locks_are_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
