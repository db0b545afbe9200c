/*
 * forward - where a user's .forward sends a letter
 *
 * $HOME/.forward.HOST (HOST up to its first dot), else $HOME/.forward; see
 * forward(5).
 */
#ifndef FORWARD_H
#define FORWARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "alias.h"
#include "fate.h"

/*
 * Read the file that counts, with what it includes.  1: items to follow.  0:
 * there is none, it is empty, or it may not be trusted (logged), so the mailbox
 * is meant.  -1 and a fate: it cannot be known now.
 */
int forward_load(const char *home, struct alias_items *, struct fate *);

/* Why a file of that owner and mode may not be trusted, or NULL. */
const char *forward_doubt(mode_t mode, uid_t owner, uid_t user);

/* --- pure ------------------------------------------------------------------
 */

enum step_kind { STEP_PROGRAM, STEP_FILE, STEP_KEEP, STEP_SEND };

struct step {
	enum step_kind kind;
	const char *text;   /* command or path, of the items; else a word */
	size_t from, count; /* STEP_SEND: which places */
};

struct place {
	const char *text;
	bool direct; /* \user: his mailbox, whatever his .forward says */
};

/*
 * Programs first, then files, then the own mailbox, and last what is sent on:
 * so what may well fail comes before what cannot be undone.
 */
struct plan {
	size_t count;
	struct step *steps;
	size_t nplaces;
	struct place *places;
};

/*
 * Places in one STEP_SEND: inject takes ten times as many, but qmgr reads the
 * whole envelope again for each.
 */
#define FORWARD_SEND 1000

/* Who asks, and how to tell our domains: 1 ours, 0 not, -1 cannot tell. */
struct forward_self {
	const char *account; /* or the alias's name */
	const char *recipient;
	bool alias; /* the own name means the user of that name, \name */
	int (*is_ours)(const char *domain, void *arg);
	void *arg;
};

/*
 * Each place once; the user's own name or address means the own mailbox.  0;
 * -1 if is_ours could not tell.  The plan points into items.
 */
int forward_plan(
    const struct alias_items *, const struct forward_self *, struct plan *);
void plan_free(struct plan *);

/*
 * What the whole letter's fate is: deferred if any is, else failed if any is,
 * else done.
 */
void forward_judge(const struct fate *parts, size_t count, struct fate *);

#endif
