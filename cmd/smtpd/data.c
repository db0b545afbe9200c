/*
 * From 354 to the reply behind the end of the data.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "header.h"

static const struct fault
    nul = {"550 5.6.0 Message with a NUL refused", "smtpd:NUL"},
    bare_cr = {"550 5.5.2 Message with a bare CR refused", "smtpd:bare CR"},
    bare_lf = {"550 5.5.2 Message with a bare LF refused", "smtpd:bare LF"},
    endless = {"554 5.6.0 Message with an endless line refused",
	"smtpd:line length"},
    header = {"552 5.3.4 Message header too large", "smtpd:header size"},
    circle = {"554 5.4.6 Too many hops, this message goes in circles",
	"smtpd:Received fields"},
    claim = {"554 5.7.1 Authentication-Results in our name refused",
	"smtpd:Authentication-Results"},
    large = {"552 5.3.4 Message too large", "smtpd:databytes"},
    tempfail = {TEXT_TEMPFAIL, "inject:no answer"};

void
data_begin(struct session *s)
{
	s->data_since = s->now;
	line_data_start(&s->line);
	hops_start(&s->hops, s->config->me);
}

void
data_start(struct session *s)
{
	data_begin(s);
	s->phase = PHASE_DATA;
	s->deadline = s->now + s->config->timeout_data;
}

static void
over(struct session *s)
{
	s->begun = false;
	session_reset(s);
	free(s->told);
	s->told = NULL;
	s->phase = PHASE_COMMAND;
	s->deadline = s->now + s->config->timeout;
}

/*
 * The message must fail: what is left of it is read and thrown away, since the
 * reply has its place behind the end (RFC 5321 4.1.1.4).
 */
static void
doom(struct session *s, const struct fault *why)
{
	s->doom = why;
	evbuffer_drain(s->content, evbuffer_get_length(s->content));
	if (s->begun)
		s->deed = DEED_ABANDON;
	s->begun = false;
}

static const struct fault *
fault(const struct session *s)
{
	const uint64_t limit = s->config->databytes;

	if (s->line.nul)
		return &nul;
	if (s->line.bare_cr)
		return &bare_cr;
	if (s->line.bare_lf)
		return &bare_lf;
	if (s->line.longest > TEXT_LINE_MAX)
		return &endless;
	if (s->hops.size > HEADER_SIZE)
		return &header;
	if (s->hops.received > HEADER_HOPS) /* RFC 5321 6.3 */
		return &circle;
	return limit > 0 && s->size > limit ? &large : NULL;
}

/* The rest of the envelope, which only inject wants. */
static int
complete_envelope(struct session *s)
{
	struct record *e = &s->envelope;
	const char *hold = s->hold != NULL ? s->hold : s->always_hold;
	const char *rule = s->hold != NULL ? s->rule : s->always_rule;
	int bad = 0;

	bad |= record_add(e, "client_address", s->address);
	bad |= record_add(e, "client_name", s->client.verified);
	bad |= record_add(e, "helo_name", s->helo);
	/* RFC 6531 3.7.3 */
	bad |= record_add(e, "protocol_name",
	    s->smtputf8 ? "UTF8SMTP"
	    : s->esmtp  ? "ESMTP"
			: "SMTP");
	bad |= record_add(e, "session", s->name);
	if (s->eightbit)
		bad |= record_add(e, "body", "8BITMIME");
	if (s->smtputf8)
		bad |= record_add(e, "internationalized", "yes");
	if (s->ret != NULL)
		bad |= record_add(e, "ret", s->ret);
	if (s->envid != NULL)
		bad |= record_add(e, "envid", s->envid);
	if (hold != NULL) {
		bad |= record_add(e, "hold", hold);
		bad |= record_add(e, "rule", rule);
	}
	return bad;
}

/* Hand what has been gathered to inject. */
static void
send_chunk(struct session *s, bool last)
{
	const size_t len = evbuffer_get_length(s->content);
	struct record swap;
	int bad = 0;

	if (!s->begun) {
		bad = complete_envelope(s);
		swap = s->question;
		s->question = s->envelope;
		s->envelope = swap;
	} else {
		record_clear(&s->question);
		bad = record_add(&s->question, "request", "more");
	}
	if (!last)
		bad |= record_add(&s->question, "more", "yes");
	bad |= record_addf(&s->question, "size", "%zu", len);
	if (bad != 0) {
		doom(s, &tempfail);
		return;
	}
	s->begun = true;
	s->deed = DEED_SEND;
}

/* An id that no message has: segments are not numbered by the clock. */
static void
pretend(struct session *s)
{
	const char *rule = s->rule != NULL ? s->rule : s->always_rule;

	session_note(s, "discarded", "", rule == NULL ? "" : rule);
	session_reply(s, "250 2.0.0 %.8s-%05x Message accepted for delivery",
	    s->name, ++s->messages);
	over(s);
}

static void
refuse(struct session *s)
{
	session_refuse(s, s->doom->rule, "%s", s->doom->reply);
	over(s);
}

void
data_finish(struct session *s)
{
	if (s->doom == NULL && !s->discard && !s->always_discard)
		send_chunk(s, true);
	if (s->doom != NULL)
		refuse(s);
	else if (s->discard || s->always_discard)
		pretend(s);
	else {
		s->phase = PHASE_VERDICT;
		s->deadline = s->now + VERDICT_WAIT;
	}
}

