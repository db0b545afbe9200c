#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "job.h"
#include "segment.h"

#define ZEROS 262144

int
job_is_full(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/* Close the descriptor: 0, or errno, where an earlier error counts first. */
static int
done(int fd, int result)
{
	int error = result == -1 ? errno : 0;

	if (fd != -1)
		close(fd);
	return error;
}

/* Sync the folder that holds name. */
static int
sync_folder(int dir, const char *name)
{
	const char *slash = strchr(name, '/');
	char folder[64];
	int fd;

	if (snprintf(folder, sizeof(folder), "./%.*s",
		slash == NULL ? 0 : (int)(slash - name),
		name) >= (int)sizeof(folder))
		return ENAMETOOLONG;
	fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return done(fd, fd == -1 ? -1 : fsync(fd));
}

static int
fill(int fd, off_t bytes)
{
	static const char zeros[ZEROS];
	off_t at;
	size_t some;

	/* Finds out at once if there is no room; not every disk can tell. */
	if (fallocate(fd, 0, 0, bytes) == -1 && job_is_full(errno))
		return -1;
	for (at = 0; at < bytes; at += (off_t)some) {
		some = bytes - at < ZEROS ? (size_t)(bytes - at) : ZEROS;
		if (pwrite(fd, zeros, some, at) != (ssize_t)some)
			return -1;
	}
	return fsync(fd);
}

static int
make(int dir, const struct record *job)
{
	const char *name = record_text(job, "name");
	uint64_t bytes;
	int fd, error;

	if (record_number(job, "bytes", INT64_MAX, &bytes) != 1)
		return EINVAL;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd == -1)
		return errno;
	CRASH_POINT("spare", "created");
	error = done(fd, fill(fd, (off_t)bytes));
	CRASH_POINT("spare", "filled");
	if (error == 0)
		error = sync_folder(dir, name);
	if (error != 0)
		unlinkat(dir, name, 0);
	return error;
}

/*
 * Its new name is durable before the head goes: a segment never stands there
 * without one.
 */
static int
recycle(int dir, const struct record *job)
{
	static const char zeros[SEGMENT_BLOCK];
	const char *to = record_text(job, "to");
	int fd, error;

	CRASH_POINT("recycle", "asked");
	if (renameat(dir, record_text(job, "name"), dir, to) == -1)
		return errno;
	CRASH_POINT("recycle", "renamed");
	if ((error = sync_folder(dir, to)) != 0)
		return error;
	fd = openat(dir, to, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return errno;
	if (pwrite(fd, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros))
		return done(fd, -1);
	error = done(fd, fsync(fd));
	CRASH_POINT("recycle", "wiped");
	return error;
}

/* Nothing that is kept already is written over. */
static int
keep(int dir, const struct record *job)
{
	const char *to = record_text(job, "to");

	if (renameat2(
		dir, record_text(job, "name"), dir, to, RENAME_NOREPLACE) == -1)
		return errno;
	return sync_folder(dir, to);
}

static int
sync_name(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return done(fd, fd == -1 ? -1 : fsync(fd));
}

/* On its way; perhaps nobody wants it any more. */
static int
sync_file(int dir, const struct record *job)
{
	int error = sync_name(dir, record_text(job, "name"));

	return error == ENOENT ? 0 : error;
}

static int
publish(int dir, const struct record *job)
{
	const char *to = record_text(job, "to");
	int error;

	if ((error = sync_name(dir, record_text(job, "name"))) != 0)
		return error;
	CRASH_POINT("big", "synced");
	if (renameat(dir, record_text(job, "name"), dir, to) == -1)
		return errno;
	CRASH_POINT("big", "renamed");
	error = sync_folder(dir, to);
	CRASH_POINT("big", "published");
	return error;
}

static int
take_away(int dir, const struct record *job)
{
	const char *name = record_text(job, "name");

	CRASH_POINT("remove", "asked");
	if (unlinkat(dir, name, 0) == -1 && errno != ENOENT)
		return errno;
	CRASH_POINT("remove", "done");
	return sync_folder(dir, name);
}

int
job_run(int dir, const struct record *job)
{
	static const struct {
		const char *name;
		int (*run)(int, const struct record *);
	} jobs[] = {{"make", make}, {"recycle", recycle}, {"keep", keep},
	    {"sync", sync_file}, {"publish", publish}, {"remove", take_away}};
	const char *name = record_text(job, "do");
	size_t i;

	for (i = 0; i < sizeof(jobs) / sizeof(*jobs); i++)
		if (strcmp(name, jobs[i].name) == 0)
			return jobs[i].run(dir, job);
	return EINVAL;
}
