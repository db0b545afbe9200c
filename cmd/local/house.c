#include "house.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "exits.h"
#include "forward.h"
#include "log.h"
#include "maildir.h"
#include "mbox.h"
#include "program.h"
#include "relay.h"

#define LOCK_WAIT 10   /* seconds */
#define RUN_TIME  300  /* seconds a program may take */
#define MODE      0600 /* of an mbox that is not in the spool */

/* A letter and the mailbox it is for. */
struct job {
	struct letter *letter;
	bool own;    /* for the account itself */
	bool direct; /* its .forward does not count */
	bool spool;  /* path is the account's spool file */
	bool ready;  /* its fate is set */
	char path[PATH_SIZE];
};

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
	keeper_start(&h->keeper, h->spool);
	h->mailboxes = map_open(h->paths.conf, "mailboxes");
}

/* --- mailboxes -------------------------------------------------------------
 */

static void
to_spool(struct house *h, struct letter *const list[], size_t count)
{
	struct fate f;
	size_t i;
	int fd = keeper_open(&h->keeper, &f);

	if (fd == -1) {
		for (i = 0; i < count; i++)
			list[i]->fate = f;
		return;
	}
	mbox_append(fd, h->spool, list, count, time(NULL));
	close(fd);
	keeper_shut(&h->keeper);
}

static void
to_mbox(const char *path, struct letter *const list[], size_t count)
{
	struct mbox m;
	struct fate f;
	size_t i;

	if (mbox_open(&m, path, MODE, LOCK_WAIT, &f) == -1) {
		for (i = 0; i < count; i++)
			list[i]->fate = f;
		return;
	}
	mbox_append(m.fd, path, list, count, time(NULL));
	mbox_close(&m);
}

static void
to_path(const char *path, struct letter *const list[], size_t count)
{
	size_t i;

	if (strcmp(path, "/dev/null") == 0)
		for (i = 0; i < count; i++)
			fate_set(&list[i]->fate, FATE_DONE, "2.0.0",
			    "thrown away: /dev/null");
	else if (path[strlen(path) - 1] == '/')
		maildir_deliver(path, list, count);
	else
		to_mbox(path, list, count);
}

static void
to_mailbox(struct house *h, const struct job *j, struct letter *const list[],
    size_t count)
{
	if (j->spool)
		to_spool(h, list, count);
	else
		to_path(j->path, list, count);
}

/* --- .forward --------------------------------------------------------------
 */

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
send_on(struct house *h, const struct plan *p, struct job *j)
{
	if (h->me[0] == '\0')
		conf_me(h->paths.conf, h->me, sizeof(h->me));
	relay(h->inject, h->me, j->letter, p->places, p->nplaces,
	    &j->letter->fate);
}

/* One step; its outcome is the letter's fate until they are all judged. */
static void
take_step(
    struct house *h, const struct plan *p, const struct step *s, struct job *j)
{
	struct program program = {
	    .account = h->account, .home = h->home, .seconds = RUN_TIME};

	switch (s->kind) {
	case STEP_PROGRAM:
		program.command = s->text;
		program_run(&program, j->letter, &j->letter->fate);
		break;
	case STEP_FILE:
		to_path(s->text, &j->letter, 1);
		break;
	case STEP_KEEP:
		to_mailbox(h, j, &j->letter, 1);
		break;
	case STEP_SEND:
		send_on(h, p, j);
		break;
	}
}

/* A step's name in the memo. */
static char *
part_name(const struct step *s)
{
	char *name;

	if (asprintf(&name, "%d %s", (int)s->kind, s->text) == -1)
		err(EXIT_TEMP, NULL);
	return name;
}

/*
 * Nothing is done twice, and nothing is left out: while no step is done, the
 * first that defers ends the attempt; afterwards all are tried, and what is
 * done is noted for the next time.
 */
static void
follow(struct house *h, const struct plan *p, struct job *j)
{
	struct fate *parts = calloc(p->count, sizeof(*parts));
	const struct fate *before;
	char *part;
	size_t i;
	bool begun = false;

	if (parts == NULL)
		err(EXIT_TEMP, NULL);
	for (i = 0; i < p->count; i++) {
		part = part_name(&p->steps[i]);
		before = memo_find(&h->memo, j->letter, part);
		if (before != NULL)
			j->letter->fate = *before;
		else
			take_step(h, p, &p->steps[i], j);
		parts[i] = j->letter->fate;
		if (parts[i].class != FATE_DEFERRED && before == NULL)
			memo_add(&h->memo, j->letter, part, &parts[i]);
		free(part);
		if (parts[i].class != FATE_DEFERRED) {
			begun = true;
		} else if (!begun) {
			i++;
			break;
		}
	}
	forward_judge(parts, i, &j->letter->fate);
	if (j->letter->fate.class != FATE_DEFERRED)
		memo_drop(&h->memo, j->letter);
	free(parts);
}

static void
forward(struct house *h, const struct alias_items *items, struct job *j)
{
	struct forward_self self = {.account = h->account,
	    .recipient = record_text(&j->letter->record, "recipient"),
	    .is_ours = is_ours,
	    .arg = h};
	struct plan p;

	if (forward_plan(items, &self, &p) == -1) {
		fate_errno(&j->letter->fate, class_path(h->ours));
	} else if (p.count != 1 || p.steps[0].kind != STEP_KEEP) {
		follow(h, &p, j);
		plan_free(&p);
	} else { /* only the mailbox: with all the others */
		plan_free(&p);
		return;
	}
	j->ready = true;
}

static void
forward_all(struct house *h, struct job *jobs, size_t count)
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
			forward(h, &items, &jobs[i]);
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
	switch (letter_loops(l)) {
	case 1:
		set_fate(j, FATE_FAILED, "5.4.6",
		    "mail loop: it was delivered to this address before");
		break;
	case -1:
		fate_errno(&l->fate, "message");
		j->ready = true;
		break;
	default:
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
	to_mailbox(h, &jobs[0], same, n);
}

void
house_deliver(struct house *h, struct letter *const list[], size_t count)
{
	struct job *jobs = calloc(count, sizeof(*jobs));
	size_t i;

	if (jobs == NULL)
		err(EXIT_TEMP, NULL);
	for (i = 0; i < count; i++)
		begin(h, &jobs[i], list[i]);
	forward_all(h, jobs, count);
	for (i = 0; i < count; i++)
		if (!jobs[i].ready)
			deliver_from(h, jobs + i, count - i);
	free(jobs);
}
