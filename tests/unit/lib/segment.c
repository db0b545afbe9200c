/* Segments: what was written comes back, and nothing else ever does. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "segment.h"

#define SALT    0x0123456789abcdefU
#define OLDSALT 0xfedcba9876543210U
#define SIZE    (16 * SEGMENT_BLOCK)

/* A segment being built in memory. */
struct draft {
	char bytes[SIZE];
	size_t end;
	uint64_t salt;
	char heads[SIZE];
	size_t heads_len;
	unsigned count;
};

static struct draft draft;
static char folder[] = "/tmp/segment.XXXXXX";
static int dir = -1;

static void
begin(uint64_t salt)
{
	memset(&draft, 0, sizeof(draft));
	draft.salt = salt;
	segment_head(draft.bytes, 0x1a, salt, SIZE);
	draft.end = SEGMENT_BLOCK;
}

/* Add an entry; big: its content lies elsewhere. */
static void
add(const char *content, bool big)
{
	struct record head;
	char id[ID_SIZE], *text;
	size_t len;

	record_init(&head, RECORD_ENVELOPE);
	id_format(id, 0x1a, ++draft.count);
	record_add(&head, "id", id);
	record_add(&head, "generation", "0");
	record_add(&head, "arrival", "1764000000.123456");
	record_add(&head, "sender", "kim@example.org");
	record_add(&head, "recipient", "kjy@kjy.co.ki");
	text = entry_encode(&head, entry_seed(draft.salt, (off_t)draft.end),
	    strlen(content), content_sum(draft.salt, content, strlen(content)),
	    big, &len);
	assert_non_null(text);
	record_free(&head);
	draft.heads_len += (size_t)snprintf(draft.heads + draft.heads_len,
	    SIZE - draft.heads_len, "offset=%zu\n%.*s", draft.end, (int)len,
	    text);
	memcpy(draft.bytes + draft.end, text, len);
	draft.end += len;
	if (!big) {
		memcpy(draft.bytes + draft.end, content, strlen(content));
		draft.end += strlen(content);
	}
	free(text);
}

