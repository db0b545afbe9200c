#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"
#include "question.h"

static const struct {
	const char *name;
	enum stage stage;
} stages[] = {
    {"CONNECT", STAGE_CONNECT},
    {"MAIL", STAGE_MAIL},
    {"RCPT", STAGE_RCPT},
    {"DISCONNECT", STAGE_DISCONNECT},
};

static const struct {
	const char *name;
	enum client_resolve resolve;
} resolves[] = {
    {"OK", CLIENT_OK},
    {"FAIL", CLIENT_FAIL},
    {"FORGED", CLIENT_FORGED},
    {"TEMP", CLIENT_TEMP},
};

static enum stage
read_stage(const struct record *r)
{
	const char *text = record_get(r, "protocol_state");
	size_t i;

	if (text == NULL)
		return record_get(r, "recipient") != NULL ? STAGE_RCPT
		       : record_get(r, "sender") != NULL  ? STAGE_MAIL
							  : STAGE_CONNECT;
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcmp(text, stages[i].name) == 0)
			return stages[i].stage;
	return STAGE_OTHER;
}

/* IPv6 as sendmail prints it: eight groups, nothing left out. */
static void
spell(struct question *q)
{
	const unsigned char *b = q->address.s6_addr;
	unsigned i;
	size_t n;

	inet_ntop(q->family, b, q->plain, sizeof(q->plain));
	if (q->family == AF_INET) {
		strlcpy(q->key, q->plain, sizeof(q->key));
		return;
	}
	n = strlcpy(q->key, "IPv6", sizeof(q->key));
	for (i = 0; i < 16; i += 2)
		n += (size_t)snprintf(q->key + n, sizeof(q->key) - n, ":%x",
		    b[i] << 8 | b[i + 1]);
}

static bool
read_address(const char *text, struct question *q)
{
	struct in6_addr *a = &q->address;

	if (strncasecmp(text, "ipv6:", 5) == 0)
		text += 5;
	if (inet_pton(AF_INET, text, a) == 1)
		q->family = AF_INET;
	else if (inet_pton(AF_INET6, text, a) == 1)
		q->family = AF_INET6;
	else
		return false;
	if (q->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(a)) {
		memmove(a->s6_addr, a->s6_addr + 12, 4);
		q->family = AF_INET;
	}
	spell(q);
	/* The rest of 127/8 is no more ours than any other address. */
	q->loopback = q->family == AF_INET ? strcmp(q->plain, "127.0.0.1") == 0
					   : IN6_IS_ADDR_LOOPBACK(a) != 0;
	return true;
}

static bool
is_known(const char *name)
{
	return name != NULL && *name != '\0' && strcmp(name, "unknown") != 0;
}

/* Postfix does not tell the outcome; its two names do. */
static bool
read_resolve(const struct record *r, struct question *q)
{
	const char *text = record_get(r, "client_resolve");
	size_t i;

	if (text == NULL || *text == '\0') {
		q->resolve = is_known(record_get(r, "client_name")) ? CLIENT_OK
			     : is_known(record_get(r, "reverse_client_name"))
				 ? CLIENT_FORGED
				 : CLIENT_FAIL;
		return true;
	}
	for (i = 0; i < sizeof(resolves) / sizeof(resolves[0]); i++) {
		if (strcmp(text, resolves[i].name) == 0) {
			q->resolve = resolves[i].resolve;
			return true;
		}
	}
	return false;
}

/* A name is believed only if it was found to lead back to the address. */
static bool
read_name(const struct record *r, struct question *q)
{
	const char *name = record_text(r, "client_name");
	size_t len;

	q->verified = q->resolve == CLIENT_OK && is_known(name);
	if (!q->verified) {
		if (q->family != 0)
			snprintf(q->name, sizeof(q->name), "[%s]", q->key);
		return true;
	}
	if ((len = strlcpy(q->name, name, sizeof(q->name))) >= sizeof(q->name))
		return false;
	if (len > 1 && q->name[len - 1] == '.')
		q->name[len - 1] = '\0';
	addr_fold(q->name);
	return true;
}

/* sendmail's macros of these names, as smtpd heard them at CONNECT. */
static unsigned
read_count(const struct record *r, const char *name)
{
	uint64_t n;

	return record_number(r, name, UINT32_MAX, &n) == 1 ? (unsigned)n : 0;
}

const char *
question_read(const struct record *r, struct question *q)
{
	const char *request = record_get(r, "request");
	const char *address = record_text(r, "client_address");

	memset(q, 0, sizeof(*q));
	if (request != NULL && strcmp(request, "smtpd_access_policy") != 0)
		return "unknown request";
	q->stage = read_stage(r);
	if (*address != '\0' && strcmp(address, "unknown") != 0 &&
	    !read_address(address, q))
		return "malformed client_address";
	if (!read_resolve(r, q))
		return "malformed client_resolve";
	if (!read_name(r, q))
		return "client_name too long";
	q->discard = strcmp(record_text(r, "discard"), "yes") == 0;
	q->client_rate = read_count(r, "client_rate");
	q->client_connections = read_count(r, "client_connections");
	q->sender = record_text(r, "sender");
	q->recipient = record_text(r, "recipient");
	return NULL;
}
