/*
 * peer - local sockets, and who is at the other end
 *
 * A path that is too long for sockaddr_un works too (through its folder's
 * descriptor in /proc/self/fd).
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PEER_MAX 16

struct peers {
	size_t count;
	uid_t uid[PEER_MAX];
};

/*
 * Listen at path, mode 0666 (who may talk is decided by peer_allowed), close on
 * exec, not blocking; a socket that a dead program left there is replaced.
 * -1 with errno.
 */
int peer_listen(const char *path);
/* Connect, blocking, close on exec.  -1 with errno. */
int peer_connect(const char *path);
/* Begin to connect without blocking; the descriptor is connected or -1. */
int peer_connect_nonblock(const char *path);

/* Add a user by name; one that does not exist is left out. */
void peer_allow(struct peers *, const char *user);
void peer_allow_uid(struct peers *, uid_t);
/* Is the peer's uid our own effective one, or on the list? */
bool peer_allowed(const struct peers *, int fd);
/* The peer's uid, or (uid_t)-1. */
uid_t peer_uid(int fd);
/* Is the peer in that group, by its primary or a supplementary gid? */
bool peer_in_group(int fd, const char *group);

/*
 * Send and receive a descriptor with one byte or more (SCM_RIGHTS).
 * peer_recv: like recv(2); *passed is -1 if none came.
 */
ssize_t peer_send(int fd, const void *bytes, size_t len, int passed);
ssize_t peer_recv(int fd, void *bytes, size_t len, int *passed);

#endif
