/* value: what may not stand where a reply is made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "value.h"

static const struct {
	const char *table, *value;
	int good;
} rows[] = {
    {"access", "OK", 1},
    {"access", "RELAY\r", 1},
    {"access", "550 no", 1},
    {"access", "450 4.2.2 later", 1},
    {"access", "550", 1},
    {"access", "250", 1}, /* a text, sent with 553 */
    {"access", "250-ok", 1},
    {"access", "2500 words", 1},
    {"access", "250 ok", 0},
    {"access", "  250\tok", 0},
    {"access", "999 odd", 0},
    {"access", "\"250 ok\"", 0},
    {"access", "ERROR:550 no", 1},
    {"access", "ERROR:250 ok", 0},
    {"access", "error : 250 ok", 0},
    {"access", "ERROR:5.7.1:550 no", 1},
    {"access", "ERROR:2.0.0:250 weird", 0},
    {"access", "ERROR:5.7.1:\"354 go on\"", 0},
    {"access", "ERROR:5.7.1:text", 1},
    {"access", "ERROR:nouser:550 text", 1},
    {"access", "ERROR:", 1},
    {"access", "QUARANTINE:250 letters", 1},
    {"access", "", 1},
    {"virtusertable", "alice", 1},
    {"virtusertable", "250 is an odd address", 1},
    {"virtusertable", "error:nouser 550 no", 1},
    {"virtusertable", "error:nouser 250 ok", 0},
    {"virtusertable", "error:5.7.0:550 no", 1},
    {"virtusertable", "error:5.7.0:250 no", 0},
    {"virtusertable", "error:250 ok", 0},
    {"mailertable", "smtp:250 ok", 1},
    {"mailertable", "error:5.7.0:550 no", 1},
    {"mailertable", "error:nohost:250 ok", 0},
    {"mailertable", "ERROR:250 ok", 0},
    {"genericstable", "250 ok", 1},
};

static void
replies_say_no(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((value_check(rows[i].table, rows[i].value) == NULL) !=
		    rows[i].good)
			fail_msg("%s: %s", rows[i].table, rows[i].value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_say_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
