#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "received.h"

#define LONG_250                                                               \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

#define DATE "Tue, 24 Nov 2026 08:30:00 +0000\n"
#define BY   "\tby mail.kjy.co.ki with ESMTP id 0000001a-00003"

static const struct {
	const char *helo, *name, *address, *protocol, *recipient, *line;
} cases[] = {
    {"mail.example.org", "mail.example.org", "192.0.2.7", "ESMTP",
	"kjy@kjy.co.ki",
	"Received: from mail.example.org (mail.example.org [192.0.2.7])\n" BY
	"\n\tfor <kjy@kjy.co.ki>; " DATE},
    {"[192.0.2.7]", "unknown", "192.0.2.7", "ESMTP", NULL,
	"Received: from [192.0.2.7] (unknown [192.0.2.7])\n" BY ";\n\t" DATE},
    {"x", "unknown", "2001:db8::7", "ESMTP", NULL,
	"Received: from x (unknown [IPv6:2001:db8::7])\n" BY ";\n\t" DATE},
    /* What a stranger says of himself must not look like ours. */
    {"a b (c [1.2.3.4])\r\tby;\x80", "", "192.0.2.7", "ESMTP", NULL,
	"Received: from a?b??c?[1.2.3.4]???by?? (unknown [192.0.2.7])\n" BY
	";\n\t" DATE},
    {"", "", "192.0.2.7", "ESMTP", NULL,
	"Received: from unknown (unknown [192.0.2.7])\n" BY ";\n\t" DATE},
    {"x", "y", "192.0.2.7", "ESMTP", "a>; b@c",
	"Received: from x (y [192.0.2.7])\n" BY ";\n\t" DATE},
    {"x", "y", "192.0.2.7", "ESMTP", LONG_250 "@example.org",
	"Received: from x (y [192.0.2.7])\n" BY ";\n\t" DATE},
    {LONG_250 "123456789", "y", "192.0.2.7", "ESMTP", NULL,
	"Received: from " LONG_250 "12345 (y [192.0.2.7])\n" BY ";\n\t" DATE},
    {"x", "y", "192.0.2.7", "", NULL,
	"Received: from x (y [192.0.2.7])\n"
	"\tby mail.kjy.co.ki with SMTP id 0000001a-00003;\n\t" DATE},
    {"ignored", "ignored", "", "ignored", "kjy@kjy.co.ki",
	"Received: by mail.kjy.co.ki (from uid 1000) id "
	"0000001a-00003;\n\t" DATE},
};

static void
test_lines(void **state)
{
	char out[RECEIVED_SIZE];
	size_t i, len;

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		len = received_format(out, &(struct received){
					       .helo = cases[i].helo,
					       .name = cases[i].name,
					       .address = cases[i].address,
					       .protocol = cases[i].protocol,
					       .recipient = cases[i].recipient,
					       .uid = 1000,
					       .me = "mail.kjy.co.ki",
					       .id = "0000001a-00003",
					       .when = 1795509000,
					   });
		assert_string_equal(out, cases[i].line);
		assert_int_equal(len, strlen(out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
