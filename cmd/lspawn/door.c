#include "door.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "steward.h"

static const char *const own_users[] = {"pnsmtpd", "pnaccess", "pninject",
    "pnqmgr", "pnremote", "pnbounce", "pnlog"};

void
door_open(struct door *d, const char *confdir)
{
	size_t i;

	memset(&d->barred, 0, sizeof(d->barred));
	memset(&d->roster, 0, sizeof(d->roster));
	for (i = 0; i < sizeof(own_users) / sizeof(*own_users); i++)
		peer_allow(&d->barred, own_users[i]);
	d->mailboxes = map_open(confdir, "mailboxes");
	d->aliases = map_open(confdir, "aliases");
	steward_find(confdir, d->steward);
}

static bool
is_barred(const struct door *d, const struct passwd *pw)
{
	size_t i;

	if (pw->pw_uid == 0)
		return true;
	for (i = 0; i < d->barred.count; i++)
		if (d->barred.uid[i] == pw->pw_uid)
			return true;
	/* A user that was made after we started. */
	for (i = 0; i < sizeof(own_users) / sizeof(*own_users); i++)
		if (strcmp(pw->pw_name, own_users[i]) == 0)
			return true;
	return false;
}

/* A clock that nobody sets. */
static time_t
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/*
 * getpwnam(3): NULL with errno as it was is a definite no; anything else says
 * that the source of accounts cannot answer now.
 */
static const struct passwd *
find(struct door *d, const char *name, struct fate *f)
{
	const struct passwd *pw = roster_find(&d->roster, name, seconds());

	if (pw != NULL)
		return pw;
	errno = 0;
	if ((pw = getpwnam(name)) != NULL) {
		roster_keep(&d->roster, pw, seconds());
		return pw;
	}
	if (errno != 0)
		fate_set(f, FATE_DEFERRED, "4.3.0", "account %s: %s", name,
		    strerror(errno));
	else
		fate_set(f, FATE_FAILED, "5.1.1", "no such user: %s", name);
	return NULL;
}

const struct passwd *
door_account(struct door *d, const char *name, struct fate *f)
{
	const struct passwd *pw;

	if (!account_name(name)) {
		fate_set(
		    f, FATE_FAILED, "5.1.1", "not a user's name: %s", name);
		return NULL;
	}
	if ((pw = find(d, name, f)) == NULL)
		return NULL;
	if (is_barred(d, pw)) {
		fate_set(f, FATE_FAILED, "5.7.1",
		    "%s has no mailbox; an alias can give its mail to a person",
		    name);
		return NULL;
	}
	if (geteuid() != 0 && pw->pw_uid != geteuid()) {
		fate_set(f, FATE_FAILED, "5.7.1",
		    "not root, so only the caller's own mail is delivered, "
		    "not %s's",
		    name);
		return NULL;
	}
	return pw;
}

void
door_owner(
    struct door *d, const char *user, char owner[ACCOUNT_SIZE], struct fate *f)
{
	struct account_mailbox m;
	char why[256];
	int r = 0;

	if (account_name(user))
		r = account_mailbox(d->mailboxes, user, &m, why, sizeof(why));
	if (r == -1) {
		fate_set(f, FATE_DEFERRED, "4.3.5", "%s", why);
		return;
	}
	if (door_account(d, r == 1 ? m.owner : user, f) == NULL) {
		/* A wrong line is mended by the administrator: wait for it. */
		if (r == 1 && f->class == FATE_FAILED)
			fate_set(f, FATE_DEFERRED, "4.3.5",
			    "mailboxes:%s: owner %s may not be one", user,
			    m.owner);
		return;
	}
	(void)strlcpy(owner, r == 1 ? m.owner : user, ACCOUNT_SIZE);
	fate_set(f, FATE_DONE, "2.0.0", "owned by %s", owner);
}
