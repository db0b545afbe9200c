/* state: an event is what was written, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "state.h"

#define SALT 0x1234567890abcdefULL

static char *
encoded(size_t *len)
{
	struct record r;
	char *text;

	record_init(&r, 1000);
	record_add(&r, "event", "done");
	record_add(&r, "id", "0000001a-00003");
	record_add(&r, "number", "0");
	text = state_encode(&r, SALT, len);
	record_free(&r);
	return text;
}

static void
an_event_is_read_as_it_was_written(void **state)
{
	struct record r;
	size_t len, used;
	char *text = encoded(&len);

	(void)state;
	record_init(&r, 1000);
	assert_int_equal(state_parse(&r, SALT, text, len, &used), 1);
	assert_int_equal(used, len);
	assert_string_equal(record_get(&r, "id"), "0000001a-00003");
	free(text);
	record_free(&r);
}

static void
another_life_is_not_believed(void **state)
{
	struct record r;
	size_t len, used;
	char *text = encoded(&len);

	(void)state;
	record_init(&r, 1000);
	assert_int_equal(state_parse(&r, SALT + 1, text, len, &used), -1);
	free(text);
	record_free(&r);
}

static void
damage_at_any_byte_is_seen(void **state)
{
	struct record r;
	size_t len, used, i;
	char *text = encoded(&len);

	(void)state;
	record_init(&r, 1000);
	for (i = 0; i < len; i++) {
		text[i] ^= 1;
		if (state_parse(&r, SALT, text, len, &used) == 1)
			fail_msg("byte %zu", i);
		text[i] ^= 1;
		if (state_parse(&r, SALT, text, i, &used) != 0)
			fail_msg("cut at %zu", i);
	}
	free(text);
	record_free(&r);
}

static void
reading_goes_on_behind_damage(void **state)
{
	char bytes[1024];
	struct record r;
	size_t len, used, at;
	char *text = encoded(&len);

	(void)state;
	memcpy(bytes, text, len);
	bytes[3] ^= 1;
	memcpy(bytes + len, text, len);
	record_init(&r, 1000);
	at = state_resync(bytes, len * 2);
	assert_int_equal(at, len);
	assert_int_equal(
	    state_parse(&r, SALT, bytes + at, len * 2 - at, &used), 1);
	assert_int_equal(state_resync(bytes, len), len);
	free(text);
	record_free(&r);
}

static void
every_kind_has_its_name(void **state)
{
	int kind;

	(void)state;
	for (kind = 0; kind < EVENT_KINDS; kind++)
		assert_int_equal(event_kind(event_name(kind)), kind);
	assert_int_equal(event_kind("nonsense"), EVENT_KINDS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_event_is_read_as_it_was_written),
	    cmocka_unit_test(another_life_is_not_believed),
	    cmocka_unit_test(damage_at_any_byte_is_seen),
	    cmocka_unit_test(reading_goes_on_behind_damage),
	    cmocka_unit_test(every_kind_has_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
