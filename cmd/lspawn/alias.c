/*
 * Whose local follows an alias.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias.h"
#include "conf.h"
#include "door.h"
#include "exits.h"
#include "log.h"
#include "steward.h"
#include "trail.h"

#define WAIT   10 /* seconds for the folders on the way to a list */
#define GROUPS 1024

static const char *const candidates[] = {
    "mailnull", "sendmail", "daemon", "nobody"};

/* --- the steward -----------------------------------------------------------
 */

/* Is it in group mail, by whatever file or service says so? */
static bool
opens_mailboxes(const struct passwd *pw)
{
	const struct group *mail = getgrnam("mail");
	gid_t gid = mail == NULL ? 0 : mail->gr_gid, groups[GROUPS];
	int n = GROUPS, i;

	if (mail == NULL)
		return false;
	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) == -1)
		return true; /* in so many that nobody can tell */
	for (i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* Why an account should not run what the aliases name, or NULL. */
static const char *
objection(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL)
		return "no such user";
	if (pw->pw_uid == 0)
		return "is root";
	if (opens_mailboxes(pw))
		return "its group opens every mailbox";
	return NULL;
}

void
steward_find(const char *confdir, char steward[ACCOUNT_SIZE])
{
	const struct passwd *pw;
	const char *why;
	size_t i;

	*steward = '\0';
	if (geteuid() != 0) {
		if ((pw = getpwuid(geteuid())) != NULL)
			(void)strlcpy(steward, pw->pw_name, ACCOUNT_SIZE);
	} else if (conf_line(
		       confdir, "default-user", NULL, steward, ACCOUNT_SIZE)) {
		if ((why = objection(steward)) != NULL) {
			log_event("trouble", "file", "default-user", "account",
			    steward, "reason", why, NULL);
			*steward = '\0';
		}
	} else
		for (i = 0; i < sizeof(candidates) / sizeof(*candidates); i++)
			if (objection(candidates[i]) == NULL) {
				(void)strlcpy(
				    steward, candidates[i], ACCOUNT_SIZE);
				break;
			}
}

/* --- lists -----------------------------------------------------------------
 */

/* Who owns a list; root, if others could have put it there. */
static uid_t
list_owner(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    trail_doubt(path, st.st_uid) == NULL)
		return st.st_uid;
	return 0;
}

/* The one who owns all the lists, if nothing else is asked for; else root. */
static uid_t
only_owner(const struct alias_items *items)
{
	uid_t owner = 0, one;
	size_t i;

	for (i = 0; i < items->count; i++)
		switch (items->list[i].kind) {
		case ALIAS_PROGRAM:
		case ALIAS_FILE:
			return 0;
		case ALIAS_INCLUDE:
			one = list_owner(items->list[i].text);
			if (one == 0 || (owner != 0 && one != owner))
				return 0;
			owner = one;
			break;
		default:
			break;
		}
	return owner;
}

/* A folder that hangs must not hang us, so a child looks. */
static uid_t
ask_owner(const struct alias_items *items)
{
	struct pollfd p = {.events = POLLIN};
	uid_t owner = 0;
	int report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) == -1)
		return 0;
	if ((pid = fork()) == 0) {
		owner = only_owner(items);
		_exit(write(report[1], &owner, sizeof(owner)) == -1 ? 1 : 0);
	}
	close(report[1]);
	p.fd = report[0];
	if (pid != -1 && (poll(&p, 1, WAIT * 1000) != 1 ||
			     read(report[0], &owner, sizeof(owner)) !=
				 (ssize_t)sizeof(owner)))
		owner = 0;
	if (pid != -1)
		(void)kill(pid, SIGKILL);
	close(report[0]);
	return owner;
}

static void
set_owner(struct door *d, const struct alias_items *items,
    char owner[ACCOUNT_SIZE], struct fate *f)
{
	uid_t uid = ask_owner(items);
	const struct passwd *pw = uid != 0 ? getpwuid(uid) : NULL;

	(void)strlcpy(
	    owner, pw != NULL ? pw->pw_name : d->steward, ACCOUNT_SIZE);
	/* Of who may have no local only the addresses count. */
	if (pw != NULL && door_account(d, owner, f) == NULL)
		(void)strlcpy(owner, d->steward, ACCOUNT_SIZE);
	if (*owner == '\0')
		fate_set(f, FATE_DEFERRED, "4.3.5",
		    "default-user: there is no account for what aliases name");
	else if (door_account(d, owner, f) != NULL)
		fate_set(f, FATE_DONE, "2.0.0", "followed by %s", owner);
	else
		f->class = FATE_DEFERRED;
}

void
door_alias(
    struct door *d, const char *alias, char owner[ACCOUNT_SIZE], struct fate *f)
{
	struct alias_items items = {0};
	const char *why = NULL;
	unsigned line;
	char *value;
	int r = map_load(d->aliases, alias, &value);

	if (r == -1)
		why = map_reason(d->aliases);
	else if (r == 0)
		why = "is no longer there";
	else
		(void)alias_parse(value, strlen(value), &items, &line, &why);
	free(value);
	if (why != NULL) {
		fate_set(
		    f, FATE_DEFERRED, "4.3.5", "aliases:%s: %s", alias, why);
		return;
	}
	set_owner(d, &items, owner, f);
	alias_free(&items);
}
