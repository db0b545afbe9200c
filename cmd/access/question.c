#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "addr.h"
#include "glue.h"
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

/* Of each name the first counts; what is not there is NULL. */
struct fields {
	const char *request, *state, *address, *name, *reverse, *resolve,
	    *discard, *rate, *connections, *sender, *recipient;
};

#define FIELD(name, member)                                                    \
	{                                                                      \
		name, sizeof(name) - 1, offsetof(struct fields, member)        \
	}

static const struct {
	const char *name;
	size_t len;
	size_t place; /* in struct fields */
} names[] = {
    FIELD("request", request),
    FIELD("protocol_state", state),
    FIELD("client_address", address),
    FIELD("client_name", name),
    FIELD("reverse_client_name", reverse),
    FIELD("client_resolve", resolve),
    FIELD("discard", discard),
    FIELD("client_rate", rate),
    FIELD("client_connections", connections),
    FIELD("sender", sender),
    FIELD("recipient", recipient),
};

static void
read_fields(const struct record *r, struct fields *f)
{
	const char *name, *value, **field;
	size_t at = 0, len, i;

	memset(f, 0, sizeof(*f));
	while (record_walk(r, &at, &name, &value) == 1) {
		len = (size_t)(value - name) - 1;
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (len == names[i].len &&
			    memcmp(name, names[i].name, len) == 0)
				break;
		if (i == sizeof(names) / sizeof(names[0]))
			continue;
		field = (void *)((char *)f + names[i].place);
		if (*field == NULL)
			*field = value;
	}
}

static const char *
text(const char *value)
{
	return value == NULL ? "" : value;
}

static enum stage
read_stage(const struct fields *f)
{
	size_t i;

	if (f->state == NULL)
		return f->recipient != NULL ? STAGE_RCPT
		       : f->sender != NULL  ? STAGE_MAIL
					    : STAGE_CONNECT;
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (strcmp(f->state, stages[i].name) == 0)
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

	if (q->plain[0] == '\0')
		inet_ntop(q->family, b, q->plain, sizeof(q->plain));
	if (q->family == AF_INET) {
		glue(q->key, sizeof(q->key), q->plain, NULL);
		return;
	}
	n = strlcpy(q->key, "IPv6", sizeof(q->key));
	for (i = 0; i < 16; i += 2)
		n += (size_t)snprintf(q->key + n, sizeof(q->key) - n, ":%x",
		    b[i] << 8 | b[i + 1]);
}

static bool
read_address(const char *from, struct question *q)
{
	struct in6_addr *a = &q->address;

	if (strncasecmp(from, "ipv6:", 5) == 0)
		from += 5;
	if (inet_pton(AF_INET, from, a) == 1) {
		q->family = AF_INET;
		/* It takes no other spelling than inet_ntop's. */
		glue(q->plain, sizeof(q->plain), from, NULL);
	} else if (inet_pton(AF_INET6, from, a) == 1)
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
read_resolve(const struct fields *f, struct question *q)
{
	size_t i;

	if (*text(f->resolve) == '\0') {
		q->resolve = is_known(f->name)      ? CLIENT_OK
			     : is_known(f->reverse) ? CLIENT_FORGED
						    : CLIENT_FAIL;
		return true;
	}
	for (i = 0; i < sizeof(resolves) / sizeof(resolves[0]); i++) {
		if (strcmp(f->resolve, resolves[i].name) == 0) {
			q->resolve = resolves[i].resolve;
			return true;
		}
	}
	return false;
}

/* A name is believed only if it was found to lead back to the address. */
static bool
read_name(const char *name, struct question *q)
{
	size_t len;

	q->verified = q->resolve == CLIENT_OK && is_known(name);
	if (!q->verified) {
		if (q->family != 0)
			glue(q->name, sizeof(q->name), "[", q->key, "]", NULL);
		return true;
	}
	if (!glue(q->name, sizeof(q->name), name, NULL))
		return false;
	len = strlen(q->name);
	if (len > 1 && q->name[len - 1] == '.')
		q->name[len - 1] = '\0';
	addr_fold(q->name);
	return true;
}

/* sendmail's macros of these names, as smtpd heard them at CONNECT. */
static unsigned
read_count(const char *value)
{
	uint64_t n;

	return value != NULL && record_decimal(value, UINT32_MAX, &n) == 1
		   ? (unsigned)n
		   : 0;
}

const char *
question_read(const struct record *r, struct question *q)
{
	struct fields f;
	const char *address;

	read_fields(r, &f);
	memset(q, 0, sizeof(*q));
	if (f.request != NULL && strcmp(f.request, "smtpd_access_policy") != 0)
		return "unknown request";
	q->stage = read_stage(&f);
	address = text(f.address);
	if (*address != '\0' && strcmp(address, "unknown") != 0 &&
	    !read_address(address, q))
		return "malformed client_address";
	if (!read_resolve(&f, q))
		return "malformed client_resolve";
	if (!read_name(f.name, q))
		return "client_name too long";
	q->discard = strcmp(text(f.discard), "yes") == 0;
	q->client_rate = read_count(f.rate);
	q->client_connections = read_count(f.connections);
	q->sender = text(f.sender);
	q->recipient = text(f.recipient);
	return NULL;
}
