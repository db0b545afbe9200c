#include <err.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exits.h"
#include "nursery.h"
#include "peer.h"
#include "walls.h"

/* Whatever NSS is set up to read and ask, but it changes nothing. */
static const struct walls walls = {
    .program = "helper",
    .may = WALLS_NET | WALLS_UNIX,
    .reads = {"/"},
    .memory = WALLS_GB / 2,
};

char
nursery_ask(const char *name)
{
	struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (pw != NULL)
		return 'y';
	switch (errno) {
	case 0:
	case ENOENT:
	case ESRCH:
		return 'n';
	default:
		return 'e';
	}
}

/* A name in, a letter out, until its program is gone. */
__attribute__((noreturn)) static void
help(int fd)
{
	char name[NURSERY_NAME], answer;
	ssize_t n;

	walls_raise(&walls, NULL);
	while ((n = recv(fd, name, sizeof(name), 0)) > 0) {
		name[n < NURSERY_NAME ? n : NURSERY_NAME - 1] = '\0';
		(void)alarm(NURSERY_DEADLINE);
		answer = nursery_ask(name);
		(void)alarm(0);
		endpwent();
		if (send(fd, &answer, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	_exit(0);
}

/* In its process: a descriptor comes, a helper gets it. */
__attribute__((noreturn)) static void
nurse(int fd)
{
	struct walls own = walls;
	char byte;
	int helper;

	own.may |= WALLS_FORK;
	own.program = "nursery";
	walls_raise(&own, NULL);
	while (peer_recv(fd, &byte, 1, &helper) == 1) {
		if (helper == -1)
			continue;
		if (fork() == 0) {
			close(fd);
			help(helper);
		}
		close(helper); /* without a helper it is closed at once */
	}
	_exit(0);
}

int
nursery_new(void)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	if ((pid = fork()) == 0) {
		/* Nothing of ours stays open. */
		if (pair[1] != 3 && dup2(pair[1], 3) == -1)
			_exit(EXIT_TEMP);
		closefrom(4);
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		signal(SIGALRM, SIG_DFL);
		signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
		nurse(3);
	}
	close(pair[1]);
	if (pid != -1)
		return pair[0];
	close(pair[0]);
	return -1;
}

int
nursery_helper(int nursery)
{
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	if (peer_send(nursery, "", 1, pair[1]) == 1) {
		close(pair[1]);
		return pair[0];
	}
	error = errno;
	close(pair[0]);
	close(pair[1]);
	errno = error;
	return -1;
}
