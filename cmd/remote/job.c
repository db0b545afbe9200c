#include "job.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dsn.h"
#include "exits.h"
#include "log.h"

#define SMTP_PORT 25
#define RULE_SIZE 512

/* An address must not hold what would end the command that it stands in. */
static bool
fits_command(const char *address)
{
	for (; *address != '\0'; address++)
		if ((unsigned char)*address < ' ' || *address == 127)
			return false;
	return true;
}

/* Past the brackets or the name at text. */
static const char *
past_name(const char *text)
{
	const char *close = *text == '[' ? strchr(text, ']') : NULL;

	return close != NULL ? close + 1 : text + strcspn(text, ":");
}

/*
 * The first of "host", "host:port", "[2001:db8::1]:port", parted by colons;
 * digits behind a host are its port.
 */
static const char *
take_host(struct job *job)
{
	const char *text = job->hosts, *end = past_name(text), *error = NULL;
	size_t len = (size_t)(end - text), digits;
	char port[8];

	job->port = SMTP_PORT;
	job->given_port = false;
	digits = *end == ':' ? strspn(end + 1, "0123456789") : 0;
	if (digits > 0 && (end[1 + digits] == ':' || end[1 + digits] == '\0')) {
		(void)snprintf(
		    port, sizeof(port), "%.*s", (int)digits, end + 1);
		job->port = (unsigned)strtonum(port, 1, 65535, &error);
		job->given_port = true;
		end += 1 + digits;
	}
	if (error != NULL || digits >= sizeof(port))
		return "host: bad port";
	if (len == 0 || len >= sizeof(job->host))
		return "host: empty or too long";
	if (*end != '\0' && *end != ':')
		return "host: no name";
	memcpy(job->host, text, len);
	job->host[len] = '\0';
	job->hosts = *end == ':' ? end + 1 : NULL;
	return NULL;
}

bool
job_next_host(struct job *job)
{
	return job->hosts != NULL && take_host(job) == NULL;
}

/* All of them must make sense; the first is the first to be tried. */
static const char *
parse_hosts(struct job *job, const char *text)
{
	const char *why = NULL;

	job->hosts = text;
	do
		why = take_host(job);
	while (why == NULL && job->hosts != NULL);
	job->hosts = text;
	return why != NULL ? why : take_host(job);
}

/* What belongs to the last recipient. */
static void
take_wish(struct envelope *envelope, const char *name, const char *value)
{
	const size_t last = envelope->count - 1;
	unsigned bits;

	if (envelope->count == 0)
		return;
	if (record_is(name, "notify") && dsn_notify(value, &bits) == 0)
		envelope->notifies[last] = value;
	if (record_is(name, "orcpt") && dsn_is_orcpt(value))
		envelope->orcpts[last] = value;
}

static const char *
parse_recipients(struct job *job)
{
	struct envelope *envelope = &job->envelope;
	const char *name, *one;
	size_t at = 0;

	while (record_walk(&job->question, &at, &name, &one)) {
		if (!record_is(name, "recipient")) {
			take_wish(envelope, name, one);
			continue;
		}
		if (envelope->count == RCPT_MAX)
			return "more than 100 recipients";
		if (*one == '\0' || !fits_command(one))
			outcome_set(&envelope->outcomes[envelope->count],
			    OUTCOME_FAILED, "5.1.3", NULL,
			    "the recipient's address is not fit for SMTP");
		envelope->recipients[envelope->count++] = one;
	}
	return envelope->count == 0 ? "recipient: missing" : NULL;
}

static void
close_all(struct job *job, const char *status, const char *why)
{
	struct outcome outcome = {.class = OUTCOME_OPEN};

	outcome_set(&outcome, OUTCOME_FAILED, status, NULL, why);
	job_close(job, &outcome);
	outcome_free(&outcome);
}

static const char *
parse_fields(struct job *job)
{
	const struct record *q = &job->question;
	const char *why;

	job->id = record_text(q, "id");
	if (record_get(q, "sender") == NULL)
		return "sender: missing";
	job->envelope.sender = record_text(q, "sender");
	if (dsn_is_ret(record_text(q, "ret")))
		job->envelope.ret = record_get(q, "ret");
	if (dsn_is_envid(record_text(q, "envid")))
		job->envelope.envid = record_get(q, "envid");
	if (record_number(q, "connections", UINT32_MAX, &job->connections) ==
	    -1)
		return "connections: no number";
	if (record_get(q, "host") == NULL)
		return "host: missing";
	if ((why = parse_hosts(job, record_text(q, "host"))) != NULL)
		return why;
	if ((why = parse_recipients(job)) == NULL &&
	    !fits_command(job->envelope.sender))
		close_all(
		    job, "5.1.7", "the sender's address is not fit for SMTP");
	return why;
}

