/*
 * mx - another host's mail server, that is far away or does not take all
 *
 *	mx [-d PERCENT] [-f PERCENT] [-l MILLISECONDS] ADDRESS PORT >COUNTS
 *
 * So many of the recipients are deferred (450) and failed (550), evenly; all
 * other mail is taken and forgotten.  With -l each reply comes that much after
 * what it answers, and the greeting twice as much after the connection, as they
 * would from a host with that round trip.  PIPELINING is offered.
 *
 * Standard output is a file of one line, written anew for each message and
 * refusal:	mesg=N rcpt=N deferred=N failed=N
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ROOM 65536

static struct event_base *base;
static struct timeval latency;
static unsigned long taken, named, deferred, failed, recipients;
static unsigned long defer_percent, fail_percent;

struct client {
	struct event *event;
	int fd;
	int late;       /* replies under way */
	int content;    /* between DATA and the dot */
	unsigned named; /* recipients taken of this message */
	int over;       /* hung up, or to be hung up on */
	size_t len;
	char line[ROOM];
};

struct reply {
	struct client *client;
	int last;
	size_t len;
	char text[];
};

static void
count(void)
{
	char line[128];
	int len;

	len = snprintf(line, sizeof line,
	    "mesg=%lu rcpt=%lu deferred=%lu failed=%lu\n", taken, named,
	    deferred, failed);
	if (pwrite(STDOUT_FILENO, line, (size_t)len, 0) == -1)
		err(111, "counts");
}

/* Of each hundred so many, apart from each other. */
static int
turn(unsigned long percent, unsigned long shift)
{
	unsigned long n = recipients + shift;

	return n * percent / 100 != (n + 1) * percent / 100;
}

static void
leave(struct client *client)
{
	client->over = 1;
	event_del(client->event);
	if (client->late > 0)
		return;
	event_free(client->event);
	close(client->fd);
	free(client);
}

/*
 * Replies are small: one that does not fit is lost, with its client.  Who has
 * hung up on its side may still listen, as Exim does.
 */
static void
say(int fd, short what, void *arg)
{
	struct reply *reply = arg;
	struct client *client = reply->client;
	ssize_t n;

	(void)fd;
	(void)what;
	client->late--;
	n = write(client->fd, reply->text, reply->len);
	if (n != (ssize_t)reply->len || reply->last || client->over)
		leave(client);
	free(reply);
}

static void
say_later(struct client *client, const char *text, size_t len, int last)
{
	struct reply *reply;

	if (len == 0)
		return;
	if ((reply = malloc(sizeof *reply + len)) == NULL)
		err(111, NULL);
	*reply = (struct reply){.client = client, .len = len, .last = last};
	memcpy(reply->text, text, len);
	client->late++;
	if (!evutil_timerisset(&latency))
		say(-1, 0, reply);
	else if (event_base_once(base, -1, EV_TIMEOUT, say, reply, &latency))
		errx(111, "no timer");
}

static const char *
recipient(struct client *client)
{
	const char *answer = "250 2.1.5 ok\r\n";

	if (turn(defer_percent, 25)) {
		answer = "450 4.2.0 not now\r\n";
		deferred++;
		count();
	} else if (turn(fail_percent, 75)) {
		answer = "550 5.1.1 nobody\r\n";
		failed++;
		count();
	} else
		client->named++;
	recipients++;
	return answer;
}

/* What a line is answered; nothing for content. */
static const char *
answer(struct client *client, const char *line)
{
	if (client->content) {
		if (strcmp(line, ".") != 0)
			return "";
		client->content = 0;
		taken++;
		named += client->named;
		count();
		return "250 2.0.0 taken\r\n";
	}
	if (strncasecmp(line, "EHLO", 4) == 0)
		return "250-mx.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
		       "250 ENHANCEDSTATUSCODES\r\n";
	if (strncasecmp(line, "MAIL", 4) == 0)
		client->named = 0;
	if (strncasecmp(line, "RCPT", 4) == 0)
		return recipient(client);
	if (strncasecmp(line, "DATA", 4) == 0) {
		if (client->named == 0)
			return "554 5.5.1 no recipients\r\n";
		client->content = 1;
		return "354 go on\r\n";
	}
	if (strncasecmp(line, "QUIT", 4) == 0)
		return "221 2.0.0 bye\r\n";
	return "250 2.0.0 ok\r\n";
}

