/* The SMTP client: what a server says in, what we say and decide out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/remote/engine.h"

#define STEPS 24

struct option {
	const char *recipients; /* letters; '+' is an address not in ASCII */
	const char *body;
	uint64_t size;
	bool eightbit, find_loop, no_pipelining;
	bool whole; /* what arrives together matters: do not split it */
};

/*
 * A step: s... the server says, c... all that we said since the last c, b the
 * transaction begins, l the connection is lost, t the time is over, q quit.
 */
struct one {
	const char *name;
	struct option option;
	const char *steps[STEPS];
	const char *end; /* phase, then letter:class:status of each recipient */
};

#define GREET     "s220 mx ESMTP\r\n", "cEHLO me\r\n"
#define PIPE      "s250-mx\r\n250-PIPELINING\r\n250-SIZE\r\n250 8BITMIME\r\n"
#define PLAIN     "s250 mx\r\n"
#define MAIL_A    "cMAIL FROM:<s@x>\r\n"
#define MAIL_AB   "MAIL FROM:<s@x> SIZE=10\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\n"
#define OPEN_PIPE GREET, PIPE, "b", "c" MAIL_AB "DATA\r\n"

static const struct one all[] = {
    {"a good server, one command after the other",
	{.recipients = "a", .body = "hi\n"},
	{GREET, PLAIN, "c", "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s250 ok\r\n", "cDATA\r\n", "s354 go\r\n", "chi\r\n.\r\n",
	    "s250 2.6.0 taken\r\n"},
	"READY a:done:2.6.0"},
    {"a good server, pipelined",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "s250 taken\r\n"},
	"READY a:done:2.0.0 b:done:2.0.0"},
    {"quit", {.recipients = "a"},
	{GREET, PLAIN, "q", "cQUIT\r\n", "s221 bye\r\n"}, "OVER a:open:"},
    {"R02 no greeting in time", {.recipients = "a"}, {"t"},
	"OVER a:open: !4.4.2"},
    {"R03 endless banner", {.recipients = "a"}, {"S"}, "OVER a:open: !4.4.2"},
    {"R04 endless line", {.recipients = "a"}, {"L"}, "OVER a:open: !4.4.2"},
    {"R05 codes that differ: the last counts",
	{.recipients = "a", .body = "hi\n"},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s250-fine\r\n550 no\r\n", "c"},
	"READY a:failed:5.0.0"},
    {"R06 a reply of three digits", {.recipients = "a"},
	{GREET, "s250\r\n", "b", MAIL_A, "s250\r\n"}, "ENVELOPE a:open:"},
    {"R06 rubbish: spaces", {.recipients = "a"}, {"s2 50 x\r\n"},
	"OVER a:open: !4.4.2"},
    {"R06 rubbish: 999", {.recipients = "a"}, {"s999 x\r\n"},
	"OVER a:open: !4.4.2"},
    {"R06 rubbish: words", {.recipients = "a"}, {"sabc\r\n"},
	"OVER a:open: !4.4.2"},
    {"R06 rubbish: an empty line", {.recipients = "a"}, {"s\r\n"},
	"OVER a:open: !4.4.2"},
    {"R06 rubbish: 1xx", {.recipients = "a"}, {"s120 wait\r\n"},
	"OVER a:open: !4.4.2"},
    {"a bare LF ends a reply", {.recipients = "a"},
	{"s220 mx\n", "cEHLO me\r\n", "s250 mx\n", "b", MAIL_A},
	"ENVELOPE a:open:"},
    {"R09 a 554 banner", {.recipients = "a"}, {"s554 5.7.1 go away\r\n", "c"},
	"OVER a:open: !4.3.2"},
    {"R10 421 banner", {.recipients = "a"}, {"s421 4.3.2 later\r\n"},
	"OVER a:open: !4.3.2"},
    {"R10 421 after EHLO", {.recipients = "a"}, {GREET, "s421 later\r\n"},
	"OVER a:open: !4.3.2"},
    {"R10 421 after MAIL", {.recipients = "a"},
	{GREET, PLAIN, "b", MAIL_A, "s421 later\r\n", "c"},
	"OVER a:open: !4.3.2"},
    {"R10 421 after the first RCPT: its answer stays",
	{.recipients = "ab", .body = "", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n550 5.1.1 no\r\n421 4.3.2 bye\r\n"},
	"OVER a:failed:5.1.1 b:open: !4.3.2"},
    {"R10 421 after DATA", {.recipients = "ab", .body = "", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n421 bye\r\n", "c"},
	"OVER a:open: b:open: !4.3.2"},
    {"R10 421 after the dot", {.recipients = "a", .body = "hi\n"},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s250 ok\r\n", "cDATA\r\n", "s354 go\r\n", "chi\r\n.\r\n",
	    "s421 4.3.2 bye\r\n"},
	"OVER a:deferred:4.3.2 !4.3.2"},
    {"R11 closed after 354", {.recipients = "ab", .body = NULL, .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "l"},
	"OVER a:open: b:open: !4.4.2"},
    {"R12 closed after the dot: nobody knows",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "l"},
	"OVER a:failed:5.0.0 b:deferred:4.4.2 !4.4.2"},
    {"R13 no reply to the dot in time", {.recipients = "a", .body = "hi\n"},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s250 ok\r\n", "cDATA\r\n", "s354 go\r\n", "chi\r\n.\r\n", "t"},
	"OVER a:deferred:4.4.2 !4.4.2"},
    {"R14 taken, then lost", {.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "s250 ok\r\n", "l"},
	"OVER a:done:2.0.0 b:done:2.0.0 !4.4.2"},
    {"taken, and 421 in the same breath",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "s250 ok\r\n421 bye\r\n"},
	"OVER a:done:2.0.0 b:done:2.0.0 !4.3.2"},
    {"R15 one taken, one refused, one later",
	{.recipients = "abc", .body = "hi\n", .size = 10},
	{GREET, PIPE, "b", "c" MAIL_AB "RCPT TO:<c@x>\r\nDATA\r\n",
	    "s250 ok\r\n250 ok\r\n550 5.1.1 no\r\n450 4.2.0 later\r\n",
	    "s354 go\r\n", "chi\r\n.\r\n", "s250 2.0.0 ok\r\n"},
	"READY a:done:2.0.0 b:failed:5.1.1 c:deferred:4.2.0"},
    {"R16 all refused, but 354: a lone dot",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n550 5.1.1 no\r\n550 5.1.1 no\r\n354 go\r\n",
	    "c.\r\n", "s250 ok\r\n"},
	"READY a:failed:5.1.1 b:failed:5.1.1"},
    {"R16 all refused, DATA too",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n550 5.1.1 no\r\n550 5.1.1 no\r\n554 none\r\n",
	    "c"},
	"READY a:failed:5.1.1 b:failed:5.1.1"},
    {"MAIL refused, pipelined; the rest is noise",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s550 5.7.1 no\r\n503 no\r\n503 no\r\n503 no\r\n", "c"},
	"READY a:failed:5.7.1 b:failed:5.7.1"},
    {"MAIL refused, but all else taken: a lone dot",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s450 4.7.1 no\r\n250 ok\r\n250 ok\r\n354 go\r\n", "c.\r\n",
	    "s250 ok\r\n"},
	"READY a:deferred:4.7.1 b:deferred:4.7.1"},
    {"MAIL refused, not pipelined, then another message", {.recipients = "a"},
	{GREET, PLAIN, "b", MAIL_A, "s550 no\r\n", "c", "r", "b", "cRSET\r\n",
	    "s250 ok\r\n", MAIL_A},
	"ENVELOPE a:open:"},
    {"RSET refused", {.recipients = "a"},
	{GREET, PLAIN, "b", MAIL_A, "s550 no\r\n", "c", "r", "b", "cRSET\r\n",
	    "s500 what\r\n"},
	"OVER a:open: !4.3.2"},
    {"DATA refused for now", {.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n550 no\r\n451 4.3.0 x\r\n", "c"},
	"READY a:deferred:4.3.0 b:failed:5.0.0"},
    {"R17 354 to MAIL", {.recipients = "a"},
	{GREET, PLAIN, "b", MAIL_A, "s354 go\r\n", "c"}, "OVER a:open: !4.4.2"},
    {"R17 two replies to one command", {.recipients = "a", .whole = true},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n250 ok\r\n"},
	"OVER a:open: !4.4.2"},
    {"R17 a reply to nothing", {.recipients = "a"},
	{GREET, PLAIN, "s250 ok\r\n"}, "OVER a:open: !4.4.2"},
    {"R17 250 to DATA", {.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n250 go\r\n", "c"},
	"OVER a:open: b:open: !4.4.2"},
    {"R17 354 to the dot", {.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "s354 more\r\n"},
	"OVER a:deferred:4.4.2 b:deferred:4.4.2 !4.4.2"},
    {"R18 too many recipients: the rest at once",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n452 4.5.3 many\r\n354 go\r\n",
	    "chi\r\n.\r\n", "s250 ok\r\n", "b",
	    "cMAIL FROM:<s@x> SIZE=10\r\nRCPT TO:<b@x>\r\nDATA\r\n"},
	"ENVELOPE a:done:2.0.0 b:open:"},
    {"R18 552 means the same", {.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n552 many\r\n354 go\r\n",
	    "chi\r\n.\r\n", "s250 ok\r\n"},
	"READY a:done:2.0.0 b:open:"},
    {"552 with a reason is one",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n552 5.2.2 full\r\n354 go\r\n",
	    "chi\r\n.\r\n", "s250 ok\r\n"},
	"READY a:done:2.0.0 b:failed:5.2.2"},
    {"452 for the first recipient is no number", {.recipients = "a"},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s452 4.5.3 many\r\n", "c"},
	"READY a:deferred:4.5.3"},
    {"R18 too many, and the message is refused",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n452 4.5.3 many\r\n354 go\r\n",
	    "chi\r\n.\r\n", "s550 5.7.1 spam\r\n"},
	"READY a:failed:5.7.1 b:deferred:4.5.3"},
    {"R19 EHLO unknown: HELO", {.recipients = "a"},
	{GREET, "s500 what\r\n", "cHELO me\r\n", "s250 mx\r\n", "b", MAIL_A},
	"ENVELOPE a:open:"},
    {"an offer in a refusal is none", {.recipients = "a"},
	{GREET, "s500-no\r\n500 PIPELINING\r\n", "cHELO me\r\n",
	    "s250-mx\r\n250 PIPELINING\r\n", "b", MAIL_A},
	"ENVELOPE a:open:"},
    {"HELO refused too", {.recipients = "a"},
	{GREET, "s500 what\r\n", "cHELO me\r\n", "s550 no\r\n"},
	"OVER a:open: !4.3.2"},
    {"R19 SIZE is rubbish", {.recipients = "a", .body = "", .size = 10},
	{GREET, "s250-mx\r\n250 SIZE -5\r\n", "b",
	    "cMAIL FROM:<s@x> SIZE=10\r\n"},
	"ENVELOPE a:open:"},
    {"R19 SIZE is no number that fits",
	{.recipients = "a", .body = "", .size = 10},
	{GREET, "s250-mx\r\n250 SIZE 99999999999999999999\r\n", "b",
	    "cMAIL FROM:<s@x> SIZE=10\r\n"},
	"ENVELOPE a:open:"},
    {"R20 longer than SIZE", {.recipients = "ab", .body = "", .size = 2000},
	{GREET, "s250-mx\r\n250 SIZE 1000\r\n", "b", "c"},
	"READY a:failed:5.3.4 b:failed:5.3.4"},
    {"R21 552 at the dot", {.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "s552 5.3.4 long\r\n"},
	"READY a:failed:5.3.4 b:failed:5.3.4"},
    {"R22 silent to pipelined commands",
	{.recipients = "ab", .body = "", .size = 10}, {OPEN_PIPE, "t"},
	"OVER a:open: b:open: !4.4.2 silent"},
    {"R22 then it gets none",
	{.recipients = "a", .body = "", .size = 10, .no_pipelining = true},
	{GREET, PIPE, "b", "cMAIL FROM:<s@x> SIZE=10\r\n"}, "ENVELOPE a:open:"},
    {"R23 8-bit text, and no 8BITMIME", {.recipients = "a", .eightbit = true},
	{GREET, PLAIN, "b", "c"}, "READY a:failed:5.6.3"},
    {"8-bit text",
	{.recipients = "a", .body = "", .size = 10, .eightbit = true},
	{GREET, PIPE, "b",
	    "cMAIL FROM:<s@x> SIZE=10 BODY=8BITMIME\r\n"
	    "RCPT TO:<a@x>\r\nDATA\r\n"},
	"ENVELOPE a:open:"},
    {"R24 one address is not ASCII", {.recipients = "a+", .body = ""},
	{GREET, PLAIN, "b", MAIL_A}, "ENVELOPE a:open: +:failed:5.6.7"},
    {"R24 SMTPUTF8", {.recipients = "+", .body = ""},
	{GREET, "s250-mx\r\n250 SMTPUTF8\r\n", "b",
	    "cMAIL FROM:<s@x> SMTPUTF8\r\n", "s250 ok\r\n",
	    "cRCPT TO:<\xc3\xa9@x>\r\n"},
	"ENVELOPE +:open:"},
    {"R45 takes the message too slowly",
	{.recipients = "ab", .body = NULL, .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "t"},
	"OVER a:open: b:open: !4.4.2"},
    {"refused in the middle of the message",
	{.recipients = "ab", .body = NULL, .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n",
	    "s552 5.3.4 long\r\n"},
	"OVER a:failed:5.3.4 b:failed:5.3.4 !4.3.2"},
    {"250 in the middle of the message is not to be believed",
	{.recipients = "ab", .body = NULL, .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "s250 ok\r\n"},
	"OVER a:open: b:open: !4.4.2"},
    {"R51 250 to RCPT, 550 at the dot",
	{.recipients = "ab", .body = "hi\n", .size = 10},
	{OPEN_PIPE, "s250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", "chi\r\n.\r\n",
	    "s550 5.6.0 no\r\n"},
	"READY a:failed:5.6.0 b:failed:5.6.0"},
    {"R52 our own name in the banner", {.recipients = "a", .find_loop = true},
	{"s220 ME ESMTP\r\n", "c"}, "OVER a:open: !5.4.6 loop"},
    {"R52 our own name in EHLO", {.recipients = "a", .find_loop = true},
	{GREET, "s250-me hello\r\n250 SIZE\r\n", "c"},
	"OVER a:open: !5.4.6 loop"},
    {"R52 a longer name is another", {.recipients = "a", .find_loop = true},
	{"s220 me.example ESMTP\r\n", "cEHLO me\r\n"}, "EHLO a:open:"},
    {"our own name behind a port that was given", {.recipients = "a"},
	{"s220 me ESMTP\r\n", "cEHLO me\r\n"}, "EHLO a:open:"},
    {"a status that contradicts its code", {.recipients = "a"},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s550 2.1.5 no\r\n", "c"},
	"READY a:failed:5.0.0"},
    {"an empty message", {.recipients = "a", .body = ""},
	{GREET, PLAIN, "b", MAIL_A, "s250 ok\r\n", "cRCPT TO:<a@x>\r\n",
	    "s251 ok\r\n", "cDATA\r\n", "s354 go\r\n", "c.\r\n", "s250 ok\r\n"},
	"READY a:done:2.0.0"},
};

