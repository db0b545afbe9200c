#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memo.h"

static struct memo memo;
static struct fate done;

static void
make(struct letter *l, const char *id, const char *recipient)
{
	letter_init(l);
	if (id != NULL)
		assert_int_equal(record_add(&l->record, "id", id), 0);
	assert_int_equal(record_add(&l->record, "recipient", recipient), 0);
}

static void
test_a_part_is_known_by_letter_and_name(void **state)
{
	struct letter a, b;

	(void)state;
	make(&a, "1", "kim@x");
	make(&b, "1", "lee@x");
	memo_add(&memo, &a, "0 prog", &done);
	assert_non_null(memo_find(&memo, &a, "0 prog"));
	assert_null(memo_find(&memo, &a, "1 prog"));
	assert_null(memo_find(&memo, &b, "0 prog"));
	memo_drop(&memo, &b);
	assert_non_null(memo_find(&memo, &a, "0 prog"));
	memo_drop(&memo, &a);
	assert_null(memo_find(&memo, &a, "0 prog"));
	assert_int_equal(memo.count, 0);
	letter_free(&a);
	letter_free(&b);
}

static void
test_a_letter_without_an_id_is_not_noted(void **state)
{
	struct letter l;

	(void)state;
	make(&l, NULL, "kim@x");
	memo_add(&memo, &l, "0 prog", &done);
	assert_null(memo_find(&memo, &l, "0 prog"));
	letter_free(&l);
}

static void
test_the_oldest_note_gives_way(void **state)
{
	struct letter l;
	char part[16];
	int i;

	(void)state;
	make(&l, "1", "kim@x");
	for (i = 0; i <= MEMO_MAX; i++) {
		(void)snprintf(part, sizeof(part), "%d", i);
		memo_add(&memo, &l, part, &done);
	}
	assert_int_equal(memo.count, MEMO_MAX);
	assert_null(memo_find(&memo, &l, "0"));
	assert_non_null(memo_find(&memo, &l, "1"));
	assert_non_null(memo_find(&memo, &l, part));
	memo_drop(&memo, &l);
	assert_int_equal(memo.count, 0);
	letter_free(&l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_part_is_known_by_letter_and_name),
	    cmocka_unit_test(test_a_letter_without_an_id_is_not_noted),
	    cmocka_unit_test(test_the_oldest_note_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
