/* map, mapmake: tables that change, break, and come whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../tables.h"
#include "map.h"

static char path[128], beside[140];

static void
expect(struct map *m, const char *key, int got, const char *want)
{
	char value[MAP_VALUE];

	assert_int_equal(map_find(m, key, value), got);
	if (got == 1)
		assert_string_equal(value, want);
}

static void
a_new_table_counts_at_the_next_look_up(void **state)
{
	struct map *m = map_open(folder, "t");
	unsigned long version;

	(void)state;
	table_remove("t");
	expect(m, "a", 0, NULL);
	assert_false(map_exists(m));
	table_write("t", "a 1\nb 2\n");
	expect(m, "a", 1, "1");
	expect(m, "c", 0, NULL);
	expect(m, "", 0, NULL);
	assert_true(map_exists(m));
	version = map_version(m);
	table_write("t", "a 3\n");
	expect(m, "a", 1, "3");
	expect(m, "b", 0, NULL);
	assert_int_not_equal(map_version(m), version);
	table_remove("t");
	expect(m, "a", 0, NULL);
	map_close(m);
}

static void
a_held_table_stays_as_it_was(void **state)
{
	struct map *m = map_open(folder, "t");

	(void)state;
	table_write("t", "a 1\n");
	assert_true(map_look(m));
	map_hold(m, true);
	table_write("t", "a 2\n");
	expect(m, "a", 1, "1");
	table_remove("t");
	expect(m, "a", 1, "1");
	map_hold(m, false);
	expect(m, "a", 0, NULL);
	map_close(m);
}

/* Write len bytes of noise, or cut the table, at the path itself. */
static void
spoil(const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd == -1 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void
a_broken_table_is_an_error_until_it_is_mended(void **state)
{
	struct map *m = map_open(folder, "t");
	char noise[5000], value[MAP_VALUE];
	struct stat st;
	off_t size;

	(void)state;
	table_write("t", "a 1\n");
	expect(m, "a", 1, "1");
	assert_int_equal(stat(path, &st), 0);
	for (size = st.st_size - 1; size >= 0; size -= 97) {
		assert_int_equal(truncate(path, size), 0);
		assert_int_equal(map_find(m, "a", value), -1);
		assert_non_null(strstr(map_reason(m), path));
		assert_true(map_exists(m));
	}
	table_write("t", "a 1\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size + 1), 0);
	assert_int_equal(map_find(m, "a", value), -1);
	spoil("", 0);
	assert_int_equal(map_find(m, "a", value), -1);
	memset(noise, 0xff, sizeof(noise));
	spoil(noise, sizeof(noise));
	assert_int_equal(map_find(m, "a", value), -1);
	memset(noise, 0, sizeof(noise));
	spoil(noise, sizeof(noise));
	assert_int_equal(map_find(m, "a", value), -1);
	unlink(path);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(map_find(m, "a", value), -1);
	rmdir(path);
	table_write("t", "a 2\n");
	expect(m, "a", 1, "2");
	map_close(m);
}

/* Never a look-up past the end, never another value. */
static void
a_flipped_byte_is_noticed(void **state)
{
	struct map *m = map_open(folder, "t");
	char value[MAP_VALUE], *bytes;
	struct stat st;
	off_t at;
	int fd;

	(void)state;
	table_write("t", "alpha one\nbeta two\ngamma three\n");
	assert_int_equal(stat(path, &st), 0);
	bytes = malloc((size_t)st.st_size);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	for (at = 0; at < st.st_size; at += at < 2048 ? 31 : 1) {
		bytes[at] ^= (char)0xff;
		spoil(bytes, (size_t)st.st_size);
		assert_int_equal(map_find(m, "alpha", value), -1);
		assert_int_equal(map_find(m, "gamma", value), -1);
		bytes[at] ^= (char)0xff;
	}
	free(bytes);
	map_close(m);
}

static void
a_closing_nul_on_either_side_is_tolerated(void **state)
{
	struct map *m = map_open(folder, "t");
	struct mapmake *make = mapmake_begin(path, false);

	(void)state;
	mapmake_put(make, "a", 2, "1", 2, MAPMAKE_KEEP);
	mapmake_put(make, "b", 1, "2", 2, MAPMAKE_KEEP);
	mapmake_put(make, "c", 1, "x\0y", 3, MAPMAKE_KEEP);
	mapmake_put(make, "e", 1, "", 0, MAPMAKE_KEEP);
	assert_int_equal(mapmake_commit(make), 0);
	expect(m, "a", 1, "1");
	expect(m, "b", 1, "2");
	expect(m, "c", -1, NULL);
	expect(m, "e", 1, "");
	map_close(m);
}

static void
long_values(void **state)
{
	struct map *m = map_open(folder, "t");
	struct mapmake *make = mapmake_begin(path, false);
	char *text = malloc(100000), *value, small[MAP_VALUE];

	(void)state;
	memset(text, 'x', 100000);
	mapmake_put(make, "a", 1, text, 100000, MAPMAKE_KEEP);
	assert_int_equal(mapmake_commit(make), 0);
	assert_int_equal(map_find(m, "a", small), -1);
	assert_int_equal(map_load(m, "a", &value), 1);
	assert_int_equal(strlen(value), 100000);
	free(value);
	free(text);
	map_close(m);
}

static int
join(const char *key, const char *value, void *arg)
{
	strlcat(arg, key, 64);
	strlcat(arg, "=", 64);
	strlcat(arg, value, 64);
	strlcat(arg, " ", 64);
	return strcmp(key, "stop") == 0 ? 7 : 0;
}

static void
note(const char *key, unsigned line, void *arg)
{
	size_t len = strlen(arg);

	snprintf((char *)arg + len, 64 - len, "%s:%u ", key, line);
}

static void
what_becomes_of_a_key_that_comes_twice(void **state)
{
	static const struct {
		enum mapmake_double first, twice;
		const char *want, *told;
	} rows[] = {
	    {MAPMAKE_KEEP, MAPMAKE_KEEP, "a=1 b=2 c=5 ", "a:3 b:4 a:6 "},
	    {MAPMAKE_REPLACE, MAPMAKE_REPLACE, "b=4 c=5 a=6 ", "a:3 b:4 a:6 "},
	    {MAPMAKE_BOTH, MAPMAKE_BOTH, "a=1 b=2 a=3 b=4 c=5 a=6 ", ""},
	    {MAPMAKE_BOTH, MAPMAKE_KEEP, "a=1 b=2 c=5 ", "a:3 b:4 a:6 "},
	    {MAPMAKE_BOTH, MAPMAKE_REPLACE, "b=4 c=5 a=6 ", "a:3 b:4 a:6 "},
	};
	static const char *const keys[] = {"a", "b", "a", "b", "c", "a"};
	struct mapmake *make;
	struct map *m;
	char got[64], told[64], value[2] = "";
	unsigned n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make = mapmake_begin(path, false);
		told[0] = '\0';
		mapmake_tell(make, note, told);
		for (n = 0; n < 6; n++) {
			mapmake_line(make, n + 1);
			value[0] = (char)('1' + n);
			assert_int_equal(
			    mapmake_put(make, keys[n], 1, value, 1,
				n < 2 ? rows[i].first : rows[i].twice),
			    0);
		}
		assert_int_equal(mapmake_commit(make), 0);
		m = map_open(folder, "t");
		got[0] = '\0';
		assert_int_equal(map_each(m, join, got), 0);
		assert_string_equal(got, rows[i].want);
		assert_string_equal(told, rows[i].told);
		expect(m, "c", 1, "5"); /* which stands elsewhere now */
		map_close(m);
	}
	table_write("t", "stop here\nnever there\n");
	m = map_open(folder, "t");
	got[0] = '\0';
	assert_int_equal(map_each(m, join, got), 7);
	assert_string_equal(got, "stop=here ");
	map_close(m);
}

static void
a_maker_that_dies_leaves_the_old_table(void **state)
{
	struct map *m = map_open(folder, "t");
	struct mapmake *make;
	int status;
	pid_t pid;

	(void)state;
	table_write("t", "a 1\n");
	if ((pid = fork()) == 0) {
		make = mapmake_begin(path, false);
		mapmake_put(make, "a", 1, "2", 1, MAPMAKE_KEEP);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	expect(m, "a", 1, "1");
	assert_int_equal(truncate(beside, 100000), 0);
	table_write("t", "a 2\n");
	expect(m, "a", 1, "2");
	table_write("t", "a 1\n");
	make = mapmake_begin(path, false);
	mapmake_put(make, "a", 1, "3", 1, MAPMAKE_KEEP);
	mapmake_abort(make);
	expect(m, "a", 1, "1");
	assert_int_equal(access(beside, F_OK), -1);
	table_write("t", "a 4\n");
	expect(m, "a", 1, "4");
	map_close(m);
}

static void
mode_is_for_all_or_as_it_was(void **state)
{
	struct stat st;

	(void)state;
	umask(077);
	unlink(path);
	table_write("t", "a 1\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	chmod(path, 0640);
	table_write("t", "a 2\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	umask(022);
}

static void
links_are_refused(void **state)
{
	char other[140];

	(void)state;
	snprintf(other, sizeof(other), "%s/other", folder);
	unlink(path);
	file_write("other", "x");
	assert_int_equal(symlink(other, path), 0);
	assert_null(mapmake_begin(path, false));
	assert_int_equal(errno, ELOOP);
	unlink(path);
	assert_int_equal(link(other, path), 0);
	assert_null(mapmake_begin(path, false));
	assert_int_equal(errno, EMLINK);
	unlink(path);
	assert_int_equal(link(other, beside), 0);
	assert_null(mapmake_begin(path, false));
	assert_int_equal(errno, EMLINK);
	unlink(beside);
	assert_int_equal(symlink(other, beside), 0);
	assert_null(mapmake_begin(path, false));
	unlink(beside);
	assert_null(mapmake_begin("/nonexistent/t.cdb", false));
	assert_int_equal(errno, ENOENT);
}

static void
missing_beside_its_source(void **state)
{
	struct map *m = map_open(folder, "t");
	char value[MAP_VALUE];
	unsigned long version;

	(void)state;
	table_write("t", "a 1\n");
	unlink(path);
	assert_int_equal(map_find(m, "a", value), -1);
	assert_non_null(strstr(map_reason(m), "missing beside its source"));
	version = map_version(m);
	assert_int_equal(map_find(m, "a", value), -1);
	assert_int_equal(map_version(m), version);
	table_remove("t");
	expect(m, "a", 0, NULL);
	assert_int_not_equal(map_version(m), version);
	version = map_version(m);
	expect(m, "a", 0, NULL);
	assert_int_equal(map_version(m), version);
	file_write("t", "a 1\n");
	assert_int_equal(map_find(m, "a", value), -1);
	table_write("t", "a 2\n");
	expect(m, "a", 1, "2");
	map_close(m);
}

static void
a_value_that_no_cdb_holds(void **state)
{
	struct mapmake *make = mapmake_begin(path, false);

	(void)state;
	assert_int_equal(mapmake_put(make, "a", 1, "1", 1, MAPMAKE_KEEP), 0);
	assert_int_equal(
	    mapmake_put(make, "b", 1, "", UINT32_MAX - 2000, MAPMAKE_KEEP), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(mapmake_commit(make), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(access(beside, F_OK), -1);
}

static void
count(const char *key, unsigned line, void *arg)
{
	char want[32];

	snprintf(want, sizeof(want), "key%u", line);
	assert_string_equal(key, want);
	assert_int_equal(line, *(unsigned *)arg);
	++*(unsigned *)arg;
}

/* Enough for hashes that are equal, and for more than one buffer. */
static void
many_keys(void **state)
{
	struct map *m = map_open(folder, "t");
	struct mapmake *make = mapmake_begin(path, false);
	char key[32], value[MAP_VALUE];
	unsigned i, twice, told = 0;
	int n;

	(void)state;
	mapmake_tell(make, count, &told);
	for (twice = 0; twice < 2; twice++)
		for (i = 0; i < 200000; i++) {
			mapmake_line(make, i);
			n = snprintf(key, sizeof(key), "key%u", i);
			assert_int_equal(mapmake_put(make, key, (size_t)n, key,
					     (size_t)n - twice, MAPMAKE_KEEP),
			    0);
		}
	assert_int_equal(mapmake_commit(make), 0);
	assert_int_equal(told, 200000);
	for (i = 0; i < 200000; i++) {
		snprintf(key, sizeof(key), "key%u", i);
		assert_int_equal(map_find(m, key, value), 1);
		assert_string_equal(value, key);
	}
	expect(m, "key200000", 0, NULL);
	map_close(m);
}

/* Somebody wrote into it, or the disk did not do as it was told. */
static void
a_file_that_does_not_hold_what_was_written(void **state)
{
	static char value[300000];
	struct mapmake *make;
	struct map *m = map_open(folder, "t");
	int fd, row;

	(void)state;
	table_write("t", "a 1\n");
	memset(value, 'v', sizeof(value));
	for (row = 0; row < 3; row++) {
		make = mapmake_begin(path, false);
		assert_int_equal(mapmake_put(make, "b", 1, value, sizeof(value),
				     MAPMAKE_KEEP),
		    0);
		if (row == 2) /* entries are moved, and checked before */
			mapmake_put(make, "b", 1, "x", 1, MAPMAKE_KEEP);
		fd = open(beside, O_WRONLY);
		if (row == 1)
			assert_int_equal(ftruncate(fd, 5000), 0);
		else
			assert_int_equal(pwrite(fd, "w", 1, 5000), 1);
		close(fd);
		assert_int_equal(mapmake_commit(make), -1);
		assert_int_equal(errno, EIO);
		assert_int_equal(access(beside, F_OK), -1);
		expect(m, "a", 1, "1");
	}
	map_close(m);
}

static void
an_empty_table_is_a_table(void **state)
{
	struct map *m = map_open(folder, "t");

	(void)state;
	table_write("t", "");
	expect(m, "a", 0, NULL);
	assert_true(map_exists(m));
	map_close(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_new_table_counts_at_the_next_look_up),
	    cmocka_unit_test(a_held_table_stays_as_it_was),
	    cmocka_unit_test(a_broken_table_is_an_error_until_it_is_mended),
	    cmocka_unit_test(a_flipped_byte_is_noticed),
	    cmocka_unit_test(a_closing_nul_on_either_side_is_tolerated),
	    cmocka_unit_test(long_values),
	    cmocka_unit_test(what_becomes_of_a_key_that_comes_twice),
	    cmocka_unit_test(a_maker_that_dies_leaves_the_old_table),
	    cmocka_unit_test(mode_is_for_all_or_as_it_was),
	    cmocka_unit_test(links_are_refused),
	    cmocka_unit_test(an_empty_table_is_a_table),
	    cmocka_unit_test(missing_beside_its_source),
	    cmocka_unit_test(a_value_that_no_cdb_holds),
	    cmocka_unit_test(many_keys),
	    cmocka_unit_test(a_file_that_does_not_hold_what_was_written),
	};
	int failed;

	folder_make();
	snprintf(path, sizeof(path), "%s/t.cdb", folder);
	snprintf(beside, sizeof(beside), "%s.new", path);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	folder_remove();
	return failed;
}