static const char *const phases[] = {"GREETING", "EHLO", "HELO", "READY",
    "ENVELOPE", "BODY", "DOT", "QUIT", "OVER"};
static const char *const classes[] = {"open", "done", "deferred", "failed"};

struct stand {
	const struct one *one;
	struct engine engine;
	struct envelope envelope;
	size_t piece; /* bytes fed at once */
};

static void
send_message(struct stand *stand)
{
	const char *body = stand->one->option.body;
	size_t i;

	if (stand->engine.phase != PHASE_BODY || body == NULL)
		return;
	for (i = 0; body[i] != '\0'; i++)
		engine_body(&stand->engine, &body[i], 1);
	engine_body_end(&stand->engine);
}

static void
server_says(struct stand *stand, const char *text)
{
	size_t len = strlen(text), n;

	for (; len > 0; text += n, len -= n) {
		n = len < stand->piece ? len : stand->piece;
		engine_feed(&stand->engine, text, n);
		send_message(stand);
	}
}

static void
we_said(struct stand *stand, const char *text)
{
	char *said;
	size_t len = evbuffer_get_length(stand->engine.out);

	said = calloc(1, len + 1);
	evbuffer_remove(stand->engine.out, said, len);
	assert_string_equal(said, text);
	free(said);
}

static void
forget_outcomes(struct stand *stand)
{
	size_t i;

	for (i = 0; i < stand->envelope.count; i++)
		outcome_free(&stand->envelope.outcomes[i]);
}

