/*
 * bounce - tell a sender what became of the recipients
 *
 * In: a request record with the outcomes, and the message.  Out: without -s the
 * report itself, on standard output; with -s it is handed to inject and the
 * answer tells its id.  Writes no file; see bounce(8).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conf.h"
#include "drop.h"
#include "exits.h"
#include "log.h"
#include "paths.h"
#include "peer.h"
#include "report.h"
#include "submit.h"
#include "walls.h"

#define CALLERS      16 /* connections at once; qmgr has a few */
#define REQUEST_STEP 65536
#define REQUEST_MAX  (RECORD_ENVELOPE + REPORT_CONTENT)
#define FILES        (CALLERS + 32)

static struct {
	char me[256];
	char inject[PATH_SIZE];
} config;

/* As a server.  Each of 16 callers may send 16 MiB, which grow by doubling. */
static const struct walls walls = {
    .program = "bounce",
    .may = WALLS_UNIX, /* to inject */
    .memory = WALLS_GB,
};

/* What has come from one connection (or standard input). */
struct caller {
	int fd;
	char *bytes;
	size_t len, room;
};

/* --- one request ---------------------------------------------------------- */

static void
answer_with(struct record *answer, const char *class, const char *status,
    const char *text)
{
	record_clear(answer);
	record_add(answer, "class", class);
	record_add(answer, "status", status);
	record_add(answer, "text", text);
}

static int
submit(const struct report *report, const char *text, size_t len, bool eightbit,
    struct record *answer)
{
	static struct submit to;
	struct record envelope;
	int sent;

	record_init(&envelope, RECORD_QUESTION);
	record_add(&envelope, "sender", "");
	sent = record_add(&envelope, "recipient", report->sender);
	if (eightbit)
		record_add(&envelope, "body", "8BITMIME");
	if (sent == 0)
		sent = submit_begin(&to, config.inject, &envelope);
	else
		record_init(&to.head, RECORD_QUESTION);
	if (sent == 0)
		sent = submit_bytes(&to, text, len);
	if (sent == 0)
		sent = submit_end(&to, answer);
	submit_free(&to);
	record_free(&envelope);
	return sent;
}

static void
send_report(const struct report *report, struct record *answer)
{
	static const char *const words[] = {"bounced", "warned", "confirmed"};
	char why[PATH_SIZE + 128];
	bool eightbit;
	size_t len;
	char *text = report_write(report, &len, &eightbit);

	if (submit(report, text, len, eightbit, answer) == -1) {
		snprintf(
		    why, sizeof(why), "%s: %s", config.inject, strerror(errno));
		answer_with(answer, "deferred", "4.3.0", why);
	}
	free(text);
	log_event(words[report->kind], "id", report->id, "sender",
	    report->sender, "report", record_text(answer, "id"), "class",
	    record_text(answer, "class"), "status",
	    record_text(answer, "status"), "text", record_text(answer, "text"),
	    NULL);
}

/* Fill a report from a whole request.  NULL, or why it makes no sense. */
static const char *
understand(struct report *report, const struct record *request,
    const char *content, size_t len)
{
	memset(report, 0, sizeof(*report));
	report->me = config.me;
	report->content = content;
	report->len = len;
	arc4random_buf(&report->chance, sizeof(report->chance));
	return report_read(report, request, time(NULL));
}

/* --- requests from bytes -------------------------------------------------- */

/* Room for the next read.  false: the request is too long. */
static bool
make_room(struct caller *caller)
{
	if (caller->room - caller->len >= REQUEST_STEP)
		return true;
	if (caller->room >= REQUEST_MAX + REQUEST_STEP)
		return false;
	caller->room += caller->room == 0 ? REQUEST_STEP : caller->room;
	if ((caller->bytes = realloc(caller->bytes, caller->room)) == NULL)
		err(EXIT_TEMP, "request");
	return true;
}

/*
 * Is a whole request there?  Its length in all, with record and where content
 * begins; 0 not yet; -1 with errno.
 */
static ssize_t
whole(const struct caller *caller, struct record *request, size_t *content)
{
	ssize_t head = record_parse(request, caller->bytes, caller->len);
	uint64_t size = 0;

	if (head <= 0)
		return head;
	if (record_number(request, "size", REPORT_CONTENT, &size) == -1) {
		errno = EPROTO;
		return -1;
	}
	*content = (size_t)head;
	if (caller->len - *content < size)
		return 0;
	return head + (ssize_t)size;
}

/* --- as a filter ---------------------------------------------------------- */

static int
filter(void)
{
	struct caller caller = {.fd = STDIN_FILENO};
	struct record request;
	struct report report;
	size_t content, len;
	ssize_t got, all;
	const char *why;
	bool eightbit;
	char *text;

	record_init(&request, RECORD_ENVELOPE);
	for (;;) {
		if (!make_room(&caller))
			errx(EXIT_PERM, "request is too long");
		got = read(caller.fd, caller.bytes + caller.len, REQUEST_STEP);
		if (got == -1)
			err(EXIT_TEMP, "standard input");
		caller.len += (size_t)got;
		if ((all = whole(&caller, &request, &content)) == -1)
			err(EXIT_PERM, "request");
		if (all > 0)
			break;
		if (got == 0)
			errx(EXIT_PERM, "request is cut short");
	}
	why = understand(
	    &report, &request, caller.bytes + content, (size_t)all - content);
	if (why != NULL)
		errx(EXIT_PERM, "request: %s", why);
	text = report_write(&report, &len, &eightbit);
	if (fwrite(text, 1, len, stdout) != len || fflush(stdout) == EOF)
		err(EXIT_TEMP, "standard output");
	free(text);
	free(caller.bytes);
	record_free(&request);
	return 0;
}

