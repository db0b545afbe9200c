/*
 * The users and groups that the programs run under, as setup makes them.
 */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "doctor.h"

static const struct {
	const char *name, *group;
} users[] = {
    {"pnsmtpd", "pnsmtpd"},
    {"pnaccess", "pnaccess"},
    {"pninject", "pnqueue"},
    {"pnqmgr", "pnqueue"},
    {"pnremote", "pnremote"},
    {"pnbounce", "pnbounce"},
    {"pnlog", "pnlog"},
};
#define USERS (sizeof(users) / sizeof(users[0]))

static void
check_group(struct doctor *d, const char *name)
{
	if (doctor_group(name) == -1)
		doctor_error(
		    d, "group %s: there is none; run postern-setup", name);
}

/* Two services under one user are no two any more. */
static void
check_alone(struct doctor *d, size_t i, int64_t uid)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (doctor_user(users[k].name) == uid)
			doctor_error(d, "user %s: is %s, too (uid %jd)",
			    users[i].name, users[k].name, (intmax_t)uid);
	if (uid == 0)
		doctor_error(d, "user %s: is root", users[i].name);
}

void
check_users(struct doctor *d)
{
	const struct passwd *pw;
	int64_t gid;
	size_t i;

	if (d->own)
		return;
	for (i = 0; i < USERS; i++) {
		if ((pw = getpwnam(users[i].name)) == NULL) {
			doctor_error(d,
			    "user %s: there is none; run postern-setup",
			    users[i].name);
			continue;
		}
		gid = (int64_t)pw->pw_gid;
		check_alone(d, i, (int64_t)pw->pw_uid);
		check_group(d, users[i].group);
		if (gid != doctor_group(users[i].group))
			doctor_error(d, "user %s: its group is not %s",
			    users[i].name, users[i].group);
	}
	check_group(d, "pnadmin");
}
