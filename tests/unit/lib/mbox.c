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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "mbox.h"

static char folder[] = "/tmp/mbox.XXXXXX";
static char path[PATH_SIZE], lock[PATH_SIZE], other[PATH_SIZE];

static int
setup(void **state)
{
	(void)state;
	(void)strlcpy(folder, "/tmp/mbox.XXXXXX", sizeof(folder));
	if (mkdtemp(folder) == NULL)
		return -1;
	path_join(path, folder, "kim");
	path_join(lock, folder, "kim.lock");
	path_join(other, folder, "other");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(lock);
	unlink(other);
	return rmdir(folder);
}

static void
put_file(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
assert_file(const char *name, const char *want)
{
	char got[8192];
	int fd = open(name, O_RDONLY);
	ssize_t len = read(fd, got, sizeof(got) - 1);

	close(fd);
	assert_true(len >= 0);
	got[len] = '\0';
	assert_string_equal(got, want);
}

/* --- the format ------------------------------------------------------------
 */

static const struct {
	const char *in, *want;
} quotes[] = {
    {"", ""},
    {"x\n", "x\n"},
    {"x", "x\n"},
    {"From x\n", ">From x\n"},
    {"From ", ">From \n"},
    {">From x\n", ">>From x\n"},
    {">>>From x\nFrom y\n", ">>>>From x\n>From y\n"},
    {"From\n", "From\n"},
    {"From", "From\n"},
    {"Fro", "Fro\n"},
    {"FrFrom x\n", "FrFrom x\n"},
    {">", ">\n"},
    {">\nFrom x\n", ">\n>From x\n"},
    {"> From x\n", "> From x\n"},
    {" From x\n", " From x\n"},
    {"from x\n", "from x\n"},
    {"a From x\n\n\nFrom x\n", "a From x\n\n\n>From x\n"},
    {"F>From x\n", "F>From x\n"},
    {"\nFrom: x\n", "\nFrom: x\n"},
};

static void
check_quote(const char *in, size_t cut, const char *want)
{
	struct mbox_quote q = {0};
	char out[256];
	size_t len = strlen(in), n;

	n = mbox_quote(&q, in, cut, out);
	n += mbox_quote(&q, in + cut, len - cut, out + n);
	n += mbox_quote_end(&q, out + n);
	out[n] = '\0';
	assert_string_equal(out, want);
}

/* M01 */
static void
test_from_lines_are_quoted_wherever_the_pieces_meet(void **state)
{
	size_t i, cut;

	(void)state;
	for (i = 0; i < sizeof(quotes) / sizeof(*quotes); i++)
		for (cut = 0; cut <= strlen(quotes[i].in); cut++)
			check_quote(quotes[i].in, cut, quotes[i].want);
}

static void
test_a_last_line_that_ends_in_nul_is_ended_too(void **state)
{
	struct mbox_quote q = {0};
	char out[16];
	size_t n;

	(void)state;
	n = mbox_quote(&q, "a\0", 2, out);
	n += mbox_quote_end(&q, out + n);
	assert_int_equal(n, 3);
	assert_memory_equal(out, "a\0\n", 3);
}

static void
test_the_from_line_is_one_line_of_three_words(void **state)
{
	static const struct {
		const char *sender, *want;
	} lines[] = {
	    {"kim@example.org", "From kim@example.org "},
	    {"", "From MAILER-DAEMON "},
	    {"\"a b\"@x", "From \"a-b\"@x "},
	    {"a\tb\001c", "From a-b-c "},
	};
	char out[MBOX_FROM];
	size_t i, n;

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		n = mbox_from(out, lines[i].sender, 1764000000);
		assert_int_equal(n, strlen(out));
		assert_memory_equal(out, lines[i].want, strlen(lines[i].want));
		assert_string_equal(
		    out + strlen(lines[i].want), "Mon Nov 24 16:00:00 2025\n");
	}
}

static void
test_a_monstrous_sender_is_cut(void **state)
{
	char sender[5000], out[MBOX_FROM];
	size_t n;

	(void)state;
	memset(sender, 'a', sizeof(sender));
	sender[sizeof(sender) - 1] = '\0';
	n = mbox_from(out, sender, 0);
	assert_int_equal(n, strlen(out));
	assert_int_equal(out[n - 1], '\n');
}

/* --- M05: what may be opened
 * ----------------------------------------------------
 */

static void
assert_refused(const char *why)
{
	struct mbox m;
	struct fate f;

	assert_int_equal(mbox_open(&m, path, 0660, 0, &f), -1);
	assert_int_equal(f.class, FATE_DEFERRED);
	assert_non_null(strstr(f.text, why));
	assert_non_null(strstr(f.text, path));
	assert_int_equal(m.fd, -1);
	assert_false(m.dot.held);
}

