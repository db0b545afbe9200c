#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "job.h"
#include "log.h"
#include "message.h"
#include "received.h"

struct message *
message_new(
    const struct record *question, const struct caller *caller, int64_t now)
{
	struct message *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->text = evbuffer_new()) == NULL)
		err(EXIT_TEMP, "message");
	m->big.fd = -1;
	m->uid = caller->uid;
	record_init(&m->fields, RECORD_ENVELOPE);
	m->refused = question_judge(
	    question, caller, now, &m->fields, &m->origin, m->id);
	return m;
}

void
message_free(struct message *m, bool kept)
{
	big_free(&m->big, kept);
	evbuffer_free(m->text);
	record_free(&m->fields);
	free(m);
}

/* The only recipient, or NULL. */
static const char *
only_recipient(const struct record *fields)
{
	size_t at = 0;
	const char *first = record_each(fields, "recipient", &at);

	return record_each(fields, "recipient", &at) == NULL ? first : NULL;
}

/* What policy servers want above our own trace line (RFC 7208 9.1). */
static void
add_prepended(struct message *m)
{
	struct evbuffer *lines = evbuffer_new();
	const char *line;
	size_t at = 0;

	if (lines == NULL)
		err(EXIT_TEMP, "message");
	while ((line = record_each(&m->fields, "prepend", &at)) != NULL)
		if (evbuffer_add_printf(lines, "%s\n", line) == -1)
			err(EXIT_TEMP, "message");
	m->length += evbuffer_get_length(lines);
	if (evbuffer_prepend_buffer(m->text, lines) == -1)
		err(EXIT_TEMP, "message");
	evbuffer_free(lines);
}

/* Put the trace line before the content; a moved message has its own. */
static void
add_received(struct message *m, const struct settings *settings)
{
	char line[RECEIVED_SIZE];
	int64_t arrival = 0;
	size_t len;

	if (m->origin == FROM_QUEUE)
		return;
	arrival_parse(record_text(&m->fields, "arrival"), &arrival);
	len = received_format(
	    line, &(struct received){
		      .helo = record_text(&m->fields, "helo_name"),
		      .name = record_text(&m->fields, "client_name"),
		      .address = record_text(&m->fields, "client_address"),
		      .protocol = record_text(&m->fields, "protocol_name"),
		      .uid = m->uid,
		      .me = settings->me,
		      .id = m->id,
		      .recipient = only_recipient(&m->fields),
		      .when = (time_t)(arrival / 1000000),
		  });
	if (evbuffer_prepend(m->text, line, len) == -1)
		err(EXIT_TEMP, "message");
	m->length += len;
	add_prepended(m);
}

void
message_refuse(struct message *m, const struct verdict *why)
{
	m->refused = why;
	evbuffer_drain(m->text, evbuffer_get_length(m->text));
	big_free(&m->big, false);
}

static void
spill(struct message *m)
{
	int error = big_write(&m->big, m->text);

	if (error == 0)
		return;
	log_event(
	    "big-failed", "file", m->big.part, "reason", strerror(error), NULL);
	message_refuse(m, job_is_full(error) ? &verdict_full : &verdict_failed);
}

/* It is too long for a segment: give it a file, and its id. */
static void
begin_big(
    struct message *m, struct store *store, const struct settings *settings)
{
	int error;

	if (m->origin != FROM_QUEUE) {
		if (store->now.fd == -1) {
			message_refuse(m, &verdict_full);
			return;
		}
		store_id(store, m->id);
	}
	add_received(m, settings);
	error = big_begin(&m->big, store->dir, m->id, m->origin == FROM_QUEUE);
	if (error == 0)
		return;
	log_event(
	    "big-failed", "file", m->big.part, "reason", strerror(error), NULL);
	message_refuse(m, job_is_full(error) ? &verdict_full : &verdict_failed);
}

/* Judge what has come: NULL if it is fine. */
static const struct verdict *
judge(struct message *m, struct evbuffer *bytes, uint64_t most)
{
	size_t len = evbuffer_get_length(bytes);
	const char *text;

	if (len == 0)
		return NULL;
	if ((text = (const char *)evbuffer_pullup(bytes, -1)) == NULL)
		err(EXIT_TEMP, "content");
	return content_judge(
	    &m->content, text, len, m->origin == FROM_QUEUE ? 0 : most);
}

void
message_take(struct message *m, struct evbuffer *bytes, size_t most,
    struct store *store, const struct settings *settings)
{
	const struct verdict *why;

	if (m->refused != NULL)
		return;
	if ((why = judge(m, bytes, settings->databytes)) != NULL) {
		message_refuse(m, why);
		return;
	}
	m->length += evbuffer_get_length(bytes);
	if (evbuffer_add_buffer(m->text, bytes) == -1)
		err(EXIT_TEMP, "content");
	if (m->big.fd == -1 &&
	    m->length + (m->origin == FROM_QUEUE ? 0 : RECEIVED_SIZE) > most)
		begin_big(m, store, settings);
	if (m->big.fd != -1)
		spill(m);
}

void
message_end(struct message *m, const struct settings *settings)
{
	const struct verdict *why;

	if (m->refused != NULL)
		return;
	if ((why = content_end(&m->content)) != NULL)
		message_refuse(m, why);
	else if (!store_could_fit(settings->segment_size, message_need(m)))
		message_refuse(m, &verdict_too_big);
}

size_t
message_need(const struct message *m)
{
	return store_need(&m->fields,
	    m->big.fd != -1
		? 0
		: (size_t)m->length +
		      (m->origin == FROM_QUEUE ? 0 : RECEIVED_SIZE));
}

/* The fields again, behind the id. */
static void
add_fields(struct record *to, const struct record *from)
{
	const char *found, *value;
	char name[64];
	size_t at = 0;

	while (record_walk(from, &at, &found, &value)) {
		if (record_is(found, "prepend"))
			continue; /* it stands in the content */
		strlcpy(name, found, sizeof(name));
		name[strcspn(name, "=")] = '\0';
		if (record_add(to, name, value) == -1)
			err(EXIT_TEMP, "entry");
	}
}

void
message_place(
    struct message *m, struct store *store, const struct settings *settings)
{
	struct record head;
	const char *text = NULL;

	if (m->big.fd == -1) {
		if (m->origin != FROM_QUEUE)
			store_id(store, m->id);
		add_received(m, settings);
		text = (const char *)evbuffer_pullup(m->text, -1);
		if (text == NULL)
			text = ""; /* a moved message without content */
	}
	record_init(&head, RECORD_ENVELOPE);
	record_add(&head, "id", m->id);
	add_fields(&head, &m->fields);
	store_add(store, &head, text, m->length, m->big.sum);
	record_free(&head);
}

void
message_log(const struct message *m)
{
	const char *sender = record_text(&m->fields, "sender");
	const char *only = only_recipient(&m->fields);
	size_t at = 0;
	long long count = 0;

	while (record_each(&m->fields, "recipient", &at) != NULL)
		count++;
	log_event(m->origin == FROM_QUEUE ? "moved" : "accepted", "id", m->id,
	    "session", record_text(&m->fields, "session"), "sender",
	    *sender == '\0' ? "<>" : sender, "recipient", only, "recipients",
	    log_number(count), "size", log_number((long long)m->length),
	    "client", record_text(&m->fields, "client_address"), "uid",
	    record_text(&m->fields, "uid"), "generation",
	    m->origin == FROM_QUEUE ? record_text(&m->fields, "generation")
				    : NULL,
	    "hold", record_text(&m->fields, "hold"), "rule",
	    record_text(&m->fields, "rule"), NULL);
}
