#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "intake.h"

#define MOST 1000

static void
put(struct intake *in, const char *bytes, size_t len)
{
	size_t room;
	char *to = intake_room(in, &room);

	assert_true(len <= room);
	memcpy(to, bytes, len);
	intake_took(in, len);
}

/* What comes out of some text: contents, each with '|'; then '!' if nonsense.
 */
static void
drink(const char *text, size_t step, char *out, size_t size)
{
	struct intake in;
	struct letter l;
	size_t at, n;
	int r = 0;

	out[0] = '\0';
	intake_init(&in, MOST);
	for (at = 0; at < strlen(text) && r != -1; at += n) {
		n = strlen(text) - at < step ? strlen(text) - at : step;
		put(&in, text + at, n);
		while ((r = intake_next(&in, &l)) == 1) {
			(void)snprintf(out + strlen(out), size - strlen(out),
			    "%s:%.*s|", record_text(&l.record, "recipient"),
			    (int)l.length, l.bytes);
			letter_free(&l);
		}
	}
	if (r == -1) {
		assert_non_null(in.why);
		(void)strlcat(out, "!", size);
	} else if (intake_is_open(&in))
		(void)strlcat(out, "...", size);
	intake_free(&in);
}

static const struct {
	const char *text, *want;
} rows[] = {
    {"", ""},
    {"sender=\nrecipient=a\nsize=3\n\nabc", "a:abc|"},
    {"sender=\nrecipient=a\nsize=0\n\n", "a:|"},
    {"sender=s\nrecipient=a\nsize=3\n\nabc"
     "id=x\nsender=\nrecipient=b\nsize=2\n\nde",
	"a:abc|b:de|"},
    {"sender=\nrecipient=a\nsize=4\n\nabc", "..."},
    {"sender=\nrecipi", "..."},
    {"recipient=a\nsize=0\n\n", "!"},
    {"sender=\nsize=0\n\n", "!"},
    {"sender=\nrecipient=\nsize=0\n\n", "!"},
    {"sender=\nrecipient=a\n\n", "!"},
    {"sender=\nrecipient=a\nlength=5\n\n", "!"},
    {"sender=\nrecipient=a\nsize=-1\n\n", "!"},
    {"sender=\nrecipient=a\nsize=99999999999999999999\n\n", "!"},
    {"sender=\nrecipient=a\nsize=1001\n\n", "!"},
    {"sender=\nrecipient=a\nsize=1 \n\nx", "!"},
    {"noise\n\n", "!"},
    {"\n", "!"},
};

static void
test_letters_come_out_however_the_bytes_come_in(void **state)
{
	char got[256];
	size_t i, step;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (step = 1; step < 100; step++) {
			drink(rows[i].text, step, got, sizeof(got));
			assert_string_equal(got, rows[i].want);
		}
}

/* What lies behind the number, to tell descriptors apart. */
static int
file_with(const char *text)
{
	int fd = memfd_create("content", MFD_CLOEXEC);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void
test_descriptors_go_to_the_letters_that_want_one_in_order(void **state)
{
	static const char text[] = "sender=\nrecipient=a\nlength=1\n\n"
				   "sender=\nrecipient=b\nsize=1\n\nx"
				   "sender=\nrecipient=c\nlength=1\n\n";
	struct intake in;
	struct letter l[3];
	char byte;
	int i;

	(void)state;
	intake_init(&in, MOST);
	intake_file(&in, file_with("1"));
	intake_file(&in, file_with("2"));
	put(&in, text, strlen(text));
	for (i = 0; i < 3; i++)
		assert_int_equal(intake_next(&in, &l[i]), 1);
	assert_int_equal(pread(l[0].fd, &byte, 1, 0), 1);
	assert_int_equal(byte, '1');
	assert_int_equal(l[1].fd, -1);
	assert_int_equal(pread(l[2].fd, &byte, 1, 0), 1);
	assert_int_equal(byte, '2');
	for (i = 0; i < 3; i++)
		letter_free(&l[i]);
	intake_free(&in);
}

static int
gather(const char *bytes, size_t len, void *arg)
{
	char *all = arg;

	(void)snprintf(
	    all + strlen(all), 64 - strlen(all), "%.*s", (int)len, bytes);
	return 0;
}

static void
test_content_may_take_the_place_of_a_files_beginning(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: nonsense */
	} heads[] = {
	    {"length=9\nskip=4\nsize=3\n\nabc", "abcbody\n"},
	    {"length=9\nskip=0\nsize=2\n\nab", "abold\nbody\n"},
	    {"length=9\nskip=9\nsize=2\n\nab", "ab"},
	    {"length=9\nskip=4\nsize=0\n\n", "body\n"},
	    {"length=9\n\n", "old\nbody\n"},
	    {"length=9\nskip=10\nsize=2\n\nab", NULL},
	    {"length=9\nskip=x\nsize=2\n\nab", NULL},
	    {"length=9\nsize=2\n\nab", NULL},
	};
	struct intake in;
	struct letter l;
	char text[128], got[64];
	size_t i, at;
	int r;

	(void)state;
	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		intake_init(&in, MOST);
		intake_file(&in, file_with("old\nbody\n"));
		snprintf(text, sizeof(text), "sender=\nrecipient=a\n%s",
		    heads[i].text);
		for (at = 0, r = 0; r == 0 && at < strlen(text); at++) {
			put(&in, text + at, 1);
			r = intake_next(&in, &l);
		}
		assert_int_equal(r, heads[i].want != NULL ? 1 : -1);
		if (r == 1) {
			assert_int_equal(at, strlen(text));
			assert_int_equal(l.length, strlen(heads[i].want));
			got[0] = '\0';
			assert_int_equal(letter_read(&l, gather, got), 0);
			assert_string_equal(got, heads[i].want);
			letter_free(&l);
		}
		intake_free(&in);
	}
}

static void
test_descriptors_nobody_wants_are_closed(void **state)
{
	struct intake in;
	int first, i, fd;

	(void)state;
	first = dup(0);
	close(first);
	intake_init(&in, MOST);
	for (i = 0; i < INTAKE_FILES + 10; i++)
		intake_file(&in, dup(0));
	intake_free(&in);
	fd = dup(0);
	assert_int_equal(fd, first);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_letters_come_out_however_the_bytes_come_in),
	    cmocka_unit_test(
		test_descriptors_go_to_the_letters_that_want_one_in_order),
	    cmocka_unit_test(
		test_content_may_take_the_place_of_a_files_beginning),
	    cmocka_unit_test(test_descriptors_nobody_wants_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
