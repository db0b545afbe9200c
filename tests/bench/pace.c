/*
 * pace - mail at a steady rate, and how long the last 250 takes
 *
 *	pace [-l BYTES] -r RATE -s SECONDS [-f FROM] [-t TO] ADDRESS PORT
 *
 * Begins a connection every 1/RATE of a second, whatever became of those
 *before; each brings one message of 4096 bytes, a command at a time, as
 *smtp-source does.  Prints, a line each: sent, failed, median and worst99 (99th
 *percentile) of the milliseconds between the dot and its 250, and late, how
 *many seconds after its time the last connection was begun.
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
#include <time.h>
#include <unistd.h>

enum { GREETING, EHLO, MAIL, RCPT, DATA, DOT, QUIT };

struct client {
	struct event *event;
	int fd;
	int step; /* whose reply is waited for */
	double dot;
	size_t len;
	char line[4096];
};

static struct event_base *base;
static struct sockaddr_in server = {.sin_family = AF_INET};
static const char *from = "bench@sender.test", *to = "u1@local.test";
static size_t size = 4096;
static double rate, seconds, began, late;
static unsigned long started, wanted, open_now, failed, sent;
static double *latencies;
static char commands[QUIT + 1][512], *content;
static size_t content_len;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
leave(struct client *client, int bad)
{
	failed += bad != 0;
	event_free(client->event);
	close(client->fd);
	free(client);
	if (--open_now == 0 && started == wanted)
		event_base_loopbreak(base);
}

/* The content fits into the socket's buffer, or the client waits a little. */
static int
send_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, text, len)) == -1 && errno != EAGAIN)
			return -1;
		if (n == -1)
			usleep(100);
		else {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* What follows a reply; 0 if the conversation is over. */
static int
go_on(struct client *client, const char *reply)
{
	const char *good = client->step == DATA ? "3" : "2";

	if (*reply != *good) {
		warnx("step %d: %s", client->step, reply);
		return -1;
	}
	if (client->step == DOT)
		latencies[sent++] = now() - client->dot;
	if (client->step++ == QUIT)
		return 0;
	if (client->step == DOT) {
		if (send_all(client->fd, content, content_len) == -1)
			return -1;
		client->dot = now();
		return 1;
	}
	return send_all(client->fd, commands[client->step],
		   strlen(commands[client->step])) == -1
		   ? -1
		   : 1;
}

static void
hear(int fd, short what, void *arg)
{
	struct client *client = arg;
	char *line, *end;
	ssize_t got;
	int more = 1;

	(void)what;
	got = read(fd, client->line + client->len,
	    sizeof client->line - 1 - client->len);
	if (got == -1 && errno == EAGAIN)
		return;
	if (got <= 0) {
		leave(client, client->step != QUIT);
		return;
	}
	client->len += (size_t)got;
	client->line[client->len] = '\0';
	for (line = client->line;
	     more == 1 && (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		if (end - line > 3 && line[3] != '-')
			more = go_on(client, line);
	}
	if (more != 1) {
		leave(client, more == -1);
		return;
	}
	client->len = strlen(line);
	memmove(client->line, line, client->len);
}

static void
begin(void)
{
	struct client *client;
	int on = 1;

	if ((client = calloc(1, sizeof *client)) == NULL)
		err(111, NULL);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (client->fd == -1)
		err(111, "socket");
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (connect(client->fd, (struct sockaddr *)&server, sizeof server) ==
		-1 &&
	    errno != EINPROGRESS)
		err(111, "connect");
	client->event =
	    event_new(base, client->fd, EV_READ | EV_PERSIST, hear, client);
	if (client->event == NULL || event_add(client->event, NULL) == -1)
		errx(111, "no event");
	started++;
	open_now++;
}

/* All whose time has come. */
static void
tick(int fd, short what, void *arg)
{
	double due = now() - began;

	(void)fd;
	(void)what;
	while (started < wanted && (double)started / rate <= due) {
		late = due - (double)started / rate;
		begin();
	}
	if (started == wanted)
		event_del(*(struct event **)arg);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
report(void)
{
	unsigned long worst = sent * 99 / 100;

	printf("sent %lu\nfailed %lu\nlate %.3f\n", sent, failed, late);
	if (sent == 0)
		return;
	qsort(latencies, sent, sizeof *latencies, by_size);
	printf("median %.3f\nworst99 %.3f\n", latencies[sent / 2] * 1000,
	    latencies[worst < sent ? worst : sent - 1] * 1000);
}

static void
make_words(void)
{
	static const char head[] = "From: bench@sender.test\r\nSubject: x\r\n"
				   "\r\n",
			  end[] = ".\r\n";
	size_t i, line;

	snprintf(commands[EHLO], sizeof commands[EHLO], "EHLO pace.test\r\n");
	snprintf(
	    commands[MAIL], sizeof commands[MAIL], "MAIL FROM:<%s>\r\n", from);
	snprintf(commands[RCPT], sizeof commands[RCPT], "RCPT TO:<%s>\r\n", to);
	snprintf(commands[DATA], sizeof commands[DATA], "DATA\r\n");
	snprintf(commands[QUIT], sizeof commands[QUIT], "QUIT\r\n");
	if ((content = malloc(size + 512)) == NULL)
		err(111, NULL);
	memcpy(content, head, sizeof head - 1);
	i = sizeof head - 1;
	while (i < size) {
		for (line = 0; line < 78; line++)
			content[i++] = 'x';
		content[i++] = '\r';
		content[i++] = '\n';
	}
	memcpy(content + i, end, sizeof end - 1);
	content_len = i + sizeof end - 1;
}

static void
options(int argc, char *argv[])
{
	int c;

	while ((c = getopt(argc, argv, "f:l:r:s:t:")) != -1) {
		if (c == 'f')
			from = optarg;
		else if (c == 'l')
			size = strtoul(optarg, NULL, 10);
		else if (c == 'r')
			rate = strtod(optarg, NULL);
		else if (c == 's')
			seconds = strtod(optarg, NULL);
		else if (c == 't')
			to = optarg;
		else
			exit(100);
	}
	if (argc - optind != 2 || !(rate > 0) || !(seconds > 0))
		errx(100, "usage: pace -r rate -s seconds address port");
	server.sin_port = htons((uint16_t)strtoul(argv[optind + 1], NULL, 10));
	if (inet_pton(AF_INET, argv[optind], &server.sin_addr) != 1)
		errx(100, "%s: no address", argv[optind]);
}

int
main(int argc, char *argv[])
{
	static const struct timeval often = {0, 1000};
	struct event *clock;

	options(argc, argv);
	make_words();
	signal(SIGPIPE, SIG_IGN);
	wanted = (unsigned long)(rate * seconds);
	wanted = wanted < 1 ? 1 : wanted;
	latencies = calloc(wanted, sizeof *latencies);
	if (latencies == NULL || (base = event_base_new()) == NULL)
		err(111, NULL);
	clock = event_new(base, -1, EV_PERSIST, tick, &clock);
	if (clock == NULL || event_add(clock, &often) == -1)
		errx(111, "no timer");
	began = now();
	event_base_dispatch(base);
	report();
	return failed > 0;
}
