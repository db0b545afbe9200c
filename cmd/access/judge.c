#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "judge.h"
#include "rcpt.h"
#include "reply.h"
#include "rhs.h"

/* 4.1: the name is asked before the address, and what is found ends it. */
static const struct look_step connect_steps[] = {
    {LOOK_DOMAIN, "connect:", true},
    {LOOK_ADDRESS, "connect:", true},
    {LOOK_NETWORK, "connect:", true},
    {0, NULL, false},
};

/* 4.2: what is found replaces what DNS would say of the domain. */
static const struct look_step sender_steps[] = {
    {LOOK_FULL, "from:", true},
    {LOOK_USER, "from:", true},
    {LOOK_AT, "from:", true},
    {LOOK_DOMAIN, "from:", true},
    {0, NULL, false},
};

static int
judge_connect(struct judge *j, const struct question *q, struct verdict *v)
{
	struct subject s = {.name = q->name,
	    .address = q->key,
	    .family = q->family,
	    .net = &q->address};
	struct hit hit;

	if (look_list(&j->look, connect_steps, &s, &hit) == -1)
		return -1;
	if (hit.found)
		reply_entry(v, &hit, NULL, "550 5.7.1 Access denied");
	else if (j->count != NULL && j->count(j, q, v) == -1)
		return -1;
	return 1;
}

static int
nothing_local(const char *domain, void *arg)
{
	(void)domain;
	(void)arg;
	return 0;
}

/* A sender's domain that is only another name for whoever says it. */
static bool
is_loopback_name(const char *sender, const char *me)
{
	static const struct addr_world plain = {
	    "localhost", nothing_local, NULL, NULL};
	static const char *const names[] = {
	    "localhost", "localhost.uucp", "[127.0.0.1]", "[ipv6:::1]"};
	const char *dot = strchr(me, '.');
	struct addr a;
	size_t i;

	if (addr_canon(sender, &plain, &a) != ADDR_OK)
		return false;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(a.domain, names[i]) == 0)
			return true;
	return dot != NULL && strncasecmp(a.domain, "localhost", 9) == 0 &&
	       strcasecmp(a.domain + 9, dot) == 0;
}

static int
judge_mail(struct judge *j, const struct question *q, struct verdict *v)
{
	struct tables *t = j->look.t;
	char address[ADDR_SIZE * 2], text[ADDR_SIZE * 3];
	struct subject s = {.family = 0};
	enum addr_fault fault;
	struct hit hit;
	struct addr a;

	if (*q->sender == '\0')
		return 1;
	if ((fault = addr_canon(q->sender, &t->world, &a)) == ADDR_TEMP)
		return -1;
	if (fault != ADDR_OK) {
		reply_text(v, q->sender, addr_reply(fault), "address:syntax");
		return 1;
	}
	if (is_loopback_name(q->sender, t->me) &&
	    tables_local(t, q->name) == NULL) {
		reply_text(v, q->sender,
		    "553 5.5.4 Real domain name required for sender address",
		    "sender:loopback");
		return 1;
	}
	addr_dequote(a.local);
	s.name = a.domain;
	s.local = a.local;
	if (look_list(&j->look, sender_steps, &s, &hit) == -1)
		return -1;
	if (hit.found)
		reply_entry(v, &hit, q->sender, "550 5.7.1 Access denied");
	else if (*a.domain == '\0') {
		addr_join(address, sizeof(address), a.local, "");
		snprintf(text, sizeof(text),
		    "553 5.5.4 Domain name required for sender address %s",
		    address);
		reply_text(v, q->sender, text, "sender:unqualified");
	}
	return 1;
}

/* Would the message be thrown away whatever its recipients are? */
static int
is_discarded(struct judge *j, const struct question *q)
{
	struct verdict v;

	if (q->discard)
		return 1;
	reply_pass(&v);
	if (judge_connect(j, q, &v) == -1)
		return -1;
	if (strcmp(v.action, "DISCARD") == 0)
		return 1;
	reply_pass(&v);
	if (judge_mail(j, q, &v) == -1)
		return -1;
	return strcmp(v.action, "DISCARD") == 0;
}

static int
judge_stage(struct judge *j, const struct question *q, struct verdict *v)
{
	int got;

	switch (q->stage) {
	case STAGE_CONNECT:
		return judge_connect(j, q, v);
	case STAGE_MAIL:
		return judge_mail(j, q, v);
	case STAGE_RCPT:
		if ((got = judge_rcpt(j, q, v)) != RCPT_UNKNOWN)
			return got;
		/* Nobody is told of users for a message nobody will get. */
		if ((got = is_discarded(j, q)) == 1)
			reply_pass(v);
		return got == -1 ? -1 : 1;
	default:
		return 1;
	}
}

int
judge(struct judge *j, const struct question *q, struct verdict *v)
{
	struct tables *t = j->look.t;
	int got;

	reply_pass(v);
	if ((got = tables_begin(t)) == 0) {
		if ((got = look_refresh(&j->look)) == 0)
			got = judge_stage(j, q, v);
		tables_end(t);
	}
	if (got == -1)
		reply_text(v, NULL,
		    "451 4.3.0 Temporary system failure. "
		    "Please try again later.",
		    "default:unreadable");
	return got;
}