/* All lines that are there; one reply, in one packet. */
static void
hear_lines(struct client *client)
{
	char *line = client->line, *end, replies[ROOM];
	size_t len = 0;
	int last = 0;

	while (!last &&
	       (end = memchr(line, '\n',
		    client->len - (size_t)(line - client->line))) != NULL) {
		const char *text;

		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		text = answer(client, line);
		last = strncmp(text, "221", 3) == 0;
		if (len + strlen(text) > sizeof replies)
			errx(1, "too many commands at once");
		memcpy(replies + len, text, strlen(text));
		len += strlen(text);
		line = end + 1;
	}
	client->len -= (size_t)(line - client->line);
	memmove(client->line, line, client->len);
	say_later(client, replies, len, last);
}

static void
hear(int fd, short what, void *arg)
{
	struct client *client = arg;
	ssize_t got;

	(void)what;
	/* No room is an end, too: such a line nobody sends. */
	got = read(
	    fd, client->line + client->len, sizeof client->line - client->len);
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		leave(client);
		return;
	}
	client->len += (size_t)got;
	hear_lines(client);
}

static void
greet(int fd, short what, void *arg)
{
	static const char greeting[] = "220 mx.test ESMTP\r\n";
	struct client *client = arg;

	(void)fd;
	(void)what;
	client->late--;
	say_later(client, greeting, sizeof greeting - 1, 0);
}

static void
meet(int listener, short what, void *arg)
{
	struct client *client;
	int fd, on = 1;

	(void)what;
	(void)arg;
	/* cppcheck-suppress nullPointer ; accept4(2) takes NULL */
	if ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) == -1)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if ((client = calloc(1, sizeof *client)) == NULL)
		err(111, NULL);
	client->fd = fd;
	client->event = event_new(base, fd, EV_READ | EV_PERSIST, hear, client);
	if (client->event == NULL || event_add(client->event, NULL) == -1)
		errx(111, "no event");
	client->late++;
	if (!evutil_timerisset(&latency))
		greet(-1, 0, client);
	else
		event_base_once(base, -1, EV_TIMEOUT, greet, client, &latency);
}

static int
listen_at(const char *address, const char *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	int fd, on = 1;

	at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	if (inet_pton(AF_INET, address, &at.sin_addr) != 1)
		errx(100, "%s: no address", address);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) == -1 ||
	    listen(fd, 1024) == -1)
		err(111, "%s %s", address, port);
	return fd;
}

static void
options(int argc, char *argv[])
{
	unsigned long ms;
	int c;

	while ((c = getopt(argc, argv, "d:f:l:")) != -1) {
		if (c == 'd')
			defer_percent = strtoul(optarg, NULL, 10);
		else if (c == 'f')
			fail_percent = strtoul(optarg, NULL, 10);
		else if (c == 'l') {
			ms = strtoul(optarg, NULL, 10);
			latency.tv_sec = (time_t)(ms / 1000);
			latency.tv_usec = (suseconds_t)(ms % 1000 * 1000);
		} else
			exit(100);
	}
	if (argc - optind != 2)
		errx(100, "usage: mx [-d %%] [-f %%] [-l ms] address port");
}

int
main(int argc, char *argv[])
{
	struct event *listener;

	options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if ((base = event_base_new()) == NULL)
		errx(111, "no event base");
	count();
	listener = event_new(base, listen_at(argv[optind], argv[optind + 1]),
	    EV_READ | EV_PERSIST, meet, NULL);
	if (listener == NULL || event_add(listener, NULL) == -1)
		errx(111, "no event");
	return event_base_dispatch(base) == -1;
}
