#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "paths.h"
#include "peer.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/*
 * An address for path.  A long one goes through its folder, opened here: the
 * descriptor (or -1) must stay open until the address has been used.
 */
static int
address(const char *path, struct sockaddr_un *a, int *folder)
{
	char dir[PATH_SIZE];
	const char *name = strrchr(path, '/');
	int n;

	*folder = -1;
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (strlcpy(a->sun_path, path, sizeof(a->sun_path)) <
	    sizeof(a->sun_path))
		return 0;
	if (name == NULL || snprintf(dir, sizeof(dir), "%.*s",
				(int)(name - path), path) >= (int)sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if ((*folder = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	n = snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d%s",
	    *folder, name);
	if (n < 0 || n >= (int)sizeof(a->sun_path)) {
		close(*folder);
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

/* Close what is open, keeping errno. */
static int
give_up(int fd, int folder)
{
	int saved = errno;

	if (fd != -1)
		close(fd);
	if (folder != -1)
		close(folder);
	errno = saved;
	return -1;
}

int
peer_listen(const char *path)
{
	struct sockaddr_un a;
	int fd, folder;

	if (address(path, &a, &folder) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1 || (unlink(a.sun_path) == -1 && errno != ENOENT) ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
	    chmod(a.sun_path, 0666) == -1 || listen(fd, SOMAXCONN) == -1)
		return give_up(fd, folder);
	if (folder != -1)
		close(folder);
	return fd;
}

static int
connect_to(const char *path, int flags)
{
	struct sockaddr_un a;
	int fd, folder;

	if (address(path, &a, &folder) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		return give_up(fd, folder);
	if (folder != -1)
		close(folder);
	return fd;
}

int
peer_connect(const char *path)
{
	return connect_to(path, 0);
}

int
peer_connect_nonblock(const char *path)
{
	return connect_to(path, SOCK_NONBLOCK);
}

void
peer_allow_uid(struct peers *p, uid_t uid)
{
	if (p->count < PEER_MAX)
		p->uid[p->count++] = uid;
}

void
peer_allow(struct peers *p, const char *user)
{
	const struct passwd *pw = getpwnam(user);

	if (pw != NULL)
		peer_allow_uid(p, pw->pw_uid);
}

uid_t
peer_uid(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return (uid_t)-1;
	return cred.uid;
}

bool
peer_allowed(const struct peers *p, int fd)
{
	uid_t uid = peer_uid(fd);
	size_t i;

	if (uid == (uid_t)-1)
		return false;
	if (uid == geteuid())
		return true;
	for (i = 0; i < p->count; i++)
		if (p->uid[i] == uid)
			return true;
	return false;
}

bool
peer_in_group(int fd, const char *group)
{
	const struct group *gr = getgrnam(group);
	struct ucred cred;
	socklen_t len = sizeof(cred);
	gid_t many[64];
	size_t i;

	if (gr == NULL ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return false;
	if (cred.gid == gr->gr_gid)
		return true;
	len = sizeof(many);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, many, &len) == -1)
		return false;
	for (i = 0; i < len / sizeof(*many); i++)
		if (many[i] == gr->gr_gid)
			return true;
	return false;
}

union passing {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

ssize_t
peer_send(int fd, const void *bytes, size_t len, int passed)
{
	struct iovec iov = {
	    .iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union passing control;
	struct cmsghdr *c;

	if (passed != -1) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed, sizeof(int));
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

ssize_t
peer_recv(int fd, void *bytes, size_t len, int *passed)
{
	struct iovec iov = {.iov_base = bytes, .iov_len = len};
	union passing control;
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes)};
	struct cmsghdr *c;
	ssize_t got;

	*passed = -1;
	if ((got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC)) <= 0)
		return got;
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		    c->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(passed, CMSG_DATA(c), sizeof(int));
	return got;
}
