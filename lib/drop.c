#include <err.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "breakin.h"
#include "drop.h"
#include "exits.h"

static void
become(const struct passwd *pw)
{
	if (setgroups(1, &pw->pw_gid) == -1 ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) == -1 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) == -1)
		err(EXIT_TEMP, "cannot become %s", pw->pw_name);
	if (setuid(0) != -1 || seteuid(0) != -1)
		errx(EXIT_TEMP, "%s can become root again", pw->pw_name);
}

void
drop_root(const char *user, const char *root)
{
	const struct passwd *pw;

	if (!WALLS_STAND)
		return;
	if (geteuid() == 0) {
		if ((pw = getpwnam(user)) == NULL)
			errx(EXIT_TEMP, "no user %s", user);
		if (pw->pw_uid == 0)
			errx(EXIT_PERM, "user %s is root", user);
		if (root != NULL && (chroot(root) == -1 || chdir("/") == -1))
			err(EXIT_TEMP, "chroot %s", root);
		become(pw);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(EXIT_TEMP, "no_new_privs");
	drop_limits(0, 0);
}

static void
limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) == -1)
		err(EXIT_TEMP, "getrlimit");
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	now.rlim_cur = now.rlim_max = most;
	if (setrlimit(resource, &now) == -1)
		err(EXIT_TEMP, "setrlimit");
}

void
drop_limits(size_t bytes, unsigned files)
{
	limit(RLIMIT_CORE, 0);
	if (bytes > 0)
		limit(RLIMIT_AS, bytes);
	/* valgrind does not let its client have a lower one */
	if (files > 0 && WALLS_STAND)
		limit(RLIMIT_NOFILE, files);
}

void
drop_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {{0}};
	unsigned cap;
	int i;

	/* The bounding set counts at exec only: that it stays is no error. */
	for (cap = 0; cap < 64; cap++)
		if ((kept >> cap & 1) == 0 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == -1)
			break;
	if (syscall(SYS_capget, &head, caps) == -1)
		err(EXIT_TEMP, "capget");
	for (i = 0; i < 2; i++) {
		caps[i].permitted &= (uint32_t)(kept >> 32 * i);
		caps[i].effective = caps[i].permitted;
		caps[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, caps) == -1)
		err(EXIT_TEMP, "capset");
}
