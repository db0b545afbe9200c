#include <stddef.h>
#include <string.h>

#include "dsn.h"
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
static const struct verdict bad_dsn = {
    "failed", "5.5.4", "Malformed notify, orcpt, ret or envid"};
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

/* RFC 3461's fields, wherever they stand. */
static bool
is_dsn(const struct record *q)
{
	const char *name, *value;
	unsigned bits;
	size_t at = 0;

	while (record_walk(q, &at, &name, &value))
		if ((record_is(name, "notify") &&
			dsn_notify(value, &bits) == -1) ||
		    (record_is(name, "orcpt") && !dsn_is_orcpt(value)) ||
		    (record_is(name, "ret") && !dsn_is_ret(value)) ||
		    (record_is(name, "envid") && !dsn_is_envid(value)))
			return false;
	return true;
}

static const struct verdict *
judge_envelope(const struct record *q)
{
	const char *sender = record_get(q, "sender"), *recipient;
	const char *body = record_get(q, "body");
	size_t at = 0;
	unsigned count = 0;

	if (sender == NULL)
		return &no_sender;
	if (!is_address(sender))
		return &bad_sender;
	for (; (recipient = record_each(q, "recipient", &at)) != NULL; count++)
		if (*recipient == '\0' || !is_address(recipient))
			return &bad_recipient;
	if (count == 0)
		return &no_recipient;
	if (count > RECIPIENTS_MAX)
		return &too_many;
	if (body != NULL && strcmp(body, "8BITMIME") != 0 &&
	    strcmp(body, "7BIT") != 0)
		return &bad_body;
	return is_dsn(q) ? NULL : &bad_dsn;
}

/* Can it stand as a line of its own in a header (RFC 5322 2.2)? */
static bool
is_field(const char *line)
{
	size_t name = 0;

	while (line[name] > ' ' && line[name] <= '~' && line[name] != ':')
		name++;
	return name > 0 && line[name] == ':' && strchr(line, '\r') == NULL;
}

/* The recipients, each with what belongs to it behind it. */
static int
copy_recipients(const struct record *q, struct record *fields)
{
	static const char *const names[] = {"recipient", "notify", "orcpt"};
	const char *found, *value;
	size_t at = 0, i;

	while (record_walk(q, &at, &found, &value))
		for (i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (record_is(found, names[i]) &&
			    record_add(fields, names[i], value) == -1)
				return -1;
	return 0;
}

/* The message's own fields that this caller may give it. */
static const struct verdict *
copy_some(const struct record *q, enum origin origin, struct record *fields)
{
	static const char *const anyone[] = {
	    "body", "internationalized", "ret", "envid"};
	static const char *const client[] = {"hold", "rule", "client_name",
	    "client_address", "helo_name", "protocol_name", "session"};
	const char *value;
	size_t at = 0, i;

	if (record_add(fields, "sender", record_text(q, "sender")) == -1 ||
	    copy_recipients(q, fields) == -1)
		return &verdict_malformed;
	for (i = 0; i < sizeof(anyone) / sizeof(*anyone); i++)
		if ((value = record_get(q, anyone[i])) != NULL)
			record_add(fields, anyone[i], value);
	if (origin != FROM_CLIENT)
		return NULL;
	for (at = 0; (value = record_each(q, "prepend", &at)) != NULL;)
		if (!is_field(value) ||
		    record_add(fields, "prepend", value) == -1)
			return &verdict_malformed;
	for (i = 0; i < sizeof(client) / sizeof(*client); i++)
		if ((value = record_get(q, client[i])) != NULL &&
		    record_add(fields, client[i], value) == -1)
			return &verdict_malformed;
	return NULL;
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

/* Is it a field of the question or the entry, not of the message? */
static bool
is_ours(const char *found)
{
	static const char *const ours[] = {"request", "more", "id",
	    "generation", "arrival", "content_sum", "length", "big", "sum",
	    "size"};
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (record_is(found, ours[i]))
			return true;
	return false;
}

/* What qmgr says of a message it moves stays, in its order. */
static const struct verdict *
copy_all(const struct record *q, struct record *fields)
{
	const char *found, *value;
	char name[64];
	size_t at = 0;

	while (record_walk(q, &at, &found, &value)) {
		if (is_ours(found))
			continue;
		strlcpy(name, found, sizeof(name));
		name[strcspn(name, "=")] = '\0';
		if (record_add(fields, name, value) == -1)
			return &verdict_malformed;
	}
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
	const struct verdict *v;

	*origin = find_origin(q, caller);
	if ((v = judge_envelope(q)) != NULL)
		return v;
	if (*origin == FROM_QUEUE) {
		v = judge_move(q, fields, id);
		return v != NULL ? v : copy_all(q, fields);
	}
	record_add(fields, "generation", "0");
	record_addf(fields, "arrival", "%jd.%06jd", (intmax_t)(now / 1000000),
	    (intmax_t)(now % 1000000));
	v = copy_some(q, *origin, fields);
	if (*origin == FROM_USER && is_user(caller))
		record_addf(fields, "uid", "%ju", (uintmax_t)caller->uid);
	return v;
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
