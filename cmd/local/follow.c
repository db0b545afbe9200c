#include "follow.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "box.h"
#include "conf.h"
#include "exits.h"
#include "forward.h"
#include "include.h"
#include "program.h"
#include "relay.h"

#define RUN_TIME   300      /* seconds a program may take */
#define LETTER     600      /* seconds, then no further step is begun */
#define LIST_ITEMS 100000   /* that an alias may name, with its lists */
#define LIST_BYTES 16777216 /* of the lists */

/* What one letter has to be done with. */
struct errand {
	struct house *house;
	struct job *job;
	struct plan plan;
	const struct fate *faults; /* of parts that cannot be done */
	size_t nfaults;
};

static int
is_ours(const char *domain, void *arg)
{
	struct house *h = arg;

	if (h->me[0] == '\0')
		conf_me(h->paths.conf, h->me, sizeof(h->me));
	if (h->ours == NULL)
		h->ours = class_local(h->paths.conf, h->me);
	if (class_check(h->ours) == -1)
		return -1;
	return class_has(h->ours, domain) != NULL;
}

static void
set_rule(struct letter *l, const char *table, const char *key)
{
	free(l->rule);
	if (asprintf(&l->rule, "%s:%s", table, key) == -1)
		err(EXIT_TEMP, NULL);
}

static void
send_on(const struct errand *e, const struct step *s)
{
	struct house *h = e->house;

	if (h->me[0] == '\0')
		conf_me(h->paths.conf, h->me, sizeof(h->me));
	relay(h->inject, h->me, e->job->letter, e->plan.places + s->from,
	    s->count, &e->job->letter->fate);
}

/* One step; its outcome is the letter's fate until they are all judged. */
static void
take_step(const struct errand *e, const struct step *s)
{
	struct letter *letter = e->job->letter;
	struct program program = {.command = s->text,
	    .shell = e->job->alias == NULL,
	    .account = e->house->account,
	    .home = e->house->home,
	    .seconds = RUN_TIME};

	switch (s->kind) {
	case STEP_PROGRAM:
		program_run(&program, letter, &letter->fate);
		break;
	case STEP_FILE:
		box_fill_path(s->text, &letter, 1);
		break;
	case STEP_KEEP:
		box_fill(e->house, e->job, &letter, 1);
		break;
	case STEP_SEND:
		send_on(e, s);
		break;
	}
}

/* A step's name in the memo; one that sends has its first and last place. */
static char *
part_name(const struct plan *p, const struct step *s)
{
	const char *last = "";
	char *name;

	if (s->kind == STEP_SEND)
		last = p->places[s->from + s->count - 1].text;
	if (asprintf(&name, "%d %zu %s %s", (int)s->kind, s->count, s->text,
		last) == -1)
		err(EXIT_TEMP, NULL);
	return name;
}

static time_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* The step's fate, now or from before. */
static struct fate
step_fate(const struct errand *e, const struct step *s, time_t until)
{
	struct memo *memo = &e->house->memo;
	struct letter *letter = e->job->letter;
	char *part = part_name(&e->plan, s);
	const struct fate *before = memo_find(memo, letter, part);

	if (before != NULL)
		letter->fate = *before;
	else if (now() >= until)
		fate_set(&letter->fate, FATE_DEFERRED, "4.3.0",
		    "what came before took its time");
	else {
		take_step(e, s);
		if (letter->fate.class != FATE_DEFERRED)
			memo_add(memo, letter, part, &letter->fate);
	}
	free(part);
	return letter->fate;
}

/*
 * Nothing is done twice, and nothing is left out: while no step is done, the
 * first that defers ends the attempt; afterwards all are tried, and what is
 * done is noted for the next time.
 */
static void
follow(const struct errand *e)
{
	size_t most = e->plan.count + e->nfaults, i, n = 0;
	struct fate *parts = calloc(most + 1, sizeof(*parts));
	struct letter *letter = e->job->letter;
	const time_t until = now() + LETTER;
	bool begun = false;

	if (parts == NULL)
		err(EXIT_TEMP, NULL);
	for (i = 0; i < e->plan.count; i++) {
		parts[n] = step_fate(e, &e->plan.steps[i], until);
		if (parts[n++].class != FATE_DEFERRED)
			begun = true;
		else if (!begun)
			break;
	}
	for (i = 0; i < e->nfaults; i++)
		parts[n++] = e->faults[i];
	forward_judge(parts, n, &letter->fate);
	if (letter->fate.class != FATE_DEFERRED)
		memo_drop(&e->house->memo, letter);
	free(parts);
	e->job->ready = true;
}

void
follow_forward(struct house *h, const struct alias_items *items, struct job *j)
{
	struct forward_self self = {.account = h->account,
	    .recipient = record_text(&j->letter->record, "recipient"),
	    .is_ours = is_ours,
	    .arg = h};
	struct errand e = {.house = h, .job = j};

	if (forward_plan(items, &self, &e.plan) == -1) {
		fate_errno(&j->letter->fate, class_path(h->ours));
		j->ready = true;
		return;
	}
	/* Only the mailbox: with all the others. */
	if (e.plan.count != 1 || e.plan.steps[0].kind != STEP_KEEP) {
		set_rule(j->letter, "forward", h->account);
		follow(&e);
	}
	plan_free(&e.plan);
}

/* --- aliases ---------------------------------------------------------------
 */

static void
defer(struct job *j, const char *why)
{
	fate_set(&j->letter->fate, FATE_DEFERRED, "4.3.5", "aliases:%s: %s",
	    j->alias, why);
	j->ready = true;
}

/* What stands in the table: 1, or 0 and the fate is set. */
static int
find_alias(struct house *h, struct job *j, struct alias_items *items)
{
	const char *why = NULL;
	unsigned line;
	char *value;
	int r = map_load(h->aliases, j->alias, &value);

	if (r == -1)
		why = map_reason(h->aliases);
	else if (r == 0)
		why = "is no longer there";
	else if (alias_parse(value, strlen(value), items, &line, &why) == 0)
		why = NULL;
	free(value);
	if (why != NULL)
		defer(j, why);
	return why == NULL;
}

/* Does it ask for what only the steward may do? */
static bool
needs_steward(const struct alias_items *items)
{
	size_t i;

	for (i = 0; i < items->count; i++)
		if (items->list[i].kind == ALIAS_PROGRAM ||
		    items->list[i].kind == ALIAS_FILE)
			return true;
	return false;
}

static void
do_alias(struct house *h, struct job *j, const struct included *in)
{
	struct forward_self self = {.account = j->alias,
	    .recipient = "",
	    .alias = true,
	    .is_ours = is_ours,
	    .arg = h};
	struct errand e = {
	    .house = h, .job = j, .faults = in->faults, .nfaults = in->nfaults};

	if (forward_plan(&in->items, &self, &e.plan) == -1) {
		fate_errno(&j->letter->fate, class_path(h->ours));
		j->ready = true;
		return;
	}
	follow(&e);
	plan_free(&e.plan);
}

void
follow_alias(struct house *h, struct job *j)
{
	struct include_rules rules = {j->alias, LIST_ITEMS, LIST_BYTES};
	struct alias_items items;
	struct included in;

	set_rule(j->letter, "aliases", j->alias);
	if (!find_alias(h, j, &items))
		return;
	if (needs_steward(&items) && !h->steward)
		/* The table changed since this letter was sent here. */
		defer(j, "is no longer for this account");
	else {
		include_all(&items, &rules, &in);
		do_alias(h, j, &in);
		included_free(&in);
	}
	alias_free(&items);
}