/*
 * The field whose name began at byte hops.name speaks in our name and gets
 * another one.  A name that went to inject already cannot be changed any more;
 * the field would have tens of thousands of bytes of comments.
 */
static void
disown(struct session *s)
{
	const size_t here = s->hops.name + evbuffer_get_length(s->content);
	const char *name = HOPS_DISOWN;
	struct evbuffer_iovec v[4];
	struct evbuffer_ptr at;
	size_t left = sizeof(HOPS_DISOWN) - 1, part;
	int i, n;

	if (here < s->size) {
		doom(s, &claim);
		return;
	}
	if (evbuffer_ptr_set(
		s->content, &at, here - s->size, EVBUFFER_PTR_SET) == -1)
		return;
	n = evbuffer_peek(s->content, (ev_ssize_t)left, &at, v, 4);
	for (i = 0; i < n && i < 4 && left > 0; i++) {
		part = v[i].iov_len < left ? v[i].iov_len : left;
		memcpy(v[i].iov_base, name, part);
		name += part;
		left -= part;
	}
}

static void
look(struct session *s, const char *bytes, size_t len)
{
	bool claimed;
	size_t used;

	for (; len > 0; bytes += used, len -= used) {
		used = hops_take(&s->hops, bytes, len, &claimed);
		if (claimed && evbuffer_get_length(s->content) > 0)
			disown(s);
	}
}

void
data_take(struct session *s, const char *bytes, size_t len)
{
	const struct fault *wrong;

	s->size += len;
	if (s->doom == NULL && !s->discard && !s->always_discard)
		evbuffer_add(s->content, bytes, len);
	look(s, bytes, len);
	if (s->doom == NULL && (wrong = fault(s)) != NULL)
		doom(s, wrong);
}

size_t
data_room(const struct session *s, size_t len)
{
	const size_t room = SESSION_CHUNK - evbuffer_get_length(s->content);

	if (len > DATA_SLICE)
		len = DATA_SLICE;
	return len < room ? len : room;
}

void
data_came(struct session *s, size_t len)
{
	s->deadline = s->now + s->config->timeout_data;
	s->taken += len;
	if (evbuffer_get_length(s->content) == SESSION_CHUNK)
		send_chunk(s, false);
}

bool
data_run(struct session *s, struct evbuffer *in)
{
	struct evbuffer_iovec piece;
	char clean[DATA_SLICE];
	size_t len, used;
	bool end;

	if (evbuffer_peek(in, -1, NULL, &piece, 1) < 1 || piece.iov_len == 0)
		return false;
	len = data_room(s, piece.iov_len);
	used = line_data(&s->line, piece.iov_base, len, clean, &len, &end);
	evbuffer_drain(in, used);
	data_take(s, clean, len);
	if (end)
		data_finish(s);
	else
		data_came(s, used);
	return true;
}

static bool
too_slow(const struct session *s)
{
	int64_t allowed =
	    s->config->timeout_data + (int64_t)(s->taken / DATA_RATE_MIN);

	return s->now >= s->deadline || s->now >= s->data_since + allowed;
}

void
data_tick(struct session *s)
{
	if (s->phase == PHASE_VERDICT && s->now >= s->deadline) {
		doom(s, &tempfail);
		refuse(s);
	} else if (s->phase != PHASE_VERDICT && too_slow(s)) {
		session_refuse(s, "smtpd:timeoutdata", "421 4.4.2 Timeout %s",
		    s->config->me);
		session_end(s, "timeout");
	}
}

/* "4.3.1" for class '4' */
static bool
is_status(const char *status, char class)
{
	return status[0] == class && status[1] == '.' &&
	       isdigit((unsigned char)status[2]) &&
	       status[strspn(status, "0123456789.")] == '\0' &&
	       strlen(status) <= 9;
}

static void
accepted(struct session *s, const char *id)
{
	session_note(s, "accepted", "", "");
	record_add(&s->note, "id", id);
	session_reply(s, "250 2.0.0 %s Message accepted for delivery", id);
	s->messages++;
	s->errors = s->junk = 0;
}

/* inject would not have it: RFC 5321 4.2.3 for the codes. */
static void
not_accepted(struct session *s, const struct record *answer)
{
	const char *status = record_text(answer, "status");
	const char *text = record_text(answer, "text"), *code;
	char rule[32];

	if (strcmp(record_text(answer, "class"), "deferred") == 0 &&
	    is_status(status, '4'))
		code = strcmp(status, "4.3.1") == 0 ? "452" : "451";
	else if (strcmp(record_text(answer, "class"), "failed") == 0 &&
		 is_status(status, '5'))
		code = strcmp(status, "5.3.4") == 0 ? "552" : "554";
	else {
		code = "451";
		status = "4.3.0";
		text = "Temporary system failure, try again later";
	}
	snprintf(rule, sizeof(rule), "inject:%s", status);
	session_refuse(s, rule, "%s %s %s", code, status,
	    *text == '\0' ? "Message not accepted" : text);
}

void
data_injected(struct session *s, const struct record *answer)
{
	static const struct record nothing;
	const char *id;

	if (s->phase != PHASE_VERDICT) {
		/* It gave up half way; there is nothing left to abandon. */
		s->begun = false;
		doom(s, &tempfail);
		return;
	}
	if (answer == NULL)
		answer = &nothing;
	id = record_text(answer, "id");
	if (strcmp(record_text(answer, "class"), "done") == 0 && *id != '\0')
		accepted(s, id);
	else
		not_accepted(s, answer);
	over(s);
}
