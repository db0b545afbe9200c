/*
 * Who owns, writes and reads the configuration, the queue and the sockets'
 * folders.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"

/* A folder of the queue or of run: below, whose, and what nobody else may. */
static const struct {
	bool run;
	const char *name, *owner;
	mode_t forbidden;
} folders[] = {
    {false, "", "root", 022},
    {false, "mess", "pninject", 027},
    {false, "mess/big", "pninject", 027},
    {false, "state", "pnqmgr", 077},
    {true, "", "root", 022},
    {true, "smtpd", "root", 022},
    {true, "empty", "root", 022},
    {true, "smtpd/access", "pnaccess", 022},
    {true, "smtpd/inject", "pninject", 022},
    {true, "qmgr", "pnqmgr", 022},
    {true, "lspawn", "root", 022},
    {true, "remote", "pnremote", 022},
    {true, "bounce", "pnbounce", 022},
};

/* Could not be looked at: whoever asks may not, or it is not there. */
static bool
look(struct doctor *d, const char *path, struct stat *st)
{
	if (lstat(path, st) == 0)
		return true;
	if (errno == EACCES)
		doctor_warning(d, "%s: cannot be looked at; ask as root", path);
	else
		doctor_error(
		    d, "%s: %s; run postern-setup", path, strerror(errno));
	return false;
}

static void
check_folder(
    struct doctor *d, const char *path, const char *owner, mode_t forbidden)
{
	int64_t uid = d->own ? (int64_t)geteuid() : doctor_user(owner);
	struct stat st;

	if (!look(d, path, &st))
		return;
	if (!S_ISDIR(st.st_mode)) {
		if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode)) {
			doctor_error(d, "%s: is no folder", path);
			return;
		}
	}
	if (uid != -1 && st.st_uid != uid)
		doctor_error(d, "%s: belongs to uid %u, not to %s", path,
		    (unsigned)st.st_uid, d->own ? "you" : owner);
	if ((st.st_mode & forbidden) != 0)
		doctor_error(d, "%s: mode %04o lets others in; at most %04o",
		    path, (unsigned)(st.st_mode & 07777),
		    (unsigned)(0777 & ~forbidden));
}

/* Tables and control files: root's, written by nobody else, read by all. */
static void
check_file(struct doctor *d, const char *path)
{
	struct stat st;
	mode_t needed;

	if (stat(path, &st) == -1) {
		doctor_error(d, "%s: %s", path, strerror(errno));
		return;
	}
	needed = S_ISDIR(st.st_mode) ? 05 : 04;
	if (st.st_uid != 0 && (!d->own || st.st_uid != geteuid()))
		doctor_error(d, "%s: belongs to uid %u, not to root", path,
		    (unsigned)st.st_uid);
	if ((st.st_mode & S_IWOTH) != 0)
		doctor_error(d, "%s: everybody may write it; chmod go-w", path);
	else if ((st.st_mode & S_IWGRP) != 0 && st.st_gid != 0)
		doctor_warning(
		    d, "%s: group %u may write it", path, (unsigned)st.st_gid);
	if (!d->own && (st.st_mode & needed) != needed)
		doctor_error(d, "%s: the programs cannot read it; chmod a+r%s",
		    path, needed == 05 ? "x" : "");
}

static void
check_configuration(struct doctor *d)
{
	char path[PATH_SIZE];
	struct dirent *e;
	DIR *folder;

	check_file(d, d->paths.conf);
	if ((folder = opendir(d->paths.conf)) == NULL)
		return;
	while ((e = readdir(folder)) != NULL) {
		if (*e->d_name == '.')
			continue;
		path_join(path, d->paths.conf, e->d_name);
		check_file(d, path);
	}
	closedir(folder);
}

void
check_modes(struct doctor *d)
{
	char path[PATH_SIZE];
	const char *top;
	size_t i;

	check_configuration(d);
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		top = folders[i].run ? d->paths.run : d->paths.queue;
		if (*folders[i].name == '\0')
			strlcpy(path, top, sizeof(path));
		else
			path_join(path, top, folders[i].name);
		check_folder(d, path, folders[i].owner, folders[i].forbidden);
	}
}
