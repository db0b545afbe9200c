/*
 * Any question by anyone: what is accepted can be written as an entry, and is
 * read back as it was; a user never speaks for a client or for qmgr.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "question.h"
#include "received.h"
#include "segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_entry(const struct record *fields, const char *id)
{
	struct record head;
	struct entry e;
	const char *found, *value;
	char name[64], *text;
	size_t at = 0, len;

	record_init(&head, RECORD_ENVELOPE);
	record_add(&head, "id", id);
	while (record_walk(fields, &at, &found, &value)) {
		strlcpy(name, found, sizeof(name));
		name[strcspn(name, "=")] = '\0';
		record_add(&head, name, value);
	}
	if ((text = entry_encode(&head, entry_seed(1, SEGMENT_BLOCK), 0, 0,
		 false, &len)) == NULL)
		abort();
	entry_init(&e);
	if (entry_parse(&e, 1, text, len, SEGMENT_BLOCK) != 1 ||
	    strcmp(e.id, id) != 0)
		abort();
	entry_free(&e);
	free(text);
	record_free(&head);
}

static void
check_received(const struct record *q)
{
	char line[RECEIVED_SIZE];
	size_t len, i, start = 0;

	len = received_format(
	    line, &(struct received){.helo = record_text(q, "helo_name"),
		      .name = record_text(q, "client_name"),
		      .address = record_text(q, "client_address"),
		      .protocol = record_text(q, "protocol_name"),
		      .me = "me",
		      .id = "0000001a-00003",
		      .recipient = record_get(q, "recipient")});
	if (len >= sizeof(line) || line[len - 1] != '\n')
		abort();
	for (i = 0; i < len; i++) {
		if (line[i] == '\n') {
			if (i - start > 998 ||
			    (i + 1 < len && line[i + 1] != '\t'))
				abort();
			start = i + 1;
		} else if (line[i] != '\t' &&
			   (line[i] < ' ' || line[i] > '~')) {
			abort();
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record q, fields;
	struct caller caller = {7, false, false, false};
	struct content content = {0};
	enum origin origin;
	char id[ID_SIZE];
	unsigned bits;
	ssize_t used;

	if (len == 0)
		return 0;
	bits = data[0];
	caller.smtpd = bits & 1;
	caller.bounce = bits & 2;
	caller.qmgr = bits & 4;
	record_init(&q, ENVELOPE_MAX);
	record_init(&fields, ENVELOPE_MAX);
	used = record_parse(&q, (const char *)data + 1, len - 1);
	if (used > 0) {
		strlcpy(id, "0000001a-00003", sizeof(id));
		if (question_judge(&q, &caller, 1764000000123456, &fields,
			&origin, id) == NULL)
			check_entry(&fields, id);
		if ((origin == FROM_QUEUE && !caller.qmgr) ||
		    (origin == FROM_CLIENT && !caller.smtpd) ||
		    (origin != FROM_QUEUE && record_get(&fields, "id") != NULL))
			abort();
		check_received(&q);
		(void)content_judge(&content, (const char *)data + 1 + used,
		    len - 1 - (size_t)used, 100);
		(void)content_end(&content);
	}
	record_free(&q);
	record_free(&fields);
	return 0;
}