const char *
job_parse(struct job *job, const struct record *question)
{
	const char *why;

	memset(job, 0, sizeof(*job));
	content_init(&job->content);
	record_init(&job->question, question->max);
	job->question.len = job->question.size = question->len;
	if ((job->question.text = malloc(question->len + 1)) == NULL)
		err(EXIT_TEMP, "question");
	memcpy(job->question.text, question->text, question->len);
	if ((why = parse_fields(job)) != NULL)
		job_free(job);
	return why;
}

/* What comes before the file's bytes, if something does. */
static const char *
read_head(
    struct content *content, const struct record *q, struct evbuffer *bytes)
{
	int got = record_number(q, "skip", content->length, &content->skip);

	if (got == 0)
		return NULL;
	if (got == -1)
		return "skip: no number, or beyond length";
	content->head = evbuffer_get_length(bytes);
	if ((content->bytes = malloc(content->head + 1)) == NULL)
		err(EXIT_TEMP, "content");
	(void)evbuffer_remove(bytes, content->bytes, content->head);
	content->length = content->length - content->skip + content->head;
	return NULL;
}

const char *
job_content(struct job *job, struct evbuffer *bytes, int fd)
{
	struct content *content = &job->content;
	const struct record *q = &job->question;

	content->fd = fd;
	if (fd != -1) {
		if (record_number(q, "length", INT64_MAX, &content->length) !=
		    1)
			return "length: missing or no number";
		return read_head(content, q, bytes);
	}
	if (record_get(q, "size") == NULL)
		return "neither size nor a descriptor";
	content->length = evbuffer_get_length(bytes);
	if ((content->bytes = malloc(content->length + 1)) == NULL)
		err(EXIT_TEMP, "content");
	(void)evbuffer_remove(bytes, content->bytes, content->length);
	return NULL;
}

void
job_free(struct job *job)
{
	size_t i;

	for (i = 0; i < job->envelope.count; i++)
		outcome_free(&job->envelope.outcomes[i]);
	content_free(&job->content);
	record_free(&job->question);
}

bool
job_is_open(const struct job *job)
{
	size_t i;

	for (i = 0; i < job->envelope.count; i++)
		if (job->envelope.outcomes[i].class == OUTCOME_OPEN)
			return true;
	return false;
}

void
job_close(struct job *job, const struct outcome *outcome)
{
	size_t i;

	for (i = 0; i < job->envelope.count; i++)
		if (job->envelope.outcomes[i].class == OUTCOME_OPEN)
			outcome_copy(&job->envelope.outcomes[i], outcome);
}

static void
add(struct record *answer, const char *name, const char *value)
{
	if (value != NULL && record_add(answer, name, value) == -1)
		err(EXIT_TEMP, "%s", name);
}

/* What went well was decided by whoever sent it here. */
static const char *
rule_of(const struct job *job, const struct outcome *o, char *out, size_t size)
{
	if (o->class == OUTCOME_DONE)
		return NULL;
	(void)snprintf(
	    out, size, "remote:%s", record_text(&job->question, "host"));
	return out;
}

void
job_answer(const struct job *job, size_t i, struct record *answer)
{
	const struct outcome *o = &job->envelope.outcomes[i];
	char rule[RULE_SIZE];

	record_clear(answer);
	add(answer, "recipient", job->envelope.recipients[i]);
	add(answer, "class", outcome_name(o->class));
	add(answer, "status", o->status);
	add(answer, "text", o->text);
	add(answer, "mta", o->mta);
	add(answer, "reply", o->reply);
	add(answer, "rule", rule_of(job, o, rule, sizeof(rule)));
	if (o->of_host)
		add(answer, "about", "host");
	if (o->class == OUTCOME_DONE && job->envelope.passed_on[i])
		add(answer, "dsn", "yes");
}

void
job_log(const struct job *job)
{
	char rule[RULE_SIZE];
	size_t i;

	for (i = 0; i < job->envelope.count; i++) {
		const struct outcome *o = &job->envelope.outcomes[i];

		log_event("smtp", "id", job->id, "recipient",
		    job->envelope.recipients[i], "class",
		    outcome_name(o->class), "status", o->status, "mta", o->mta,
		    "text", o->reply == NULL ? o->text : NULL, "reply",
		    o->reply, "rule", rule_of(job, o, rule, sizeof(rule)),
		    NULL);
	}
}
