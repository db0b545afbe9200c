#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"
#include "query.h"

#define GRACE_TRIES 30 /* a tenth of a second apart */

static int
limit(int fd, unsigned seconds)
{
	struct timeval wait = {.tv_sec = seconds};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) == -1)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

/*
 * Its supervisor may be starting the neighbour anew: a little patience, as lib/
 * ask has it for programs with a loop.
 */
static int
connect_patiently(const char *socket)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	int fd, tries = GRACE_TRIES;

	while ((fd = peer_connect(socket)) == -1 && --tries > 0 &&
	       (errno == ECONNREFUSED || errno == ENOENT))
		nanosleep(&pause, NULL);
	return fd;
}

int
query_open(struct query *query, const char *socket, unsigned seconds)
{
	int saved;

	query->in = NULL;
	if ((query->fd = connect_patiently(socket)) == -1)
		return -1;
	if (limit(query->fd, seconds) == 0 &&
	    (query->in = fdopen(query->fd, "r")) != NULL)
		return 0;
	saved = errno;
	close(query->fd);
	errno = saved;
	return -1;
}

/* No SIGPIPE: a peer that went away is an answer too. */
static int
send_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				errno = ETIMEDOUT;
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

int
query_send(struct query *query, const struct record *record,
    const char *content, size_t len)
{
	size_t head_len;
	char *head;
	int sent;

	if ((head = record_encode(record, &head_len)) == NULL)
		return -1;
	sent = send_all(query->fd, head, head_len);
	free(head);
	if (sent == 0 && len > 0)
		sent = send_all(query->fd, content, len);
	return sent;
}

int
query_next(struct query *query, struct record *answer)
{
	int got = record_read(query->in, answer);

	if (got == 0)
		errno = ECONNRESET;
	else if (got == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		errno = ETIMEDOUT;
	return got == 1 ? 1 : -1;
}

void
query_close(struct query *query)
{
	fclose(query->in);
	query->in = NULL;
	query->fd = -1;
}