static void
end_batch(void)
{
	draft.end =
	    (draft.end + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK * SEGMENT_BLOCK;
}

static void
end_segment(void)
{
	size_t len;
	char *text;

	end_batch();
	text = index_encode(
	    draft.heads, draft.heads_len, draft.salt, (off_t)draft.end, &len);
	assert_true(draft.end + len <= SIZE - SEGMENT_BLOCK);
	memcpy(draft.bytes + draft.end, text, len);
	free(text);
	segment_foot(
	    draft.bytes + SIZE - SEGMENT_BLOCK, draft.salt, (off_t)draft.end);
}

static void
put_file(const char *name, const char *bytes, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* What a walk saw, in short: "1 2 ! 3" where ! is damage. */
static char seen[4096];

static void
note(const struct entry *e)
{
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof(seen) - len, "%s%x", len == 0 ? "" : " ",
	    e->sequence);
}

static int
note_each(struct entry *e, void *arg)
{
	(void)arg;
	note(e);
	return 0;
}

static const char *
walk_once(off_t limit, bool ahead)
{
	struct segment s;
	struct entry e;
	off_t at = SEGMENT_BLOCK, damage = 0;
	int got;

	seen[0] = '\0';
	if (segment_open(&s, dir, "0000001a", O_RDONLY) == -1)
		return "none";
	segment_ahead(&s, ahead);
	entry_init(&e);
	while ((got = segment_walk(&s, &at, limit, &e, &damage)) > 0)
		if (got == 1) {
			note(&e);
			assert_true(e.end <= s.size);
			assert_true(entry_stands(&s, &e));
		} else {
			assert_true(damage < at);
			strlcat(seen, " !", sizeof(seen));
		}
	assert_int_equal(got, 0);
	entry_free(&e);
	segment_close(&s);
	return seen;
}

/* Much at once, or one entry at a time: all the same. */
static const char *
walk(off_t limit)
{
	char ahead[sizeof(seen)];
	const char *found = walk_once(limit, true);

	strlcpy(ahead, found, sizeof(ahead));
	found = walk_once(limit, false);
	assert_string_equal(found, ahead);
	return found;
}

static const char *
index_walk(int *result)
{
	struct segment s;

	seen[0] = '\0';
	*result = 0;
	if (segment_open(&s, dir, "0000001a", O_RDONLY) == -1)
		return "none";
	*result = segment_index(&s, note_each, NULL);
	segment_close(&s);
	return seen;
}

static void
put_draft(void)
{
	put_file("0000001a", draft.bytes, SIZE);
}

/* Three batches: two messages, one, and a big one with another. */
static void
fill(void)
{
	begin(SALT);
	add("Subject: 1\n\none\n", false);
	add("Subject: 2\n\ntwo\n", false);
	end_batch();
	add("Subject: 3\n\nthree\n", false);
	end_batch();
	add("Subject: 4\n\nbig\n", true);
	add("", false);
	end_batch();
}

static void
test_ids(void **state)
{
	static const char *const bad[] = {"", "0000001a", "0000001a-", "1a-1",
	    "0000001A-00003", "0000001a-0003", "0000001a-000003",
	    "0000001a_00003", "0000001a-00003 ", "0000001a-0000g",
	    "0000001a-100000000", "../../x-00003"};
	char id[ID_SIZE];
	uint32_t segment, sequence;
	size_t i;

	(void)state;
	id_format(id, 0x1a, 3);
	assert_string_equal(id, "0000001a-00003");
	assert_int_equal(id_parse(id, &segment, &sequence), 0);
	assert_int_equal(segment, 0x1a);
	assert_int_equal(sequence, 3);
	id_format(id, UINT32_MAX, UINT32_MAX);
	assert_int_equal(id_parse(id, &segment, &sequence), 0);
	assert_int_equal(sequence, UINT32_MAX);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(id_parse(bad[i], &segment, &sequence), -1);
	assert_int_equal(segment_number("0000001a", &segment), 0);
	assert_int_equal(segment_number("spare.01", &segment), -1);
}

static void
test_what_was_written_comes_back(void **state)
{
	struct segment s;
	struct entry e;
	char *content;

	(void)state;
	fill();
	put_draft();
	assert_string_equal(walk(0), "1 2 3 4 5");
	assert_int_equal(segment_open(&s, dir, "0000001a", O_RDONLY), 0);
	assert_int_equal(s.number, 0x1a);
	assert_int_equal(s.size, SIZE);
	entry_init(&e);
	assert_int_equal(entry_read(&s, 2 * SEGMENT_BLOCK, &e), 1);
	assert_string_equal(e.id, "0000001a-00003");
	assert_int_equal(e.arrival, 1764000000123456);
	assert_int_equal(e.generation, 0);
	assert_string_equal(record_get(&e.head, "sender"), "kim@example.org");
	content = entry_content(&s, &e);
	assert_string_equal(content, "Subject: 3\n\nthree\n");
	free(content);
	entry_free(&e);
	segment_close(&s);
}

static void
test_a_limit_hides_what_is_not_durable_yet(void **state)
{
	(void)state;
	fill();
	put_draft();
	assert_string_equal(walk(SEGMENT_BLOCK), "");
	assert_string_equal(walk(2 * SEGMENT_BLOCK), "1 2");
	assert_string_equal(walk(2 * SEGMENT_BLOCK + 10), "1 2");
	assert_string_equal(walk(3 * SEGMENT_BLOCK), "1 2 3");
}

static void
test_the_index_equals_the_walk(void **state)
{
	char walked[sizeof(seen)];
	int result;

	(void)state;
	fill();
	put_draft();
	index_walk(&result);
	assert_int_equal(result, 0);
	end_segment();
	put_draft();
	strlcpy(walked, walk(0), sizeof(walked));
	assert_string_equal(walked, "1 2 3 4 5");
	assert_string_equal(index_walk(&result), walked);
	assert_int_equal(result, 1);
}

static void
test_a_bad_content_is_not_given(void **state)
{
	struct segment s;
	struct entry e;

	(void)state;
	fill();
	put_draft();
	assert_int_equal(segment_open(&s, dir, "0000001a", O_RDONLY), 0);
	entry_init(&e);
	assert_int_equal(entry_read(&s, 2 * SEGMENT_BLOCK, &e), 1);
	draft.bytes[e.content + 3] ^= 1;
	put_draft();
	segment_close(&s);
	assert_int_equal(segment_open(&s, dir, "0000001a", O_RDONLY), 0);
	assert_null(entry_content(&s, &e));
	assert_int_equal(errno, EPROTO);
	entry_free(&e);
	segment_close(&s);
}

static void
test_a_big_content_is_verified(void **state)
{
	struct segment s = {.fd = -1, .salt = SALT, .size = SIZE};
	struct entry e;
	int fd = memfd_create("big", 0);

	(void)state;
	entry_init(&e);
	e.big = true;
	e.length = 5;
	e.content_sum = content_sum(0, "mail\n", 5);
	assert_int_equal(pwrite(fd, "mail\n", 5, 0), 5);
	assert_int_equal(entry_verify_big(&s, &e, fd), 0);
	assert_int_equal(pwrite(fd, "m", 1, 5), 1);
	assert_int_equal(entry_verify_big(&s, &e, fd), -1);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(pwrite(fd, "n", 1, 0), 1);
	assert_int_equal(entry_verify_big(&s, &e, fd), -1);
	assert_int_equal(errno, EPROTO);
	entry_free(&e);
	close(fd);
}

/* M13 */
static void
test_damage_is_set_aside(void **state)
{
	(void)state;
	fill();
	memset(draft.bytes + 2 * SEGMENT_BLOCK, 'x', 50);
	put_draft();
	assert_string_equal(walk(0), "1 2 ! 4 5");
	/* Damage at the end of a batch, behind its good entries. */
	fill();
	draft.bytes[2 * SEGMENT_BLOCK - 1] = 'x';
	put_draft();
	assert_string_equal(walk(0), "1 2 ! 3 4 5");
	/* A bad tail is nothing. */
	fill();
	memset(draft.bytes + 3 * SEGMENT_BLOCK, 'x', SEGMENT_BLOCK);
	put_draft();
	assert_string_equal(walk(0), "1 2 3");
}

static void
test_an_earlier_life_is_not_seen(void **state)
{
	static char old[SIZE];

	(void)state;
	begin(OLDSALT);
	while (draft.end < SIZE - SEGMENT_BLOCK) {
		add("Subject: old\n\nold\n", false);
		end_batch();
	}
	memcpy(old, draft.bytes, SIZE);
	fill();
	memcpy(old, draft.bytes, draft.end);
	put_file("0000001a", old, SIZE);
	assert_string_equal(walk(0), "1 2 3 4 5");
	/* Not even with the number of this life. */
	memcpy(old, draft.bytes, SEGMENT_BLOCK);
	put_file("0000001a", old, SIZE);
	assert_string_equal(walk(2 * SEGMENT_BLOCK), "1 2");
}

/* A body that holds entries, one on each boundary, by one who lacks the salt */
static void
test_a_body_that_imitates_entries_is_not_seen(void **state)
{
	static char body[4 * SEGMENT_BLOCK];
	static char forged[600];
	size_t used, at;
	char *text;
	struct record r;

	(void)state;
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "id", "0000001a-00666");
	record_add(&r, "generation", "0");
	record_add(&r, "arrival", "1764000000.123456");
	record_add(&r, "sender", "");
	record_add(&r, "recipient", "root");
	text = entry_encode(&r, 0, 0, content_sum(0, "", 0), false, &used);
	assert_true(used < sizeof(forged));
	memcpy(forged, text, used);
	free(text);
	record_free(&r);
	memset(body, '\n', sizeof(body) - 1);
	begin(SALT);
	add(body, false);
	for (at = 2; at < 5; at++)
		memcpy(draft.bytes + at * SEGMENT_BLOCK, forged, used);
	end_batch();
	add("after\n", false);
	end_batch();
	put_draft();
	assert_string_equal(walk(0), "1 2");
	/* Even when the head before the body is lost. */
	draft.bytes[SEGMENT_BLOCK] = 'x';
	put_draft();
	assert_string_equal(walk(0), " ! 2");
}

