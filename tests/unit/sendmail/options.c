#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/sendmail/options.h"

static unsigned warned;

static void
count(const char *what)
{
	(void)what;
	warned++;
}

/*
 * A command line, and what comes of it: mode, flags (t headers, i no dots, v
 * verbose, q quiet, e every, 8), sender, name, first operand; or why not.
 */
static const struct {
	const char *line, *want;
} cases[] = {
    {"sendmail bob", "m,,-,-,bob"},
    {"/usr/sbin/sendmail -i bob", "m,i,-,-,bob"},
    {"/usr/bin/mailq", "p,,-,-,-"},
    {"newaliases", "i,,-,-,-"},
    {"sendmail -bi", "i,,-,-,-"},
    {"sendmail -I", "i,,-,-,-"},
    {"sendmail -bp -v", "p,v,-,-,-"},
    {"sendmail -bs", "s,,-,-,-"},
    {"sendmail -bv a b", "v,,-,-,a"},
    {"sendmail -bd -q30m", "d,e,-,-,-"},
    {"sendmail -q", "q,,-,-,-"},
    {"sendmail -q30m", "q,e,-,-,-"},
    {"sendmail -qf", "q,,-,-,-"},
    /* cron: Debian, BSD, cronie */
    {"sendmail -i -FCronDaemon -B8BITMIME -oem root", "m,i8,-,CronDaemon,root"},
    {"sendmail -FCronDaemon -odi -oem -oi -t", "m,ti,-,CronDaemon,-"},
    {"sendmail -FCronDaemon -i -odi -oem -oi -t -f root",
	"m,ti,root,CronDaemon,-"},
    /* mutt, s-nail, PHP, git */
    {"sendmail -oem -oi -N failure,delay -R hdrs -B8BITMIME -f k@x -- bob",
	"m,i8,k@x,-,bob"},
    {"sendmail -i -m -v -r k@x -- bob", "m,iv,k@x,-,bob"},
    {"sendmail -t -i -fwww@x", "m,ti,www@x,-,-"},
    {"sendmail -ti", "m,ti,-,-,-"},
    {"sendmail -f a -f b bob", "m,,b,-,bob"},
    {"sendmail -oeq -OErrorMode=m bob", "m,,-,-,bob"},
    {"sendmail -O ErrorMode=q -O IgnoreDots -OVerbose bob", "m,ivq,-,-,bob"},
    {"sendmail -OIgnoreDots=false -OTimeout.queuereturn=1d bob", "m,,-,-,bob"},
    {"sendmail -U -G -n -m -Ac -L tag -p SMTP:h -V id -h 3 -d0.4 bob",
	"m,,-,-,bob"},
    {"sendmail bob -f a", "m,,-,-,bob"},
    {"sendmail -N sometimes bob", "!-N: never, or success,failure,delay"},
    {"sendmail -R half bob", "!-R: full or hdrs"},
    {"sendmail -Z", "!unknown option -Z"},
    {"sendmail -f", "!-f needs an argument"},
    {"sendmail -bx", "!-b: the modes are m, s, p, v and i"},
    {"sendmail -bt", "!-bt: use route -v to see where mail goes"},
    {"sendmail -B9BIT", "!-B: the types are 7BIT and 8BITMIME"},
    {"sendmail -h x", "!-h: not a count of hops"},
    {"sendmail -oex", "!the error mode is m, e, p, q or w"},
    {"sendmail -qX", "!-q: an interval, Iid, Rrecipient or Ssender"},
    {"sendmail -X log", "!-X: no traffic log is kept"},
};

static const char *
or_dash(const char *text)
{
	return text == NULL ? "-" : text;
}

static void
check(const char *line, const char *want)
{
	struct options o;
	char copy[256], got[256], *argv[32], *rest = copy;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	while ((argv[argc] = strsep(&rest, " ")) != NULL)
		argc++;
	if (options_parse(&o, argc, argv, count) == -1)
		snprintf(got, sizeof(got), "!%s", o.why);
	else
		snprintf(got, sizeof(got), "%c,%s%s%s%s%s%s,%s,%s,%s",
		    (char)o.mode, o.headers ? "t" : "", o.dots ? "" : "i",
		    o.verbose ? "v" : "", o.quiet ? "q" : "",
		    o.every ? "e" : "", o.eightbit ? "8" : "",
		    or_dash(o.sender), or_dash(o.name), or_dash(argv[o.first]));
	assert_string_equal(got, want);
}

static void
test_command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(cases[i].line, cases[i].want);
	assert_int_equal(warned, 0);
}

static void
test_unknown_settings_are_told(void **state)
{
	(void)state;
	warned = 0;
	check("sendmail -o_ -OFrobnicate=yes bob", "m,,-,-,bob");
	assert_int_equal(warned, 2);
}

static void
test_what_to_flush(void **state)
{
	char *argv[] = {"sendmail", "-qRkjy", NULL};
	struct options o;

	(void)state;
	assert_int_equal(options_parse(&o, 2, argv, count), 0);
	assert_int_equal(o.mode, MODE_FLUSH);
	assert_int_equal(o.flush, 'R');
	assert_string_equal(o.which, "kjy");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_command_lines),
	    cmocka_unit_test(test_unknown_settings_are_told),
	    cmocka_unit_test(test_what_to_flush),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