static void
test_a_symbolic_link_is_refused(void **state)
{
	(void)state;
	put_file(other, "");
	assert_int_equal(symlink(other, path), 0);
	assert_refused("is a symbolic link");
	assert_int_equal(access(lock, F_OK), -1);
	unlink(other); /* one that leads nowhere makes no file there */
	assert_refused("is a symbolic link");
	assert_int_equal(access(other, F_OK), -1);
}

static void
test_a_fifo_is_refused_and_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused("is no regular file");
}

static void
test_a_second_name_is_refused(void **state)
{
	(void)state;
	put_file(other, "");
	assert_int_equal(link(other, path), 0);
	assert_refused("has more than one name");
}

static void
test_another_owner_is_refused(void **state)
{
	(void)state;
	put_file(path, "");
	if (geteuid() != 0) {
		print_message("# needs root: not tried\n");
		return;
	}
	assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
	assert_refused("belongs to another user");
}

static void
test_a_missing_folder_defers(void **state)
{
	struct mbox m;
	struct fate f;

	(void)state;
	assert_int_equal(mbox_open(&m, "/nonexistent/kim", 0600, 0, &f), -1);
	assert_int_equal(f.class, FATE_DEFERRED);
	assert_non_null(strstr(f.text, "/nonexistent/kim"));
}

