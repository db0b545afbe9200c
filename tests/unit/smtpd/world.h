/*
 * What the tests of the session share: a world in which a stand-in for access
 * answers by a word in the address, and one for inject by a word in the sender.
 */
#ifndef WORLD_H
#define WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session.h"

static const struct config config = {
    .me = "me.test",
    .databytes = 3000000,
    .recipients = 3,
    .timeout = 300,
    .timeout_data = 600,
};

struct world {
	struct session *s;
	struct evbuffer *in, *content, *log;
	const char *connect; /* what access says to CONNECT */
	const char *pause;
	unsigned messages;
	enum deed last;
	char envelope[4096];
	int64_t now;
};

static const struct {
	const char *word, *action;
} actions[] = {
    {"bad", "550 5.1.1 User unknown"},
    {"later", "450 4.7.1 Come back"},
    {"go", "421 4.7.0 Go away"},
    {"discard", "DISCARD"},
    {"hold", "HOLD look"},
    {"odd", "WHAT"},
};

static inline void
judge(struct world *w)
{
	const struct record *q = &w->s->question;
	const char *address = record_text(q, "recipient");
	const char *action = "DUNNO";
	struct record answer;
	size_t i;

	if (strcmp(record_text(q, "protocol_state"), "MAIL") == 0)
		address = record_text(q, "sender");
	if (strcmp(record_text(q, "protocol_state"), "CONNECT") == 0)
		action = w->connect;
	if (strstr(address, "silent") != NULL) {
		session_judged(w->s, NULL, w->now);
		return;
	}
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strstr(address, actions[i].word) != NULL)
			action = actions[i].action;
	record_init(&answer, RECORD_QUESTION);
	record_add(&answer, "action", action);
	record_add(&answer, "rule", "test:rule");
	if (w->pause != NULL) {
		record_add(&answer, "pause", w->pause);
		record_add(&answer, "pause_rule", "test:pause");
	}
	session_judged(w->s, &answer, w->now);
	record_free(&answer);
}

static inline void
inject(struct world *w)
{
	const char *sender = w->s->sender;
	struct record answer;

	if (strcmp(sender, "away@x") == 0) {
		session_injected(w->s, NULL, w->now);
		return;
	}
	record_init(&answer, RECORD_QUESTION);
	if (strcmp(sender, "full@x") == 0) {
		record_add(&answer, "class", "deferred");
		record_add(&answer, "status", "4.3.1");
		record_add(&answer, "text", "no space");
	} else if (strcmp(sender, "much@x") == 0) {
		record_add(&answer, "class", "failed");
		record_add(&answer, "status", "5.3.4");
		record_add(&answer, "text", "too big");
	} else if (strcmp(sender, "mad@x") == 0) {
		record_add(&answer, "class", "failed");
		record_add(&answer, "status", "2.0.0");
	} else {
		record_add(&answer, "class", "done");
		record_addf(&answer, "id", "0000001a-%05u", ++w->messages);
	}
	session_injected(w->s, &answer, w->now);
	record_free(&answer);
}

static inline void
take_content(struct world *w)
{
	const struct record *q = &w->s->question;
	const char *value;
	size_t at = 0;
	uint64_t size;

	assert_int_equal(record_number(q, "size", SESSION_CHUNK, &size), 1);
	assert_int_equal(size, evbuffer_get_length(w->s->content));
	w->envelope[0] = '\0';
	while ((value = record_each(q, "recipient", &at)) != NULL) {
		strlcat(w->envelope, value, sizeof(w->envelope));
		strlcat(w->envelope, " ", sizeof(w->envelope));
	}
	if (record_get(q, "hold") != NULL)
		strlcat(w->envelope, "held", sizeof(w->envelope));
	evbuffer_add_buffer(w->content, w->s->content);
	if (record_get(q, "more") == NULL)
		inject(w);
}

static inline void
note(struct world *w)
{
	struct record *n = &w->s->note;

	evbuffer_add_printf(w->log, "%s:%s%s|", record_text(n, "event"),
	    record_text(n, "rule"), record_text(n, "id"));
	record_clear(n);
}

static inline void
run(struct world *w)
{
	while ((w->last = session_run(w->s, w->in, w->now)) != DEED_READ &&
	       w->last != DEED_WAIT && w->last != DEED_CLOSE) {
		if (w->last == DEED_LOG)
			note(w);
		else if (w->last == DEED_ASK)
			judge(w);
		else if (w->last == DEED_SEND)
			take_content(w);
		else if (w->last == DEED_ABANDON)
			evbuffer_add_printf(w->log, "abandon|");
	}
}

static inline void
start(struct world *w, const char *connect)
{
	static const struct client_name name = {
	    RESOLVE_OK, "client.test", "client.test"};

	memset(w, 0, sizeof(*w));
	w->connect = connect;
	w->now = 1000;
	w->s = session_new(&config, "6924a1b2-1-1", "192.0.2.7", w->now);
	w->in = evbuffer_new();
	w->content = evbuffer_new();
	w->log = evbuffer_new();
	session_named(w->s, &name, w->now);
	run(w);
}

static inline void
stop(struct world *w)
{
	session_free(w->s);
	evbuffer_free(w->in);
	evbuffer_free(w->content);
	evbuffer_free(w->log);
}

static inline void
give(struct world *w, const char *bytes, size_t len)
{
	evbuffer_add(w->in, bytes, len);
	run(w);
}

static inline const char *
text_of(struct evbuffer *b)
{
	evbuffer_add(b, "", 1);
	return (const char *)evbuffer_pullup(b, -1);
}

/*
 * Each reply line begins with its part of want, "220 |250-|250 x", and there
 * is no other.
 */
static inline bool
replies_are(const char *got, const char *want)
{
	const char *end;
	size_t len;

	while (*want != '\0') {
		len = strcspn(want, "|");
		if (strncmp(got, want, len) != 0 ||
		    (end = strstr(got, "\r\n")) == NULL)
			return false;
		got = end + 2;
		want += len + (want[len] == '|');
	}
	return *got == '\0';
}

#define HELO    "HELO x\r\n"
#define START   HELO "MAIL FROM:<a@b>\r\nRCPT TO:<u@h>\r\n"
#define STARTED "220 |250 me|250 2.1.0|250 2.1.5|"
#define DATA    START "DATA\r\n~"
#define TO_DATA STARTED "354 |"

/* Say it in pieces of step bytes; 0: up to each "~" in one. */
static inline void
say(struct world *w, const char *input, size_t step)
{
	char bytes[1024];
	size_t n = 0, limit = step == 0 ? sizeof(bytes) : step;

	for (; *input != '\0'; input++) {
		if (*input != '~')
			bytes[n++] = *input == '#' ? '\0' : *input;
		if (n == limit || (*input == '~' && step == 0) ||
		    (*input == '\n' && step == 0 && n == 8 &&
			memcmp(bytes, HELO, 8) == 0)) {
			give(w, bytes, n);
			n = 0;
		}
	}
	give(w, bytes, n);
}

#endif
