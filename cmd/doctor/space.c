/*
 * The disk under the queue: a full one takes no mail.
 */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "doctor.h"

#define MIB 1048576u

const char *
space_verdict(uint64_t left, uint64_t all, uint64_t few, uint64_t least)
{
	if (all == 0) /* as file systems say that do not count them */
		return NULL;
	if (left < least)
		return "error";
	return left < few || left < all / 20 ? "warning" : NULL;
}

static void
tell(struct doctor *d, const char *verdict, uint64_t left, const char *of)
{
	if (verdict == NULL)
		return;
	if (*verdict == 'e')
		doctor_error(d, "%s: only %ju %s are left", d->paths.queue,
		    (uintmax_t)left, of);
	else
		doctor_warning(d, "%s: only %ju %s are left", d->paths.queue,
		    (uintmax_t)left, of);
}

void
check_space(struct doctor *d)
{
	struct statvfs fs;
	uint64_t left, all;

	if (statvfs(d->paths.queue, &fs) == -1) {
		doctor_error(d, "%s: %s", d->paths.queue, strerror(errno));
		return;
	}
	left = (uint64_t)fs.f_bavail * fs.f_frsize / MIB;
	all = (uint64_t)fs.f_blocks * fs.f_frsize / MIB;
	/* Two segments of 64 MiB are kept in reserve. */
	tell(d, space_verdict(left, all, 1024, 128), left, "MiB");
	tell(d, space_verdict(fs.f_favail, fs.f_files, 10000, 1000),
	    fs.f_favail, "inodes");
}
