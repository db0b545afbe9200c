#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/qstat/show.h"

static const struct {
	const char *record, *json;
} cases[] = {
    {"id=0000001a-00003\n\n", "{\"id\":\"0000001a-00003\"}\n"},
    {"arrival=1795509000.123456\ntries=0\n\n",
	"{\"arrival\":1795509000.123456,\"tries\":0}\n"},
    {"tries=007\ntries=1.\ntries=.1\ntries=1x\ntries=\ntries=1.x\n\n",
	"{\"tries\":\"007\",\"tries\":\"1.\",\"tries\":\".1\","
	"\"tries\":\"1x\",\"tries\":\"\",\"tries\":\"1.x\"}\n"},
    {"reason=123\n\n", "{\"reason\":\"123\"}\n"},
    {"reason=a\"b\\c\001\x7f\n\n",
	"{\"reason\":\"a\\\"b\\\\c\\u0001\\u007f\"}\n"},
    {"reason=\xea\xb9\x80\xf0\x9f\x93\xa7\n\n",
	"{\"reason\":\"\xea\xb9\x80\xf0\x9f\x93\xa7\"}\n"},
    /* not UTF-8: alone, overlong, surrogate, too large, cut */
    {"reason=\x80 \xc0\x80 \xe0\x80\x80 \xed\xa0\x80 \xf4\x90\x80\x80 "
     "\xea\xb9\n\n",
	"{\"reason\":\"\\ufffd \\ufffd\\ufffd \\ufffd\\ufffd\\ufffd "
	"\\ufffd\\ufffd\\ufffd \\ufffd\\ufffd\\ufffd\\ufffd "
	"\\ufffd\\ufffd\"}\n"},
    {"reason=\xc2\x9b\xc2\xa0\n\n", "{\"reason\":\"\\u009b\xc2\xa0\"}\n"},
};

static void
test_json(void **state)
{
	struct record record;
	char *text;
	size_t len;
	FILE *out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record_init(&record, RECORD_QUESTION);
		assert_true(record_parse(&record, cases[i].record,
				strlen(cases[i].record)) > 0);
		out = open_memstream(&text, &len);
		show_json(out, &record);
		fclose(out);
		assert_string_equal(text, cases[i].json);
		free(text);
		record_free(&record);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
