#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "maildir.h"
#include "paths.h"

static char folder[32], path[PATH_SIZE];

static int
setup(void **state)
{
	(void)state;
	(void)strlcpy(folder, "/tmp/maildir.XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		return -1;
	path_join(path, folder, "Maildir/");
	return 0;
}

/* Remove the files in a part; how many there were. */
static int
empty(const char *part)
{
	char name[PATH_SIZE];
	struct dirent *e;
	int n = 0;
	DIR *d;

	path_join(name, path, part);
	if ((d = opendir(name)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			unlinkat(dirfd(d), e->d_name, 0);
			n++;
		}
	closedir(d);
	rmdir(name);
	return n;
}

static int
teardown(void **state)
{
	(void)state;
	empty("tmp");
	empty("new");
	empty("cur");
	rmdir(path);
	return rmdir(folder);
}

static void
make_letter(struct letter *l, const char *content)
{
	letter_init(l);
	assert_int_equal(record_add(&l->record, "sender", "s@x"), 0);
	assert_int_equal(record_add(&l->record, "recipient", "kim@y"), 0);
	l->length = strlen(content);
	l->bytes = strdup(content);
}

static void
assert_only_file(const char *part, const char *want)
{
	char name[PATH_SIZE], got[1024];
	struct dirent *e;
	ssize_t len = -1;
	int fd;
	DIR *d;

	path_join(name, path, part);
	assert_non_null(d = opendir(name));
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.') {
			assert_int_equal(len, -1);
			fd = openat(dirfd(d), e->d_name, O_RDONLY);
			len = read(fd, got, sizeof(got) - 1);
			close(fd);
		}
	closedir(d);
	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, want);
}

/* M07 */
static void
test_names_are_unique_and_hosts_are_escaped(void **state)
{
	struct timespec t = {.tv_sec = 1764000000, .tv_nsec = 123456789};
	char one[MAILDIR_NAME], host[1000];

	(void)state;
	maildir_name(one, &t, 42, 7, "mx.example");
	assert_string_equal(one, "1764000000.M123456P42Q7.mx.example");
	maildir_name(one, &t, 42, 8, "a/b:c d");
	assert_string_equal(one, "1764000000.M123456P42Q8.a\\057b\\072c\\040d");
	memset(host, '/', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	maildir_name(one, &t, 42, 8, host);
	assert_true(strlen(one) < MAILDIR_NAME);
	assert_null(strchr(one, '/'));
}

static void
test_a_message_is_in_new_as_it_is(void **state)
{
	struct letter l, *list[] = {&l};
	struct stat st;

	(void)state;
	make_letter(&l, "A: 1\n\nFrom x\n");
	maildir_deliver(path, list, 1);
	assert_int_equal(l.fate.class, FATE_DONE);
	letter_free(&l);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_only_file(
	    "new", "Return-Path: <s@x>\nDelivered-To: kim@y\nA: 1\n\nFrom x\n");
	assert_int_equal(empty("tmp"), 0);
}

static void
test_many_in_one_go_are_many_files(void **state)
{
	struct letter l[100], *list[100];
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		make_letter(&l[i], "x\n");
		list[i] = &l[i];
	}
	maildir_deliver(path, list, 100);
	for (i = 0; i < 100; i++) {
		assert_int_equal(l[i].fate.class, FATE_DONE);
		letter_free(&l[i]);
	}
	assert_int_equal(empty("new"), 100);
}

static void
test_one_that_does_not_fit_is_deferred_alone_and_leaves_nothing(void **state)
{
	struct rlimit was, few;
	struct letter l[3], *list[] = {&l[0], &l[1], &l[2]};
	char big[5000];
	int i;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (i = 0; i < 3; i++)
		make_letter(&l[i], i == 1 ? big : "x\n");
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	few = was;
	few.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	maildir_deliver(path, list, 3);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(l[0].fate.class, FATE_DONE);
	assert_int_equal(l[1].fate.class, FATE_DEFERRED);
	assert_string_equal(l[1].fate.status, "4.2.2");
	assert_int_equal(l[2].fate.class, FATE_DONE);
	for (i = 0; i < 3; i++)
		letter_free(&l[i]);
	assert_int_equal(empty("new"), 2);
	assert_int_equal(empty("tmp"), 0);
}

static void
assert_deferred(const char *where)
{
	struct letter l, *list[] = {&l};

	make_letter(&l, "x\n");
	maildir_deliver(where, list, 1);
	assert_int_equal(l.fate.class, FATE_DEFERRED);
	assert_non_null(strstr(l.fate.text, where));
	letter_free(&l);
}

/* M09a */
static void
test_a_missing_home_or_anothers_folder_defers(void **state)
{
	(void)state;
	assert_deferred("/nonexistent/home/Maildir/");
	assert_deferred("/dev/null/");
	if (geteuid() != 0)
		return;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	assert_deferred(path);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_are_unique_and_hosts_are_escaped),
	    CASE(test_a_message_is_in_new_as_it_is),
	    CASE(test_many_in_one_go_are_many_files),
	    CASE(
		test_one_that_does_not_fit_is_deferred_alone_and_leaves_nothing),
	    CASE(test_a_missing_home_or_anothers_folder_defers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
