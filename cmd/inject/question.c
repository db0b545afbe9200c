#include <stddef.h>
#include <string.h>

#include "question.h"

const struct verdict verdict_full = {
    "deferred", "4.3.1", "The queue's disk is full"};
const struct verdict verdict_too_big = {
    "failed", "5.3.4", "Message too big for this system"};
const struct verdict verdict_malformed = {
    "failed", "5.5.2", "Malformed question"};
const struct verdict verdict_failed = {
    "deferred", "4.3.0", "The queue cannot take this now"};

static const struct verdict no_sender = {
    "failed", "5.5.2", "Question has no sender"};
static const struct verdict no_recipient = {
    "failed", "5.5.2", "Question has no recipient"};
static const struct verdict bad_sender = {
    "failed", "5.1.7", "Malformed sender address"};
static const struct verdict bad_recipient = {
    "failed", "5.1.3", "Malformed recipient address"};
static const struct verdict too_many = {
    "failed", "5.5.3", "Too many recipients"};
static const struct verdict bad_body = {"failed", "5.5.4", "Unknown body type"};
static const struct verdict bad_content = {
    "failed", "5.6.0", "Message holds a NUL, a bare CR or an unfinished line"};

static bool
is_address(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p != '\0'; p++)
		if (*p < ' ' || *p == 127)
			return false;
	return p - (const unsigned char *)text <= ADDRESS_MAX;
}

/* The envelope, judged and copied. */
static const struct verdict *
judge_envelope(const struct record *q, struct record *fields)
{
	const char *sender = record_get(q, "sender"), *recipient;
	size_t at = 0;
	unsigned count = 0;

	if (sender == NULL)
		return &no_sender;
	if (!is_address(sender))
		return &bad_sender;
	if (record_add(fields, "sender", sender) == -1)
		return &verdict_malformed;
	for (; (recipient = record_each(q, "recipient", &at)) != NULL;
	     count++) {
		if (count == RECIPIENTS_MAX)
			return &too_many;
		if (*recipient == '\0' || !is_address(recipient) ||
		    record_add(fields, "recipient", recipient) == -1)
			return &bad_recipient;
	}
	return count == 0 ? &no_recipient : NULL;
}

/* Copy those of the named fields that are there. */
static const struct verdict *
copy(const struct record *q, const char *const *names, struct record *fields)
{
	const char *value;

	for (; *names != NULL; names++)
		if ((value = record_get(q, *names)) != NULL &&
		    record_add(fields, *names, value) == -1)
			return &verdict_malformed;
	return NULL;
}

static const struct verdict *
judge_body(const struct record *q)
{
	const char *body = record_get(q, "body");

	return body == NULL || strcmp(body, "8BITMIME") == 0 ||
		       strcmp(body, "7BIT") == 0
		   ? NULL
		   : &bad_body;
}

/* id=, generation= and arrival= of a message that qmgr moves on. */
static const struct verdict *
judge_move(const struct record *q, struct record *fields, char id[ID_SIZE])
{
	const char *arrival = record_text(q, "arrival");
	uint32_t segment, sequence;
	uint64_t generation;
	int64_t when;

	if (strlcpy(id, record_text(q, "id"), ID_SIZE) >= ID_SIZE ||
	    id_parse(id, &segment, &sequence) == -1 ||
	    record_number(q, "generation", UINT32_MAX, &generation) != 1 ||
	    generation == 0 || arrival_parse(arrival, &when) == -1)
		return &verdict_malformed;
	record_addf(fields, "generation", "%ju", (uintmax_t)generation);
	record_add(fields, "arrival", arrival);
	return NULL;
}

static enum origin
find_origin(const struct record *q, const struct caller *c)
{
	if (c->qmgr && record_get(q, "id") != NULL)
		return FROM_QUEUE;
	if (c->smtpd && *record_text(q, "client_address") != '\0')
		return FROM_CLIENT;
	return FROM_USER;
}

/* Is the caller a user, to be named as such? */
static bool
is_user(const struct caller *c)
{
	return c->smtpd == c->bounce && c->smtpd == c->qmgr;
}

const struct verdict *
question_judge(const struct record *q, const struct caller *caller, int64_t now,
    struct record *fields, enum origin *origin, char id[ID_SIZE])
{
	static const char *const for_user[] = {"body", NULL};
	static const char *const for_client[] = {"body", "hold", "client_name",
	    "client_address", "helo_name", "protocol_name", "session", NULL};
	static const char *const for_queue[] = {"body", "hold", "client_name",
	    "client_address", "helo_name", "protocol_name", "session", "uid",
	    NULL};
	static const char *const *const copied[] = {[FROM_CLIENT] = for_client,
	    [FROM_USER] = for_user,
	    [FROM_QUEUE] = for_queue};
	const struct verdict *v;

	*origin = find_origin(q, caller);
	if (*origin == FROM_QUEUE) {
		if ((v = judge_move(q, fields, id)) != NULL)
			return v;
	} else {
		record_add(fields, "generation", "0");
		record_addf(fields, "arrival", "%jd.%06jd",
		    (intmax_t)(now / 1000000), (intmax_t)(now % 1000000));
	}
	if ((v = judge_envelope(q, fields)) != NULL ||
	    (v = judge_body(q)) != NULL ||
	    (v = copy(q, copied[*origin], fields)) != NULL)
		return v;
	if (*origin == FROM_USER && is_user(caller))
		record_addf(fields, "uid", "%ju", (uintmax_t)caller->uid);
	return NULL;
}

const struct verdict *
content_judge(struct content *c, const char *bytes, size_t len, uint64_t most)
{
	if (len == 0)
		return NULL;
	if (most != 0 && (len > most || c->length > most - len))
		return &verdict_too_big;
	c->length += len;
	c->last = bytes[len - 1];
	if (memchr(bytes, '\0', len) != NULL ||
	    memchr(bytes, '\r', len) != NULL)
		return &bad_content;
	return NULL;
}

const struct verdict *
content_end(const struct content *c)
{
	return c->length > 0 && c->last != '\n' ? &bad_content : NULL;
}
