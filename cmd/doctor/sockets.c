/*
 * Does every program answer where its neighbours ask, and SMTP its greeting?
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf.h"
#include "doctor.h"
#include "listen.h"

#define PATIENCE 5000 /* milliseconds */

static const char *const programs[] = {
    "access", "inject", "qmgr", "lspawn", "remote", "bounce"};

/* A socket that is connected to it, or -1 with errno. */
static int
reach(const struct sockaddr *sa, socklen_t len)
{
	int fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct pollfd ready = {fd, POLLOUT, 0};
	int error = 0;
	socklen_t size = sizeof(error);

	if (fd == -1)
		return -1;
	if (connect(fd, sa, len) == -1) {
		error = errno;
		if (error == EINPROGRESS)
			error = poll(&ready, 1, PATIENCE) != 1 ||
					getsockopt(fd, SOL_SOCKET, SO_ERROR,
					    &error, &size) == -1
				    ? ETIMEDOUT
				    : error;
	}
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static void
check_program(struct doctor *d, const char *name)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char path[PATH_SIZE];
	int fd;

	path_socket(path, &d->paths, name);
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		doctor_error(d, "%s: too long for a socket's path", path);
		return;
	}
	fd = reach((const struct sockaddr *)&sun, sizeof(sun));
	if (fd != -1)
		close(fd);
	else if (errno == EACCES)
		doctor_warning(
		    d, "%s: cannot be reached by you; ask as root", path);
	else
		doctor_error(d, "%s: %s does not answer: %s", path, name,
		    strerror(errno));
}

static const char *
listen_line(const char *line, void *arg)
{
	return listen_parse(line, arg);
}

struct wanted {
	const char *dir;
	struct listen_list list;
};

static void
read_listen(void *arg)
{
	struct wanted *w = arg;

	if (!conf_each(w->dir, "listen", listen_line, &w->list))
		listen_parse("127.0.0.1:25", &w->list);
}

/* Everywhere is here as well. */
static void
make_near(struct sockaddr_storage *sa)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)sa;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)sa;

	if (sa->ss_family == AF_INET && v4->sin_addr.s_addr == INADDR_ANY)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (sa->ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
		v6->sin6_addr = in6addr_loopback;
}

/* The greeting is 220, or what a busy smtpd says; anything else is a stranger.
 */
static bool
greets(int fd)
{
	struct pollfd ready = {fd, POLLIN, 0};
	char line[4];

	return poll(&ready, 1, PATIENCE) == 1 && read(fd, line, 4) == 4 &&
	       (memcmp(line, "220 ", 4) == 0 || memcmp(line, "421 ", 4) == 0 ||
		   memcmp(line, "554 ", 4) == 0);
}

static void
check_address(struct doctor *d, const struct listen_address *a)
{
	struct sockaddr_storage sa = a->address;
	char text[LISTEN_TEXT];
	int fd;

	make_near(&sa);
	listen_text((const struct sockaddr *)&sa, text);
	fd = reach((const struct sockaddr *)&sa, a->len);
	if (fd == -1 && !a->optional)
		doctor_error(d, "%s: no SMTP there: %s", text, strerror(errno));
	if (fd == -1)
		return;
	if (!greets(fd))
		doctor_warning(
		    d, "%s: no greeting in %d seconds", text, PATIENCE / 1000);
	else
		(void)send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL);
	close(fd);
}

static bool
has_port(const struct listen_address *a)
{
	const struct sockaddr *sa = (const struct sockaddr *)&a->address;

	return sa->sa_family == AF_INET
		   ? ((const struct sockaddr_in *)sa)->sin_port != 0
		   : ((const struct sockaddr_in6 *)sa)->sin6_port != 0;
}

void
check_sockets(struct doctor *d)
{
	struct wanted w = {.dir = d->paths.conf};
	char why[1024];
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		check_program(d, programs[i]);
	/* One that makes no sense is told among the control files. */
	if (!doctor_attempt(read_listen, &w, why, sizeof(why)))
		return;
	read_listen(&w);
	for (i = 0; i < w.list.count; i++)
		if (has_port(&w.list.list[i]))
			check_address(d, &w.list.list[i]);
}