static void
step(struct stand *stand, const char *text)
{
	int i;

	switch (text[0]) {
	case 's':
		server_says(stand, text + 1);
		break;
	case 'c':
		we_said(stand, text + 1);
		break;
	case 'b':
		engine_begin(&stand->engine, &stand->envelope);
		break;
	case 'r':
		forget_outcomes(stand);
		break;
	case 'l':
		engine_lost(&stand->engine, "closed the connection");
		break;
	case 't':
		assert_true(stand->engine.seconds > 0);
		engine_timeout(&stand->engine);
		break;
	case 'q':
		engine_quit(&stand->engine);
		break;
	case 'S':
		for (i = 0; i < 600; i++)
			server_says(stand, "220-x\r\n");
		break;
	case 'L':
		for (i = 0; i < 600; i++)
			server_says(stand, "220 xxxxxxxxxxxxxxx");
		break;
	default:
		fail_msg("step %s", text);
	}
}

static void
check_end(struct stand *stand)
{
	const struct engine *e = &stand->engine;
	char text[512];
	size_t i, n;

	n = (size_t)snprintf(text, sizeof(text), "%s", phases[e->phase]);
	for (i = 0; i < stand->envelope.count; i++) {
		const struct outcome *o = &stand->envelope.outcomes[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, " %c:%s:%s",
		    stand->one->option.recipients[i], classes[o->class],
		    o->status);
		assert_true(o->class == OUTCOME_OPEN || o->text != NULL);
	}
	if (e->failure.class != OUTCOME_OPEN)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, " !%s", e->failure.status);
	(void)snprintf(text + n, sizeof(text) - n, "%s%s",
	    e->silent ? " silent" : "", e->loop ? " loop" : "");
	assert_string_equal(text, stand->one->end);
}

