#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include <err.h>

#include "exits.h"
#include "session.h"
#include "source.h"

#define REFUSED 1

static void
add(struct record *r, const char *name, const char *value)
{
	if (value != NULL && record_add(r, name, value) == -1)
		err(EXIT_PERM, "%s", name);
}

/* "<a@b>" as well as "a@b". */
static void
add_address(struct record *r, const char *name, const char *value)
{
	char bare[ADDR_SIZE];
	size_t len = value == NULL ? 0 : strlen(value);

	if (len >= 2 && value[0] == '<' && value[len - 1] == '>') {
		if (len - 2 >= sizeof(bare))
			errx(EXIT_PERM, "%s: too long", name);
		memcpy(bare, value + 1, len - 2);
		bare[len - 2] = '\0';
		value = bare;
	}
	add(r, name, value);
}

/* Who is told only by a name is taken to have it. */
static void
add_client(struct record *r, const struct session *s)
{
	add(r, "client_address", s->address);
	add(r, "client_name", s->name != NULL ? s->name : "unknown");
	add(r, "reverse_client_name",
	    s->reverse != NULL ? s->reverse
	    : s->name != NULL  ? s->name
			       : "unknown");
	add(r, "client_resolve", s->resolve);
	add(r, "helo_name", s->helo);
}

static void
print_place(const struct desk *d, const char *rule)
{
	const char *key = strchr(rule, ':');
	char table[64];
	unsigned line;

	if (key == NULL || (size_t)(key - rule) >= sizeof(table))
		return;
	snprintf(table, sizeof(table), "%.*s", (int)(key - rule), rule);
	line = source_line(d->dir, table, key + 1);
	if (line > 0)
		printf(", %s/%s:%u", d->dir, table, line);
}

static int
weight(const struct verdict *v)
{
	if (v->kind != VERDICT_REPLY)
		return 0;
	return v->action[0] == '4' ? EX_TEMPFAIL : REFUSED;
}

static int
ask(struct desk *d, const struct session *s, const char *state, const char *to)
{
	struct record r;
	struct question q;
	struct verdict v;
	const char *why;

	record_init(&r, RECORD_QUESTION);
	add(&r, "protocol_state", state);
	add_client(&r, s);
	add_address(&r, "sender", s->from);
	add_address(&r, "recipient", to);
	if ((why = question_read(&r, &q)) != NULL)
		errx(EXIT_PERM, "%s", why);
	desk_wait(d, &q, &v);
	if (d->judge.look.t->trace != NULL)
		desk_trace(d, stdout);
	if (q.stage == STAGE_CONNECT)
		printf("client %s", s->address);
	else
		printf("%s <%s>", q.stage == STAGE_MAIL ? "from" : "to",
		    q.stage == STAGE_MAIL ? q.sender : q.recipient);
	printf(": %s (%s", v.action, v.rule);
	print_place(d, v.rule);
	puts(")");
	record_free(&r);
	return weight(&v);
}

/* A client or a sender that is refused names no recipient. */
int
session_ask(struct desk *d, const struct session *s)
{
	int got = ask(d, s, "CONNECT", NULL), one;
	size_t i;

	if (got == 0 && s->from != NULL)
		got = ask(d, s, "MAIL", NULL);
	if (got == 0)
		for (i = 0; i < s->count; i++) {
			one = ask(d, s, "RCPT", s->to[i]);
			if (got != REFUSED && one != 0)
				got = one;
		}
	if (fflush(stdout) == EOF)
		err(EXIT_TEMP, "standard output");
	return got;
}
