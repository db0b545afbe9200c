/* whole: tables with and without a seal, and every way to damage one. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cdb.h>
#include <cmocka.h>

#include "../tables.h"
#include "map.h"
#include "whole.h"

static const char *const pairs[][2] = {
    {"192.168.0.0/24", "RELAY"},
    {"co.ki", "RELAY"},
    {"@spam.com", "DISCARD"},
    {"connect:127.0.0.1", "RELAY"},
    {"203.0.113", "REJECT"},
    {"from:offers@example.com", "ERROR:5.7.1:550 no more offers"},
};
#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

static char path[128];

static unsigned char *
load(size_t *size)
{
	struct stat st;
	unsigned char *bytes;
	int fd = open(path, O_RDONLY);

	if (fd == -1 || fstat(fd, &st) == -1)
		abort();
	*size = (size_t)st.st_size;
	bytes = malloc(*size + 1);
	if (bytes == NULL || read(fd, bytes, *size) != st.st_size)
		abort();
	close(fd);
	return bytes;
}

static unsigned char *
sealed(size_t *size)
{
	struct mapmake *make = mapmake_begin(path, false);
	size_t i;

	for (i = 0; i < PAIRS; i++)
		mapmake_put(make, pairs[i][0], strlen(pairs[i][0]), pairs[i][1],
		    strlen(pairs[i][1]), MAPMAKE_KEEP);
	assert_int_equal(mapmake_commit(make), 0);
	return load(size);
}

/* As another tool makes it. */
static unsigned char *
plain(size_t *size)
{
	struct cdb_make make;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	size_t i;

	assert_int_equal(cdb_make_start(&make, fd), 0);
	for (i = 0; i < PAIRS; i++)
		assert_int_equal(cdb_make_add(&make, pairs[i][0],
				     (unsigned)strlen(pairs[i][0]), pairs[i][1],
				     (unsigned)strlen(pairs[i][1])),
		    0);
	assert_int_equal(cdb_make_finish(&make), 0);
	close(fd);
	return load(size);
}

static void
what_was_made_is_whole(void **state)
{
	unsigned char *bytes;
	size_t size;

	(void)state;
	bytes = sealed(&size);
	assert_int_equal(whole_check(bytes, size), 0);
	/* Without its seal it is what another tool would have made. */
	assert_int_equal(whole_check(bytes, size - WHOLE_SEAL), 0);
	free(bytes);
	bytes = plain(&size);
	assert_int_equal(whole_check(bytes, size), 0);
	free(bytes);
}

static void
our_tables_are_those_of_another_tool(void **state)
{
	unsigned char *ours, *theirs;
	size_t size, other;

	(void)state;
	ours = sealed(&size);
	theirs = plain(&other);
	assert_int_equal(size, other + WHOLE_SEAL);
	assert_memory_equal(ours, theirs, other);
	free(ours);
	free(theirs);
}

/* May bytes be taken only if every entry is there, and as it was? */
static void
check_answers(const unsigned char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	struct map *m = map_open(folder, "t");
	char value[MAP_VALUE];
	size_t i;

	assert_int_equal(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	for (i = 0; i < PAIRS; i++) {
		assert_int_equal(map_find(m, pairs[i][0], value), 1);
		assert_string_equal(value, pairs[i][1]);
	}
	assert_int_equal(map_find(m, "none", value), 0);
	map_close(m);
}

static void
every_byte_of_a_sealed_one_counts(void **state)
{
	unsigned char *bytes, was;
	unsigned value;
	size_t size, at;

	(void)state;
	bytes = sealed(&size);
	for (at = 0; at < size; at++) {
		was = bytes[at];
		for (value = 0; value < 256; value++) {
			bytes[at] = (unsigned char)value;
			if (value != was && whole_check(bytes, size) == 0)
				check_answers(bytes, size);
		}
		bytes[at] = was;
	}
	free(bytes);
}

static void
cut_at_every_length(void **state)
{
	unsigned char *bytes;
	size_t size, len;

	(void)state;
	bytes = sealed(&size);
	for (len = 0; len < size; len++)
		if (len != size - WHOLE_SEAL)
			assert_int_not_equal(whole_check(bytes, len), 0);
	bytes[size] = 0;
	assert_int_equal(whole_check(bytes, size + 1), EPROTO);
	free(bytes);
}

/* Without a seal a changed value goes unseen, but no key goes wrong. */
static void
a_plain_one_keeps_its_structure(void **state)
{
	static const unsigned char values[] = {0, 1, 0x41, 0x7f, 0x80, 0xff};
	unsigned char *bytes, was;
	size_t size, at, i, seen = 0;

	(void)state;
	bytes = plain(&size);
	for (at = 0; at < size; at++) {
		was = bytes[at];
		for (i = 0; i < sizeof(values); i++) {
			bytes[at] = values[i];
			if (values[i] != was)
				seen += whole_check(bytes, size) != 0;
		}
		bytes[at] = was;
	}
	assert_true(seen > 4000);
	free(bytes);
}

static void
what_is_none_is_told_apart(void **state)
{
	unsigned char berkeley[4096] = {0};

	(void)state;
	assert_int_equal(whole_check(berkeley, 0), ENODATA);
	assert_int_equal(whole_check(berkeley, sizeof(berkeley)), EPROTO);
	memcpy(berkeley + 12, "\x61\x15\x06", 4);
	assert_int_equal(whole_check(berkeley, sizeof(berkeley)), EMEDIUMTYPE);
	memcpy(berkeley + 12, "\0\x05\x31\x62", 4);
	assert_int_equal(whole_check(berkeley, sizeof(berkeley)), EMEDIUMTYPE);
	memset(berkeley, 'x', sizeof(berkeley));
	assert_int_equal(whole_check(berkeley, sizeof(berkeley)), EPROTO);
	assert_non_null(strstr(whole_reason(EMEDIUMTYPE), "Berkeley"));
	assert_non_null(strstr(whole_reason(ENODATA), "empty"));
	assert_non_null(strstr(whole_reason(EPROTO), "damaged"));
}

/* Tables that overlap would have it count for hours. */
static void
overlapping_tables_are_none(void **state)
{
	static unsigned char bytes[1 << 20];
	unsigned i;

	(void)state;
	for (i = 0; i < 256; i++) {
		cdb_pack(WHOLE_HEAD, bytes + i * 8);
		cdb_pack((sizeof(bytes) - WHOLE_HEAD) / 8, bytes + i * 8 + 4);
	}
	assert_int_equal(whole_check(bytes, sizeof(bytes)), EPROTO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_made_is_whole),
	    cmocka_unit_test(our_tables_are_those_of_another_tool),
	    cmocka_unit_test(every_byte_of_a_sealed_one_counts),
	    cmocka_unit_test(cut_at_every_length),
	    cmocka_unit_test(a_plain_one_keeps_its_structure),
	    cmocka_unit_test(what_is_none_is_told_apart),
	    cmocka_unit_test(overlapping_tables_are_none),
	};
	int failed;

	folder_make();
	snprintf(path, sizeof(path), "%s/t.cdb", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	folder_remove();
	return failed;
}