/* --- as a server ---------------------------------------------------------- */

static void
hang_up(struct caller *caller, const char *why)
{
	if (why != NULL)
		log_event("closed", "peer",
		    log_number((long long)peer_uid(caller->fd)), "reason", why,
		    NULL);
	close(caller->fd);
	free(caller->bytes);
	memset(caller, 0, sizeof(*caller));
	caller->fd = -1;
}

static int
reply(int fd, const struct record *answer)
{
	size_t len;
	char *text = record_encode(answer, &len);
	ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

	free(text);
	return sent == (ssize_t)len ? 0 : -1;
}

static void
serve(struct caller *caller, const struct record *request, size_t content,
    size_t all)
{
	struct report report;
	struct record answer;
	const char *why = understand(
	    &report, request, caller->bytes + content, all - content);

	record_init(&answer, RECORD_QUESTION);
	if (why != NULL)
		answer_with(&answer, "failed", "5.5.2", why);
	else
		send_report(&report, &answer);
	memmove(caller->bytes, caller->bytes + all, caller->len - all);
	caller->len -= all;
	if (reply(caller->fd, &answer) == -1)
		hang_up(caller, "the answer could not be sent");
	record_free(&answer);
}

/* Something has come from a caller, or it is gone. */
static void
hear(struct caller *caller)
{
	struct record request;
	size_t content;
	ssize_t got, all;

	if (!make_room(caller)) {
		hang_up(caller, "request is too long");
		return;
	}
	got = recv(caller->fd, caller->bytes + caller->len, REQUEST_STEP,
	    MSG_DONTWAIT);
	if (got == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		hang_up(caller, got == -1         ? strerror(errno)
				: caller->len > 0 ? "request is cut short"
						  : NULL);
		return;
	}
	caller->len += (size_t)got;
	record_init(&request, RECORD_ENVELOPE);
	while (caller->fd != -1 &&
	       (all = whole(caller, &request, &content)) != 0) {
		if (all == -1)
			hang_up(caller, "request is malformed or too long");
		else
			serve(caller, &request, content, (size_t)all);
	}
	record_free(&request);
}

static void
welcome(int listener, const struct peers *peers, struct caller *callers)
{
	/* cppcheck-suppress nullPointer ; accept4(2) takes NULL */
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	size_t i = 0;

	if (fd == -1)
		return;
	while (i < CALLERS && callers[i].fd != -1)
		i++;
	if (i == CALLERS || !peer_allowed(peers, fd)) {
		log_event("refused", "peer",
		    log_number((long long)peer_uid(fd)), "reason",
		    i == CALLERS ? "too many connections" : "not permitted",
		    NULL);
		close(fd);
		return;
	}
	callers[i].fd = fd;
}

static void
loop(int listener, const struct peers *peers)
{
	static struct caller callers[CALLERS];
	struct pollfd polled[CALLERS + 1];
	size_t i;

	for (i = 0; i < CALLERS; i++)
		callers[i].fd = -1;
	for (;;) {
		for (i = 0; i < CALLERS; i++)
			polled[i] = (struct pollfd){callers[i].fd, POLLIN, 0};
		polled[i] = (struct pollfd){listener, POLLIN, 0};
		if (poll(polled, CALLERS + 1, -1) == -1 && errno != EINTR)
			err(EXIT_TEMP, "poll");
		for (i = 0; i < CALLERS; i++)
			if (callers[i].fd != -1 && polled[i].revents != 0)
				hear(&callers[i]);
		if (polled[CALLERS].revents != 0)
			welcome(listener, peers, callers);
	}
}

static void
server(const struct paths *paths)
{
	char path[PATH_SIZE];
	struct peers peers = {0};
	int listener;

	if (geteuid() == 0)
		errx(EXIT_PERM, "start me as a user of my own, not as root");
	path_socket(path, paths, "bounce");
	peer_allow(&peers, "pnqmgr");
	drop_root(NULL, NULL);
	drop_limits(0, FILES);
	if ((listener = peer_listen(path)) == -1)
		err(EXIT_TEMP, "%s", path);
	walls_raise(&walls, paths);
	log_event("started", "program", "bounce", "socket", path, NULL);
	loop(listener, &peers);
}

int
main(int argc, char *argv[])
{
	struct paths paths;

	if (argc > 2 || (argc == 2 && strcmp(argv[1], "-s") != 0)) {
		fprintf(stderr, "usage: bounce [-s]\n");
		return EXIT_PERM;
	}
	paths_find(&paths);
	conf_me(paths.conf, config.me, sizeof(config.me));
	path_socket(config.inject, &paths, "inject");
	if (argc == 1)
		return filter();
	server(&paths);
	return 0;
}