static void
play(const struct one *one, size_t piece)
{
	struct engine_setup setup = {.me = "me",
	    .peer = "mx [192.0.2.1]",
	    .timeout = 300,
	    .find_loop = one->option.find_loop,
	    .no_pipelining = one->option.no_pipelining};
	struct stand stand = {.one = one, .piece = piece};
	char addresses[8][8];
	size_t i;

	engine_init(&stand.engine, &setup);
	stand.envelope.sender = "s@x";
	stand.envelope.size = one->option.size;
	stand.envelope.eightbit = one->option.eightbit;
	stand.envelope.count = strlen(one->option.recipients);
	for (i = 0; i < stand.envelope.count; i++) {
		char c = one->option.recipients[i];

		if (c == '+')
			snprintf(addresses[i], 8, "\xc3\xa9@x");
		else
			snprintf(addresses[i], 8, "%c@x", c);
		stand.envelope.recipients[i] = addresses[i];
	}
	for (i = 0; i < STEPS && one->steps[i] != NULL; i++)
		step(&stand, one->steps[i]);
	check_end(&stand);
	forget_outcomes(&stand);
	engine_free(&stand.engine);
}

static void
test_conversations(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		print_message("# %s\n", all[i].name);
		play(&all[i], SIZE_MAX);
		if (all[i].option.whole)
			continue;
		play(&all[i], 1);
		play(&all[i], 3);
	}
}