static void
test_a_new_file_has_its_mode_whatever_the_umask(void **state)
{
	struct mbox m;
	struct fate f;
	struct stat st;

	(void)state;
	umask(077);
	assert_int_equal(mbox_open(&m, path, 0660, 0, &f), 0);
	assert_int_equal(fstat(m.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	assert_int_equal(access(lock, F_OK), 0);
	mbox_close(&m);
	assert_int_equal(access(lock, F_OK), -1);
}

/* --- M02, M03: locks
 * -----------------------------------------------------------------
 */

static void
test_a_dot_lock_is_respected(void **state)
{
	(void)state;
	put_file(path, "");
	put_file(lock, "");
	assert_refused("locked by another");
	assert_int_equal(access(lock, F_OK), 0);
}

static void
test_a_dot_lock_that_is_a_link_is_refused(void **state)
{
	(void)state;
	put_file(path, "");
	assert_int_equal(symlink("/dev/null", lock), 0);
	assert_refused("is no lock file");
	assert_int_equal(unlink(lock), 0); /* it was left alone */
}

static void
test_an_old_dot_lock_is_taken_away(void **state)
{
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct mbox m;
	struct fate f;

	(void)state;
	put_file(path, "");
	put_file(lock, "");
	assert_int_equal(utimensat(AT_FDCWD, lock, old, 0), 0);
	assert_int_equal(mbox_open(&m, path, 0600, 0, &f), 0);
	mbox_close(&m);
}

static void
test_the_lock_of_a_dead_process_is_taken_away(void **state)
{
	struct mbox m;
	struct fate f;
	int status;
	pid_t pid;

	(void)state;
	put_file(path, "");
	if ((pid = fork()) == 0)
		_exit(mbox_open(&m, path, 0600, 0, &f) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(lock, F_OK), 0);
	assert_int_equal(mbox_open(&m, path, 0600, 0, &f), 0);
	mbox_close(&m);
}

static void
test_the_fcntl_lock_of_a_reader_is_respected(void **state)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int ready[2], fd;
	char byte = 0;
	pid_t pid;

	(void)state;
	put_file(path, "");
	assert_int_equal(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		fd = open(path, O_RDWR);
		if (fcntl(fd, F_SETLK, &whole) == 0)
			(void)!write(ready[1], "x", 1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_refused("locked by another");
	assert_int_equal(access(lock, F_OK), -1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ready[0]);
	close(ready[1]);
}

/* --- append ----------------------------------------------------------------
 */

static void
make_letter(struct letter *l, const char *content)
{
	letter_init(l);
	assert_int_equal(record_add(&l->record, "sender", "s@x"), 0);
	assert_int_equal(record_add(&l->record, "recipient", "kim@y"), 0);
	l->length = strlen(content);
	l->bytes = strdup(content);
}

#define HEAD                                                                   \
	"From s@x Thu Jan  1 00:00:00 1970\nReturn-Path: <s@x>\n"              \
	"Delivered-To: kim@y\n"

/* Append these to the mailbox; their fates must be so. */
static void
append_both(const char *one, const char *two, enum fate_class first,
    enum fate_class second)
{
	struct letter a, b, *list[] = {&a, &b};
	struct mbox m;
	struct fate f;

	setenv("TZ", "UTC0", 1);
	tzset();
	make_letter(&a, one);
	make_letter(&b, two);
	assert_int_equal(mbox_open(&m, path, 0600, 0, &f), 0);
	mbox_append(m.fd, path, list, 2, 0);
	mbox_close(&m);
	assert_int_equal(a.fate.class, first);
	assert_int_equal(b.fate.class, second);
	letter_free(&a);
	letter_free(&b);
}

static void
append(const char *one, const char *two, enum fate_class want)
{
	append_both(one, two, want, want);
}

static void
test_letters_are_appended_in_order(void **state)
{
	(void)state;
	append("A: 1\n\nFrom x\n", "B: 2\n", FATE_DONE);
	assert_file(path, HEAD "A: 1\n\n>From x\n\n" HEAD "B: 2\n\n");
}

static void
test_after_a_cut_copy_we_begin_on_a_line_of_our_own(void **state)
{
	static const struct {
		const char *was, *gap;
	} tails[] = {
	    {"From x\n\nhalf a li", "\n\n"},
	    {"From x\n\nwhole\n", "\n"},
	    {"From x\n\nwhole\n\n", ""},
	    {"\n", ""},
	    {"x", "\n\n"},
	};
	char want[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		put_file(path, tails[i].was);
		append("a\n", "b\n", FATE_DONE);
		snprintf(want, sizeof(want), "%s%s" HEAD "a\n\n" HEAD "b\n\n",
		    tails[i].was, tails[i].gap);
		assert_file(path, want);
	}
}

/* With files of at most 4096 bytes. */
static void
append_limited(const char *one, const char *two, enum fate_class first,
    enum fate_class second)
{
	struct rlimit was, few;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	few = was;
	few.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	append_both(one, two, first, second);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
}

static void
test_an_error_cuts_the_file_back(void **state)
{
	char big[5000];

	(void)state;
	put_file(path, "before\n\n");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	append_limited(big, big, FATE_DEFERRED, FATE_DEFERRED);
	assert_file(path, "before\n\n");
}

static void
test_one_that_does_not_fit_waits_alone(void **state)
{
	char big[5000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	put_file(path, "before\n\n");
	append_limited(big, "b\n", FATE_DEFERRED, FATE_DONE);
	assert_file(path, "before\n\n" HEAD "b\n\n");
	append_limited("a\n", big, FATE_DONE, FATE_DEFERRED);
	assert_file(path, "before\n\n" HEAD "b\n\n" HEAD "a\n\n");
}

static void
test_a_content_that_is_cut_short_leaves_nothing_and_waits_alone(void **state)
{
	struct letter l, whole, *list[] = {&l, &whole};
	struct mbox m;
	struct fate f;

	(void)state;
	put_file(path, "before\n\n");
	put_file(other, "short\n");
	make_letter(&l, "");
	free(l.bytes);
	l.bytes = NULL;
	l.length = 100000;
	l.fd = open(other, O_RDONLY);
	make_letter(&whole, "w\n");
	assert_int_equal(mbox_open(&m, path, 0600, 0, &f), 0);
	mbox_append(m.fd, path, list, 2, 0);
	mbox_close(&m);
	assert_int_equal(l.fate.class, FATE_DEFERRED);
	assert_int_equal(whole.fate.class, FATE_DONE);
	letter_free(&l);
	letter_free(&whole);
	assert_file(path, "before\n\n" HEAD "w\n\n");
}

static void
test_a_locked_mailbox_that_was_replaced_no_longer_stands(void **state)
{
	struct mbox m;
	struct fate f;

	(void)state;
	assert_int_equal(mbox_open(&m, path, 0600, 0, &f), 0);
	assert_true(mbox_stands(&m));
	assert_int_equal(link(path, other), 0);
	assert_false(mbox_stands(&m));
	assert_int_equal(unlink(path), 0);
	assert_false(mbox_stands(&m));
	put_file(path, "");
	assert_false(mbox_stands(&m));
	mbox_close(&m);
	assert_false(mbox_stands(&m));
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		test_from_lines_are_quoted_wherever_the_pieces_meet),
	    cmocka_unit_test(test_a_last_line_that_ends_in_nul_is_ended_too),
	    cmocka_unit_test(test_the_from_line_is_one_line_of_three_words),
	    cmocka_unit_test(test_a_monstrous_sender_is_cut),
	    CASE(test_a_locked_mailbox_that_was_replaced_no_longer_stands),
	    CASE(test_a_symbolic_link_is_refused),
	    CASE(test_a_fifo_is_refused_and_not_waited_for),
	    CASE(test_a_second_name_is_refused),
	    CASE(test_another_owner_is_refused),
	    CASE(test_a_missing_folder_defers),
	    CASE(test_a_new_file_has_its_mode_whatever_the_umask),
	    CASE(test_a_dot_lock_is_respected),
	    CASE(test_a_dot_lock_that_is_a_link_is_refused),
	    CASE(test_an_old_dot_lock_is_taken_away),
	    CASE(test_the_lock_of_a_dead_process_is_taken_away),
	    CASE(test_the_fcntl_lock_of_a_reader_is_respected),
	    CASE(test_letters_are_appended_in_order),
	    CASE(test_after_a_cut_copy_we_begin_on_a_line_of_our_own),
	    CASE(test_an_error_cuts_the_file_back),
	    CASE(test_one_that_does_not_fit_waits_alone),
	    CASE(
		test_a_content_that_is_cut_short_leaves_nothing_and_waits_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
