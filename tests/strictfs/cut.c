#include "cut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static bool
chance(bool torn)
{
	return torn && random() % 2 == 0;
}

static int
dress(int dir, const char *name, const struct stat *st)
{
	if (fchownat(dir, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) ==
	    -1)
		return errno;
	if (!S_ISLNK(st->st_mode) &&
	    fchmodat(dir, name, st->st_mode & 07777, 0) == -1)
		return errno;
	return 0;
}

static int
put_bytes(int fd, const struct node *n, bool torn)
{
	off_t size = chance(torn) ? n->size : n->kept_size;
	size_t i, len;
	const char *block;

	if (ftruncate(fd, size) == -1)
		return errno;
	for (i = 0; i < n->room && (off_t)i * NODE_BLOCK < size; i++) {
		block = n->kept[i];
		if (n->now[i] != block && chance(torn))
			block = n->now[i];
		if (block == NULL)
			continue;
		len = NODE_BLOCK;
		if (size - (off_t)i * NODE_BLOCK < NODE_BLOCK)
			len = (size_t)(size - (off_t)i * NODE_BLOCK);
		if (pwrite(fd, block, len, (off_t)i * NODE_BLOCK) !=
		    (ssize_t)len)
			return ENOSPC;
	}
	return 0;
}

static int
put_file(int dir, const char *name, const struct node *n, bool torn)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600), error;

	if (fd == -1)
		return errno;
	error = put_bytes(fd, n, torn);
	close(fd);
	return error;
}

static int put_folder(int dir, const char *name, const struct node *, bool);

static int
put(int dir, const char *name, const struct node *n, bool torn)
{
	int error;

	if (S_ISDIR(n->st.st_mode))
		error = put_folder(dir, name, n, torn);
	else if (S_ISREG(n->st.st_mode))
		error = put_file(dir, name, n, torn);
	else if (S_ISLNK(n->st.st_mode))
		error = symlinkat(n->target, dir, name) == -1 ? errno : 0;
	else
		error = mknodat(dir, name, n->st.st_mode, n->st.st_rdev) == -1
			    ? errno
			    : 0;
	return error == 0 ? dress(dir, name, &n->st) : error;
}

static int
put_folder(int dir, const char *name, const struct node *n, bool torn)
{
	bool all = chance(torn);
	const struct node *child;
	struct names *children = (struct names *)(uintptr_t)&n->children;
	struct name *m;
	int fd, error = 0;

	if (mkdirat(dir, name, 0700) == -1 ||
	    (fd = openat(dir, name, O_RDONLY | O_DIRECTORY)) == -1)
		return errno;
	RB_FOREACH(m, names, children)
	{
		child = all ? m->now : m->kept;
		if (child != NULL && error == 0)
			error = put(fd, m->text, child, torn);
	}
	close(fd);
	return error;
}

int
cut(const struct node *root, const char *path, bool torn)
{
	return put(AT_FDCWD, path, root, torn);
}
