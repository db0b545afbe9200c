/* What is sent behind a message's dot: whose is which reply? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/remote/engine.h"

struct stand {
	struct engine engine;
	struct envelope first, second; /* for a; for b and c */
};

static void
says(struct stand *stand, const char *text)
{
	engine_feed(&stand->engine, text, strlen(text));
}

static void
heard(struct stand *stand, const char *text)
{
	size_t len = evbuffer_get_length(stand->engine.out);
	char *said = calloc(1, len + 1);

	evbuffer_remove(stand->engine.out, said, len);
	assert_string_equal(said, text);
	free(said);
}

/* Up to the dot of the first message. */
static void
stand_begin(struct stand *stand, const char *offers, bool no_ahead)
{
	struct engine_setup setup = {.me = "me",
	    .peer = "mx [192.0.2.1]",
	    .timeout = 300,
	    .no_ahead = no_ahead};

	memset(stand, 0, sizeof(*stand));
	engine_init(&stand->engine, &setup);
	stand->first.sender = stand->second.sender = "s@x";
	stand->first.count = 1;
	stand->first.recipients[0] = "a@x";
	stand->second.count = 2;
	stand->second.recipients[0] = "b@x";
	stand->second.recipients[1] = "c@x";
	says(stand, "220 mx\r\n");
	says(stand, offers);
	engine_begin(&stand->engine, &stand->first);
	says(stand, "250 ok\r\n");
	says(stand, "250 ok\r\n");
	says(stand, "354 go on\r\n");
	assert_int_equal(stand->engine.phase, PHASE_BODY);
	assert_false(engine_may_follow(&stand->engine));
	engine_body_end(&stand->engine);
	evbuffer_drain(stand->engine.out, SIZE_MAX);
}

/* And the commands of the second. */
static void
stand_follow(struct stand *stand)
{
	stand_begin(stand, "250-mx\r\n250 PIPELINING\r\n", false);
	assert_true(engine_may_follow(&stand->engine));
	assert_true(engine_follow(&stand->engine, &stand->second));
	assert_false(engine_may_follow(&stand->engine));
	heard(stand, "MAIL FROM:<s@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\n"
		     "DATA\r\n");
}

static void
check(struct stand *stand, enum phase phase, const char *want)
{
	static const char letters[] = "oydf"; /* open, done ... */
	char got[4] = {letters[stand->first.outcomes[0].class],
	    letters[stand->second.outcomes[0].class],
	    letters[stand->second.outcomes[1].class]};

	assert_int_equal(stand->engine.phase, phase);
	assert_string_equal(got, want);
	outcome_free(&stand->first.outcomes[0]);
	outcome_free(&stand->second.outcomes[0]);
	outcome_free(&stand->second.outcomes[1]);
	engine_free(&stand->engine);
}

/* All the replies at once, then what became of a, b and c. */
static const struct {
	const char *name, *replies;
	enum phase phase;
	const char *fates;
	bool shy;
} all[] = {
    {"in step", "250 a\r\n250 m\r\n250 b\r\n250 c\r\n354 d\r\n", PHASE_BODY,
	"yoo", false},
    {"the dot is deferred", "450 a\r\n250 m\r\n250 b\r\n250 c\r\n354 d\r\n",
	PHASE_BODY, "doo", false},
    {"one is refused", "250 a\r\n250 m\r\n550 b\r\n250 c\r\n354 d\r\n",
	PHASE_BODY, "yfo", false},
    {"both are", "550 a\r\n250 m\r\n550 b\r\n450 c\r\n554 d\r\n", PHASE_READY,
	"ffd", false},
    {"354 for nobody", "250 a\r\n250 m\r\n550 b\r\n450 c\r\n354 d\r\n",
	PHASE_DOT, "yfd", false},
    {"MAIL is refused", "250 a\r\n450 m\r\n503 b\r\n503 c\r\n503 d\r\n",
	PHASE_OVER, "yoo", true},
    {"DATA is refused", "250 a\r\n250 m\r\n550 b\r\n250 c\r\n451 d\r\n",
	PHASE_OVER, "yoo", true},
    {"the dot is answered twice",
	"250 a\r\n250 a\r\n250 m\r\n550 b\r\n250 c\r\n354 d\r\n", PHASE_OVER,
	"yoo", true},
    {"354 too early", "250 a\r\n250 m\r\n354 b\r\n250 c\r\n", PHASE_OVER, "yoo",
	true},
    {"421 to the dot", "421 a\r\n", PHASE_OVER, "doo", false},
    {"421 behind it", "250 a\r\n250 m\r\n550 b\r\n421 c\r\n", PHASE_OVER, "yoo",
	false},
};

static void
test_replies(void **state)
{
	struct stand stand;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		print_message("# %s\n", all[i].name);
		stand_follow(&stand);
		says(&stand, all[i].replies);
		assert_int_equal(stand.engine.shy, all[i].shy);
		check(&stand, all[i].phase, all[i].fates);
	}
}

static void
test_the_one_in_hand_is_told(void **state)
{
	struct stand stand;

	(void)state;
	stand_follow(&stand);
	assert_int_equal(stand.engine.seconds, 600);
	assert_ptr_equal(stand.engine.now.envelope, &stand.first);
	says(&stand, "250 a\r\n");
	assert_ptr_equal(stand.engine.now.envelope, &stand.second);
	assert_null(stand.engine.next.envelope);
	assert_int_equal(stand.engine.seconds, 60);
	engine_timeout(&stand.engine);
	/* It may be sent anew, and the host is not taken for a dumb one. */
	assert_false(stand.engine.spoke || stand.engine.silent);
	assert_true(stand.engine.shy);
	check(&stand, PHASE_OVER, "yoo");
}

static void
test_no_reply_to_the_dot(void **state)
{
	struct stand stand;

	(void)state;
	stand_follow(&stand);
	engine_lost(&stand.engine, "closed the connection");
	assert_ptr_equal(stand.engine.next.envelope, &stand.second);
	check(&stand, PHASE_OVER, "doo");
}

static void
test_forsaken(void **state)
{
	struct stand stand;

	(void)state;
	stand_follow(&stand);
	engine_forsake(&stand.engine);
	assert_false(engine_may_follow(&stand.engine));
	says(&stand, "250 a\r\n250 m\r\n250 b\r\n250 c\r\n354 d\r\n");
	check(&stand, PHASE_OVER, "yoo");
}

static void
test_not_for_that_host(void **state)
{
	struct stand stand;

	(void)state;
	stand_begin(&stand, "250-mx\r\n250 PIPELINING\r\n", false);
	stand.second.eightbit = true;
	assert_false(engine_follow(&stand.engine, &stand.second));
	heard(&stand, "");
	assert_true(engine_may_follow(&stand.engine));
	says(&stand, "250 a\r\n");
	check(&stand, PHASE_READY, "yff");
}

static void
test_who_does_not_bear_it(void **state)
{
	struct stand stand;

	(void)state;
	stand_begin(&stand, "250-mx\r\n250 PIPELINING\r\n", true);
	assert_false(engine_may_follow(&stand.engine));
	check(&stand, PHASE_DOT, "ooo");
	/* The first one's commands are answered one by one here. */
	stand_begin(&stand, "250 mx\r\n", false);
	assert_false(engine_may_follow(&stand.engine));
	check(&stand, PHASE_DOT, "ooo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_the_one_in_hand_is_told),
	    cmocka_unit_test(test_no_reply_to_the_dot),
	    cmocka_unit_test(test_forsaken),
	    cmocka_unit_test(test_not_for_that_host),
	    cmocka_unit_test(test_who_does_not_bear_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