/* A torn index may have a record at a boundary by chance. */
static void
test_a_copy_of_a_record_elsewhere_is_no_entry(void **state)
{
	(void)state;
	begin(SALT);
	add("one\n", false);
	end_batch();
	memcpy(draft.bytes + 3 * SEGMENT_BLOCK, draft.bytes + SEGMENT_BLOCK,
	    SEGMENT_BLOCK);
	put_draft();
	assert_string_equal(walk(0), "1");
}

static void
test_reserved_names_are_refused(void **state)
{
	struct record r;
	size_t len;

	(void)state;
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "id", "0000001a-00001");
	record_add(&r, "sum", "0");
	assert_null(entry_encode(&r, SALT, 0, 0, false, &len));
	assert_int_equal(errno, EINVAL);
	record_free(&r);
}

static void
test_foreign_files_are_no_segments(void **state)
{
	struct segment s;

	(void)state;
	fill();
	put_file("0000001b", draft.bytes, SIZE); /* a copy: wrong number */
	assert_int_equal(segment_open(&s, dir, "0000001b", O_RDONLY), -1);
	assert_int_equal(errno, EPROTO);
	put_file("0000001c", "", 0);
	assert_int_equal(segment_open(&s, dir, "0000001c", O_RDONLY), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(mkdirat(dir, "0000001d", 0700), 0);
	assert_int_equal(segment_open(&s, dir, "0000001d", O_RDONLY), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(mkfifoat(dir, "0000001e", 0700), 0);
	assert_int_equal(segment_open(&s, dir, "0000001e", O_RDONLY), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(segment_open(&s, dir, "0000001f", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
}

/* Every entry that a damaged segment still gives is one that was written. */
static bool
is_part(const char *found)
{
	const char *all = "12345";

	for (; *found != '\0'; found++)
		if (strchr(" !", *found) == NULL) {
			if ((all = strchr(all, *found)) == NULL)
				return false;
			all++;
		}
	return true;
}

static void
test_every_truncation(void **state)
{
	char path[64];
	struct stat st;
	const char *found;
	int result;
	off_t len;

	(void)state;
	fill();
	end_segment();
	put_draft();
	snprintf(path, sizeof(path), "%s/0000001a", folder);
	assert_int_equal(fstatat(dir, "0000001a", &st, 0), 0);
	for (len = st.st_size; len >= 0; len--) {
		/* NULs are all alike: look at their ends only. */
		if (len > 0 && len < SIZE && draft.bytes[len - 1] == '\0' &&
		    draft.bytes[len] == '\0' && len % 512 != 0)
			continue;
		assert_int_equal(truncate(path, len), 0);
		found = walk(0);
		assert_true(strcmp(found, "none") == 0 || is_part(found));
		(void)index_walk(&result);
		assert_true(result == 0 || len == SIZE);
	}
}

static void
test_every_bit_flip(void **state)
{
	char name[64];
	const char *found;
	int fd, result;
	size_t at;
	unsigned bit;

	(void)state;
	fill();
	end_segment();
	put_draft();
	snprintf(name, sizeof(name), "%s/0000001a", folder);
	fd = open(name, O_WRONLY);
	for (at = 0; at < SIZE; at++) {
		char was = draft.bytes[at], is;

		if (was == '\0' && at % 256 != 0)
			continue;
		for (bit = 0; bit < 8; bit++) {
			is = (char)(was ^ 1 << bit);
			assert_int_equal(pwrite(fd, &is, 1, (off_t)at), 1);
			found = walk(0);
			assert_true(
			    strcmp(found, "none") == 0 || is_part(found));
			found = index_walk(&result);
			assert_true(strcmp(found, "none") == 0 || result == 0 ||
				    strcmp(found, "1 2 3 4 5") == 0);
		}
		assert_int_equal(pwrite(fd, &was, 1, (off_t)at), 1);
	}
	close(fd);
}

static int
note_place(struct entry *e, void *arg)
{
	note(e);
	if (!entry_stands(arg, e))
		strlcat(seen, "!", sizeof(seen));
	return 0;
}

/* The index is whole, but what it tells of has been spoilt since. */
static void
test_an_entry_that_is_not_in_its_place(void **state)
{
	struct segment s;
	int ahead;

	(void)state;
	fill();
	end_segment();
	draft.bytes[SEGMENT_BLOCK * 2 + 3] ^= 1; /* in the second batch */
	put_draft();
	for (ahead = 0; ahead < 2; ahead++) {
		seen[0] = '\0';
		assert_int_equal(
		    segment_open(&s, dir, "0000001a", O_RDONLY), 0);
		segment_ahead(&s, ahead);
		assert_int_equal(segment_index(&s, note_place, &s), 1);
		assert_string_equal(seen, "1 2 3! 4 5");
		segment_close(&s);
	}
}

/* Longer than what is read at once, so that entries lie across its ends. */
static void
test_a_long_segment(void **state)
{
	enum { LONG = 3 * 1048576, BODY = 3000 };
	char *bytes = calloc(1, LONG), content[BODY + 1], id[ID_SIZE], *text;
	size_t end = SEGMENT_BLOCK, len;
	struct record head;
	struct segment s;
	struct entry e;
	off_t at = SEGMENT_BLOCK, damage;
	uint32_t count = 0, found = 0;

	(void)state;
	assert_non_null(bytes);
	segment_head(bytes, 0x1a, SALT, LONG);
	memset(content, 'x', BODY);
	content[BODY] = '\0';
	while (end < LONG - 2 * BODY) {
		record_init(&head, RECORD_ENVELOPE);
		id_format(id, 0x1a, ++count);
		record_add(&head, "id", id);
		record_add(&head, "generation", "0");
		record_add(&head, "arrival", "1764000000.123456");
		text = entry_encode(&head, entry_seed(SALT, (off_t)end), BODY,
		    content_sum(SALT, content, BODY), false, &len);
		memcpy(bytes + end, text, len);
		memcpy(bytes + end + len, content, BODY);
		end += len + BODY;
		free(text);
		record_free(&head);
	}
	put_file("0000001a", bytes, LONG);
	free(bytes);
	assert_int_equal(segment_open(&s, dir, "0000001a", O_RDONLY), 0);
	segment_ahead(&s, true);
	entry_init(&e);
	while (segment_walk(&s, &at, 0, &e, &damage) == 1) {
		assert_int_equal(e.sequence, ++found);
		assert_true(entry_stands(&s, &e));
	}
	assert_int_equal(found, count);
	entry_free(&e);
	segment_close(&s);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	return dir == -1 ? -1 : 0;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = {
	    "0000001a", "0000001b", "0000001c", "0000001e"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(dir, names[i], 0);
	unlinkat(dir, "0000001d", AT_REMOVEDIR);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_what_was_written_comes_back),
	    cmocka_unit_test(test_a_limit_hides_what_is_not_durable_yet),
	    cmocka_unit_test(test_the_index_equals_the_walk),
	    cmocka_unit_test(test_a_bad_content_is_not_given),
	    cmocka_unit_test(test_a_big_content_is_verified),
	    cmocka_unit_test(test_damage_is_set_aside),
	    cmocka_unit_test(test_an_earlier_life_is_not_seen),
	    cmocka_unit_test(test_a_body_that_imitates_entries_is_not_seen),
	    cmocka_unit_test(test_a_copy_of_a_record_elsewhere_is_no_entry),
	    cmocka_unit_test(test_reserved_names_are_refused),
	    cmocka_unit_test(test_foreign_files_are_no_segments),
	    cmocka_unit_test(test_an_entry_that_is_not_in_its_place),
	    cmocka_unit_test(test_a_long_segment),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_every_bit_flip),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
