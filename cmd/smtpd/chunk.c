/*
 * BDAT (RFC 3030): a message in chunks whose size is told in advance.
 *
 * Whatever is wrong with the message or the moment, a chunk is read to its end
 * before the reply, so that none of it is ever taken for a command.
 */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define SMALL 512 /* bytes of a chunk that is worth no round trip */

/* "1000", "1000 LAST" */
static bool
parse(const char *argument, uint64_t *size, bool *last)
{
	size_t digits = strspn(argument, "0123456789");

	if (digits == 0 || digits > 18)
		return false;
	*size = strtoull(argument, NULL, 10);
	argument += digits;
	*last = strcasecmp(argument + strspn(argument, " "), "LAST") == 0;
	return *argument == '\0' || (*argument == ' ' && *last);
}

/* NULL, or why no chunk may come now. */
static const struct fault *
misplaced(const struct session *s)
{
	static const struct fault
	    alone = {"503 5.5.1 Need MAIL before BDAT", "smtpd:sequence"},
	    nobody = {"554 5.5.1 No valid recipients", "smtpd:no recipient"},
	    late = {"503 5.5.1 A chunk was refused; begin again with RSET",
		"smtpd:sequence"};

	if (!s->mail)
		return &alone;
	if (s->recipients == 0)
		return &nobody;
	return s->spoiled ? &late : NULL;
}

void
chunk_start(struct session *s, char *argument)
{
	if (!parse(argument, &s->chunk, &s->last)) {
		session_refuse(s, "smtpd:syntax",
		    "501 5.5.4 BDAT needs a size, and perhaps LAST");
		session_end(s, "BDAT without a size");
		return;
	}
	s->misplaced = misplaced(s);
	if (s->misplaced != NULL)
		s->data_since = s->now;
	else if (!s->chunking)
		data_begin(s);
	s->chunking |= s->misplaced == NULL;
	s->junk += s->chunk < SMALL && !s->last;
	s->phase = PHASE_CHUNK;
	s->deadline = s->now + s->config->timeout_data;
}

static void
refuse(struct session *s, const struct fault *why)
{
	if (s->reject != NULL)
		session_refuse(s, s->reject_rule, "%s", s->reject);
	else
		session_refuse(s, why->rule, "%s", why->reply);
}

static void
over(struct session *s)
{
	const uintmax_t size = s->taken;
	char end = '\n';

	s->phase = PHASE_COMMAND;
	s->deadline = s->now + s->config->timeout;
	if (s->misplaced != NULL) {
		refuse(s, s->misplaced);
		return;
	}
	if (s->last)
		data_take(s, &end, line_chunk_end(&s->line));
	if (s->last)
		data_finish(s);
	else if (s->doom != NULL) {
		refuse(s, s->doom);
		s->spoiled = true;
	} else
		session_reply(s, "250 2.0.0 %ju octets so far", size);
}

bool
chunk_run(struct session *s, struct evbuffer *in)
{
	struct evbuffer_iovec piece;
	char clean[DATA_SLICE];
	size_t len;

	if (s->chunk == 0) {
		over(s);
		return true;
	}
	if (evbuffer_peek(in, -1, NULL, &piece, 1) < 1 || piece.iov_len == 0)
		return false;
	len = data_room(s, piece.iov_len);
	if (len > s->chunk)
		len = s->chunk;
	if (s->misplaced == NULL)
		data_take(
		    s, clean, line_chunk(&s->line, piece.iov_base, len, clean));
	evbuffer_drain(in, len);
	s->chunk -= len;
	data_came(s, len);
	return true;
}