/* RFC 5321 4.5.3.2 */
static void
test_deadlines(void **state)
{
	struct engine_setup setup = {.me = "me", .peer = "mx", .timeout = 300};
	struct envelope envelope = {
	    .sender = "s", .count = 1, .recipients = {"a"}};
	struct engine e;
	unsigned turn;

	(void)state;
	engine_init(&e, &setup);
	assert_int_equal(e.seconds, 300);
	turn = e.turn;
	engine_feed(&e, "220-x\r\n", 7);
	assert_int_equal(e.turn, turn); /* one for the whole reply */
	engine_feed(&e, "220 x\r\n", 7);
	assert_int_not_equal(e.turn, turn);
	engine_feed(&e, "250 x\r\n", 7);
	assert_int_equal(e.seconds, 0);
	engine_begin(&e, &envelope);
	assert_int_equal(e.seconds, 300);
	engine_feed(&e, "250 x\r\n", 7);
	engine_feed(&e, "250 x\r\n", 7);
	assert_int_equal(e.seconds, 120);
	engine_feed(&e, "354 x\r\n", 7);
	assert_int_equal(e.seconds, 180);
	engine_body_end(&e);
	assert_int_equal(e.seconds, 600);
	engine_feed(&e, "250 x\r\n", 7);
	assert_int_equal(envelope.outcomes[0].class, OUTCOME_DONE);
	outcome_free(&envelope.outcomes[0]);
	engine_free(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_conversations),
	    cmocka_unit_test(test_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
