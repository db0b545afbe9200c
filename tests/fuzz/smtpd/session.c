/*
 * A conversation with noise.  The first two bytes choose how it is cut and what
 * access and inject say.  Whatever comes: replies are whole lines of printable
 * bytes, content is never more than a chunk, a message that was not begun is
 * not ended, and only a closed session stays so.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

static const struct config config = {
    .me = "me.test",
    .databytes = 300000,
    .recipients = 5,
    .timeout = 300,
    .timeout_data = 600,
    .policy = {.count = 2, .list = {{.name = "unix:one"}, {.name = "inet:2"}}},
};

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
judge(struct session *s, unsigned choice)
{
	static const char *const actions[] = {"DUNNO", "DUNNO", "OK", "DUNNO",
	    "550 5.7.1 no", "DISCARD", "HOLD it", "", "421 4.7.0 go", "450 x",
	    "DEFER_IF_PERMIT 4.2.0 grey", "PREPEND X-A: b\r\xff", "REJECT",
	    "DEFER_IF_REJECT", "WARN 5.", "PREPEND X: y"};
	struct record r;

	if (choice % 17 == 16) {
		session_judged(s, NULL, 0);
		return;
	}
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "action", actions[choice % 17]);
	if (choice % 3 == 1)
		record_add(&r, "pause", choice % 2 == 0 ? "100" : "-1");
	session_judged(s, &r, 0);
	record_free(&r);
}

static void
inject(struct session *s, unsigned choice)
{
	static const char *const classes[] = {"done", "deferred", "failed", ""};
	static const char *const statuses[] = {"4.3.1", "5.3.4", "x", "5.6.0"};
	struct record r;

	if (choice % 5 == 4) {
		session_injected(s, NULL, 0);
		return;
	}
	record_init(&r, RECORD_QUESTION);
	record_add(&r, "class", classes[choice % 4]);
	record_add(&r, "status", statuses[choice / 4 % 4]);
	record_add(&r, "id", "0000001a-00001");
	record_add(&r, "text", "words\r\xff");
	session_injected(s, &r, 0);
	record_free(&r);
}

/* Whole printable lines, each a code. */
static void
check_replies(struct evbuffer *out)
{
	size_t len = evbuffer_get_length(out), i;
	const char *p = (const char *)evbuffer_pullup(out, -1);

	for (i = 0; i < len; i++) {
		if (i == 0 || p[i - 1] == '\n')
			if (p[i] < '2' || p[i] > '5')
				abort();
		if (p[i] == '\n' ? i == 0 || p[i - 1] != '\r'
				 : p[i] != '\r' && (p[i] < ' ' || p[i] > '~'))
			abort();
	}
	if (len > 0 && p[len - 1] != '\n')
		abort();
	evbuffer_drain(out, len);
}

static bool
run(struct session *s, struct evbuffer *in, unsigned *choice, bool *begun)
{
	enum deed d;

	while ((d = session_run(s, in, 0)) != DEED_READ && d != DEED_WAIT &&
	       d != DEED_CLOSE) {
		if (d == DEED_LOG)
			record_clear(&s->note);
		else if (d == DEED_ASK)
			judge(s, (*choice)++);
		else if (d == DEED_PAUSE) {
			if (evbuffer_get_length(in) == 0)
				session_paused(s, 0);
		} else if (d == DEED_ABANDON) {
			if (!*begun)
				abort();
			*begun = false;
		} else if (d == DEED_SEND) {
			*begun = true;
			if (evbuffer_get_length(s->content) > SESSION_CHUNK)
				abort();
			evbuffer_drain(
			    s->content, evbuffer_get_length(s->content));
			if (record_get(&s->question, "more") == NULL) {
				*begun = false;
				inject(s, (*choice)++);
			}
		}
	}
	check_replies(s->out);
	return d != DEED_CLOSE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct client_name name = {RESOLVE_OK, "c.test", "c.test"};
	unsigned choice = size > 0 ? data[0] : 0;
	size_t step = size > 1 ? data[1] : 0, at = 2, n;
	struct evbuffer *in = evbuffer_new();
	struct session *s = session_new(&config, "name-1-1", "192.0.2.7", 0);
	bool begun = false, open;

	s->strict = (step & 1) != 0;
	session_named(s, &name, 0);
	open = run(s, in, &choice, &begun);
	while (open && at < size) {
		n = step == 0 || size - at < step ? size - at : step;
		evbuffer_add(in, data + at, n);
		at += n;
		open = run(s, in, &choice, &begun);
	}
	session_tick(s, 100000);
	if (run(s, in, &choice, &begun) && s->phase != PHASE_END)
		abort();
	session_free(s);
	evbuffer_free(in);
	return 0;
}
