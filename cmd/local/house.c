#include "house.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "box.h"
#include "exits.h"
#include "follow.h"
#include "forward.h"
#include "job.h"

/* lspawn sets HOME from passwd; by hand it is whose home the caller says. */
static const char *
find_home(const struct passwd *pw)
{
	const char *home = getenv("HOME");

	return home != NULL && *home == '/' ? home : pw->pw_dir;
}

void
house_open(struct house *h, const struct passwd *pw)
{
	if (strlcpy(h->account, pw->pw_name, sizeof(h->account)) >=
		sizeof(h->account) ||
	    !account_name(h->account) ||
	    strlcpy(h->home, find_home(pw), sizeof(h->home)) >= sizeof(h->home))
		errx(
		    EXIT_PERM, "account %s: name or home too odd", pw->pw_name);
	paths_find(&h->paths);
	path_join(h->spool, h->paths.mail, h->account);
	path_socket(h->inject, &h->paths, "inject");
	keeper_start(&h->keeper, h->spool, &h->paths);
	h->mailboxes = map_open(h->paths.conf, "mailboxes");
	h->aliases = map_open(h->paths.conf, "aliases");
}

/* Answer those in front that are ready, of the first so many. */
static void
tell(struct house *h, const struct job *jobs, size_t count, size_t *told)
{
	struct letter *ready[HOUSE_BATCH];
	size_t n = 0;

	for (; *told < count && jobs[*told].ready; ++*told)
		ready[n++] = jobs[*told].letter;
	if (n > 0)
		h->answer(ready, n, h->arg);
}

/* --- .forward --------------------------------------------------------------
 */

static void
forward_all(struct house *h, struct job *jobs, size_t count, size_t *told)
{
	struct alias_items items;
	struct fate f;
	size_t i;
	int loaded = -2;

	for (i = 0; i < count; i++) {
		if (!jobs[i].own || jobs[i].direct || jobs[i].ready)
			continue;
		if (loaded == -2)
			loaded = forward_load(h->home, &items, &f);
		if (loaded == -1) {
			jobs[i].letter->fate = f;
			jobs[i].ready = true;
		} else if (loaded == 1)
			follow_forward(h, &items, &jobs[i]);
		tell(h, jobs, i + 1, told);
	}
	if (loaded == 1)
		alias_free(&items);
}

/* --- a batch ---------------------------------------------------------------
 */

static void
set_fate(
    struct job *j, enum fate_class class, const char *status, const char *text)
{
	fate_set(&j->letter->fate, class, status, "%s", text);
	j->ready = true;
}

/* Which mailbox a letter is for, or its fate. */
static void
find_mailbox(struct house *h, struct job *j)
{
	const char *user = record_text(&j->letter->record, "user");
	struct account_mailbox m;
	char why[256];
	int r;

	if (*user == '\0')
		user = h->account;
	j->own = strcmp(user, h->account) == 0;
	r = account_mailbox(h->mailboxes, user, &m, why, sizeof(why));
	if (r == -1)
		set_fate(j, FATE_DEFERRED, "4.3.5", why);
	else if (r == 1 ? strcmp(m.owner, h->account) != 0 : !j->own)
		/* The tables changed since this letter was sent here. */
		set_fate(j, FATE_DEFERRED, "4.3.0",
		    "the mailbox belongs to another account now");
	else if (r == 1)
		(void)strlcpy(j->path, m.path, sizeof(j->path));
	else {
		j->spool = true;
		(void)strlcpy(j->path, h->spool, sizeof(j->path));
	}
}

static void
begin(struct house *h, struct job *j, struct letter *l)
{
	j->letter = l;
	j->own = j->spool = j->ready = false;
	j->direct = strcmp(record_text(&l->record, "direct"), "yes") == 0;
	j->alias = record_get(&l->record, "alias");
	/* A mailbox and nothing else is no way back: an alias may name itself.
	 */
	switch (j->direct ? 0 : letter_loops(l)) {
	case 1:
		set_fate(j, FATE_FAILED, "5.4.6",
		    "mail loop: it was delivered to this address before");
		break;
	case -1:
		fate_errno(&l->fate, "message");
		j->ready = true;
		break;
	default:
		if (j->alias != NULL)
			follow_alias(h, j);
		else
			find_mailbox(h, j);
	}
}

/* The first letter that waits, and all that are for the same mailbox. */
static void
deliver_from(struct house *h, struct job *jobs, size_t count)
{
	struct letter *same[HOUSE_BATCH];
	size_t n = 0, i;

	for (i = 0; i < count; i++)
		if (!jobs[i].ready && strcmp(jobs[i].path, jobs[0].path) == 0) {
			same[n++] = jobs[i].letter;
			jobs[i].ready = true;
		}
	box_fill(h, &jobs[0], same, n);
}

void
house_deliver(struct house *h, struct letter *const list[], size_t count)
{
	struct job *jobs = calloc(count, sizeof(*jobs));
	size_t i, told = 0;

	if (jobs == NULL)
		err(EXIT_TEMP, NULL);
	(void)map_look(h->mailboxes);
	map_hold(h->mailboxes, true);
	for (i = 0; i < count; i++) {
		begin(h, &jobs[i], list[i]);
		tell(h, jobs, i + 1, &told);
	}
	forward_all(h, jobs, count, &told);
	for (i = 0; i < count; i++)
		if (!jobs[i].ready)
			deliver_from(h, jobs + i, count - i);
	tell(h, jobs, count, &told);
	map_hold(h->mailboxes, false);
	free(jobs);
}
