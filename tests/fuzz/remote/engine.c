/*
 * A conversation: each line of the input begins with what happens.
 *
 *	s the server says the rest and CRLF	S the same without
 *	b a transaction begins (if it may)	m some message, e its end
 *	f another follows behind the dot, x it is forsaken
 *	t the time is over	l the connection is lost	q we leave
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
happen(struct engine *e, struct envelope *envelope, struct envelope *second,
    const char *line, size_t len)
{
	char first = len == 0 ? 's' : line[0];

	line += len > 0;
	len -= len > 0;
	if (first == 's' || first == 'S')
		engine_feed(e, line, len);
	if (first == 's')
		engine_feed(e, "\r\n", 2);
	else if (first == 'b' && e->phase == PHASE_READY)
		engine_begin(e, envelope);
	else if (first == 'm' && e->phase == PHASE_BODY)
		engine_body(e, line, len);
	else if (first == 'e' && e->phase == PHASE_BODY)
		engine_body_end(e);
	else if (first == 'f' && engine_may_follow(e) &&
		 e->now.envelope != second &&
		 second->outcomes[0].class == OUTCOME_OPEN)
		(void)engine_follow(e, second);
	else if (first == 'x' && e->next.envelope != NULL)
		engine_forsake(e);
	else if (first == 't')
		engine_timeout(e);
	else if (first == 'l')
		engine_lost(e, "closed the connection");
	else if (first == 'q' && e->phase == PHASE_READY)
		engine_quit(e);
}

/* An outcome never changes back, and has what an outcome needs. */
static void
check(const struct envelope *envelope, enum outcome_class *before, bool again)
{
	size_t i;

	for (i = 0; i < envelope->count; i++) {
		const struct outcome *o = &envelope->outcomes[i];

		if (o->class != OUTCOME_OPEN &&
		    (o->text == NULL || strchr("245", o->status[0]) == NULL))
			abort();
		if ((before[i] == OUTCOME_DONE ||
			before[i] == OUTCOME_FAILED) &&
		    o->class != before[i])
			abort();
		if (before[i] == OUTCOME_DEFERRED && o->class != before[i] &&
		    !again)
			abort();
		before[i] = o->class;
	}
}

/* Nothing is decided about the second before its own replies come. */
static void
check_second(const struct engine *e, const struct envelope *second)
{
	const struct outcome *o = &second->outcomes[0];

	if (o->class != OUTCOME_OPEN && o->text == NULL)
		abort();
	if ((e->next.envelope != NULL || e->next.forsaken) &&
	    e->now.envelope != second && o->class == OUTCOME_DONE)
		abort();
	if (e->phase == PHASE_OVER && e->next.envelope == second &&
	    o->class != OUTCOME_OPEN)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct engine_setup setup = {.me = "me", .peer = "mx", .timeout = 5};
	struct envelope envelope = {.sender = "s@x",
	    .count = 3,
	    .recipients = {"a@x", "b@x", "\xc3\xa9@x"}};
	struct envelope second = {
	    .sender = "t@x", .count = 1, .recipients = {"d@x"}};
	enum outcome_class before[3] = {OUTCOME_OPEN};
	struct engine e;
	const char *line = (const char *)data, *end;
	size_t len, i;

	setup.find_loop = size % 2 == 0;
	envelope.eightbit = size % 3 == 0;
	envelope.size = size;
	engine_init(&e, &setup);
	while (size > 0) {
		end = memchr(line, '\n', size);
		len = end == NULL ? size : (size_t)(end - line);
		happen(&e, &envelope, &second, line, len);
		check_second(&e, &second);
		check(&envelope, before,
		    e.phase == PHASE_READY || e.phase == PHASE_OVER);
		evbuffer_drain(e.out, evbuffer_get_length(e.out));
		len += end != NULL;
		line += len;
		size -= len;
	}
	for (i = 0; i < envelope.count; i++)
		outcome_free(&envelope.outcomes[i]);
	outcome_free(&second.outcomes[0]);
	engine_free(&e);
	return 0;
}
