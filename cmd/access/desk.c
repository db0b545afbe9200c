#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <err.h>

#include "desk.h"
#include "exits.h"
#include "log.h"
#include "reply.h"
#include "source.h"
#include "stages.h"

static void
nobody_waits(const char *fact, void *arg)
{
	(void)fact;
	(void)arg;
}

void
desk_open(struct desk *d, struct event_base *base, const char *dir,
    bool verbose, void (*known)(const char *fact, void *arg), void *arg)
{
	FILE *trace = NULL;
	bool dns;

	memset(d, 0, sizeof(*d));
	d->base = base;
	if (strlcpy(d->dir, dir, sizeof(d->dir)) >= sizeof(d->dir))
		errx(EXIT_PERM, "%s: path too long", dir);
	if (verbose &&
	    (trace = open_memstream(&d->trace, &d->trace_len)) == NULL)
		err(EXIT_TEMP, "trace");
	d->judge.look.t = tables_open(dir, trace);
	d->judge.features = features_read(dir);
	d->judge.account = facts_account;
	d->judge.domain = facts_domain;
	d->judge.arg = &d->facts;
	limits_read(&d->limits, dir);
	d->judge.limits = &d->limits;
	dns = (d->judge.features & FEATURE_UNRESOLVABLE) == 0;
	facts_open(&d->facts, base, dir, dns, known != NULL,
	    known != NULL ? known : nobody_waits, arg);
}

void
desk_close(struct desk *d)
{
	FILE *trace = d->judge.look.t->trace;

	facts_close(&d->facts);
	look_close(&d->judge.look);
	tables_close(d->judge.look.t);
	if (trace != NULL)
		fclose(trace);
	free(d->trace);
}

/* A broken table is named once, and again each minute that it stays so. */
static void
complain(struct desk *d)
{
	const char *reason = d->judge.look.t->reason;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (strcmp(d->told, reason) == 0 && t.tv_sec < d->told_at + 60)
		return;
	strlcpy(d->told, reason, sizeof(d->told));
	d->told_at = t.tv_sec;
	log_event("unreadable", "error", reason, NULL);
}

static int
heed(struct desk *d, int got)
{
	if (got == -1)
		complain(d);
	else
		d->told[0] = '\0';
	return got;
}

int
desk_judge(struct desk *d, const struct question *q, struct verdict *v)
{
	return heed(d, judge(&d->judge, q, v));
}

int
desk_wait(struct desk *d, const struct question *q, struct verdict *v)
{
	FILE *trace = d->judge.look.t->trace;
	int got;

	while ((got = desk_judge(d, q, v)) == 0) {
		if (event_base_loop(d->base, EVLOOP_ONCE) == -1)
			errx(EXIT_TEMP, "the event loop failed");
		if (trace != NULL) /* they are made once more */
			rewind(trace);
	}
	return got;
}

static void
add(struct record *out, const char *name, const char *value)
{
	if (record_add(out, name, value) == -1)
		log_event(
		    "answer", "field", name, "error", strerror(errno), NULL);
}

/* Verbose: the look-ups since the last time. */
static char *
traced(struct desk *d)
{
	FILE *stream = d->judge.look.t->trace;

	/* Behind where it is now there may be text of the time before. */
	fputc('\0', stream);
	if (fflush(stream) == EOF)
		err(EXIT_TEMP, "trace");
	rewind(stream);
	return d->trace;
}

/* Every look-up, and the line that decided. */
static void
explain(struct desk *d, const struct verdict *v, struct record *out)
{
	const char *key = strchr(v->rule, ':');
	char table[64], *line, *rest;
	unsigned number;

	for (rest = traced(d); (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0')
			add(out, "look", line);
	if (key == NULL || (size_t)(key - v->rule) >= sizeof(table))
		return;
	snprintf(table, sizeof(table), "%.*s", (int)(key - v->rule), v->rule);
	number = source_line(d->dir, table, key + 1);
	if (number > 0 &&
	    record_addf(out, "line", "%s/%s:%u", d->dir, table, number) == -1)
		log_event("answer", "field", "line", NULL);
}

void
desk_trace(struct desk *d, FILE *out)
{
	fputs(traced(d), out);
}

/* May it send anywhere?  Then policy servers need not be asked about it. */
static bool
is_friend(struct desk *d, const struct question *q)
{
	static const struct addr elsewhere = {"x", "elsewhere.invalid"};
	struct verdict v;

	/* Another server than smtpd has its own opinion. */
	if (q->loopback || d->tally.rate == 0)
		return q->loopback;
	return judge_relay(&d->judge, q, &elsewhere, &v) == STEP_DONE &&
	       v.kind == VERDICT_RELAY;
}

/*
 * What a client that connects is told besides: its counts, and how long it
 * waits for the greeting.
 */
static void
welcome(struct desk *d, const struct question *q, struct verdict *v,
    struct record *out)
{
	struct look *look = &d->judge.look;
	char rule[RULE_SIZE];
	bool friend = false;
	int pause = -1;

	if (tables_begin(look->t) == 0) {
		if (limits_judge(&d->limits, true, look, q, v) != -1)
			pause = limits_pause(&d->limits, look, q, rule);
		friend = is_friend(d, q);
		tables_end(look->t);
	}
	if (heed(d, pause) == -1) {
		reply_text(v, NULL, REPLY_UNREADABLE, "default:unreadable");
		return;
	}
	if (q->client_rate > 0) {
		record_addf(out, "client_rate", "%u", q->client_rate);
		record_addf(
		    out, "client_connections", "%u", q->client_connections);
	}
	if (friend)
		record_add(out, "trusted", "yes");
	if (pause > 0) {
		record_addf(out, "pause", "%d", pause);
		add(out, "pause_rule", rule);
	}
}

const char *
desk_answer(struct desk *d, const struct record *question, struct record *out,
    bool *pending)
{
	const char *why;
	struct question q;
	struct verdict v;
	int got;

	*pending = false;
	if ((why = question_read(question, &q)) != NULL)
		return why;
	if (d->tally.rate > 0) {
		q.client_rate = d->tally.rate;
		q.client_connections = d->tally.open;
	}
	got = d->facts.served ? desk_judge(d, &q, &v) : desk_wait(d, &q, &v);
	*pending = got == 0;
	if (got == 1 && q.stage == STAGE_CONNECT)
		welcome(d, &q, &v, out);
	add(out, "action", v.action);
	add(out, "rule", v.rule);
	if (d->judge.look.t->trace != NULL)
		explain(d, &v, out);
	return NULL;
}
