/*
 * local - deliver messages into the mailboxes of one account
 *
 * In: records with a message each, on standard input; with -d that is lspawn's
 * socket, on which the answers go out, else they go to standard output.  What
 * has arrived together is delivered under one lock with one sync.  Runs as the
 * account, never as root.  See local(8).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exits.h"
#include "house.h"
#include "intake.h"
#include "peer.h"
#include "standard.h"
#include "walls.h"

#define BATCH_BYTES  4194304   /* of messages that are delivered at once */
#define INLINE_MAX   4194304   /* of one message, in a socket */
#define FILTER_MAX   268435456 /* of one message, by hand */
#define IDLE         60        /* seconds */
#define ANSWER       1800 /* seconds; who takes longer is stuck, and ends */
#define IDLE_PARTIAL 7200 /* while a letter is partly delivered */

/* What stands around it stands around the programs of a .forward. */
static const struct walls walls = {
    .program = "local",
    .may = WALLS_EXEC,
    .memory = 2 * WALLS_GB,
};

struct local {
	bool serve; /* -d */
	bool socket;
	bool ended; /* no more input */
	enum fate_class worst;
	struct intake intake;
	struct house house;
	struct letter letters[HOUSE_BATCH];
	struct letter *batch[HOUSE_BATCH];
	size_t count, bytes;
};

static volatile sig_atomic_t told_to_end;

static void
on_term(int sig)
{
	(void)sig;
	told_to_end = 1;
}

/* --- input -----------------------------------------------------------------
 */

/* Is there input within so many milliseconds (-1: however long)? */
static bool
is_ready(int milliseconds)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	int r = poll(&p, 1, milliseconds);

	if (r == -1 && errno != EINTR)
		err(EXIT_TEMP, "poll");
	return r == 1;
}

static void
read_some(struct local *l)
{
	size_t room;
	char *bytes = intake_room(&l->intake, &room);
	ssize_t got;
	int fd = -1;

	if (l->socket)
		got = peer_recv(STDIN_FILENO, bytes, room, &fd);
	else
		got = read(STDIN_FILENO, bytes, room);
	if (got == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got == -1 && errno != ECONNRESET)
		err(EXIT_TEMP, "standard input");
	if (fd != -1)
		intake_file(&l->intake, fd);
	if (got <= 0)
		l->ended = true;
	else
		intake_took(&l->intake, (size_t)got);
}

static bool
is_full(const struct local *l)
{
	return l->count == HOUSE_BATCH || l->bytes >= BATCH_BYTES;
}

/* Letters that are whole, as many as make a batch. */
static void
take_letters(struct local *l)
{
	struct letter *letter;
	int r = 0;

	while (!is_full(l)) {
		letter = &l->letters[l->count];
		if ((r = intake_next(&l->intake, letter)) != 1)
			break;
		l->batch[l->count++] = letter;
		l->bytes += (size_t)letter->length;
	}
	if (r == -1)
		errx(EXIT_PERM, "standard input: %s", l->intake.why);
}

/*
 * Wait for the first, then take what has come meanwhile, without waiting for
 * more.  false: there will be none.
 */
static bool
gather(struct local *l)
{
	int idle = l->house.memo.count > 0 ? IDLE_PARTIAL : IDLE;

	l->count = l->bytes = 0;
	take_letters(l);
	while (l->count == 0 && !l->ended && !told_to_end) {
		if (is_ready(l->serve ? idle * 1000 : -1)) {
			read_some(l);
			take_letters(l);
		} else if (!told_to_end)
			break;
	}
	while (l->count > 0 && !is_full(l) && !l->ended && is_ready(0)) {
		read_some(l);
		take_letters(l);
	}
	return l->count > 0;
}

/* --- output ----------------------------------------------------------------
 */

static void
write_all(int fd, const char *bytes, size_t len)
{
	ssize_t n;

	while (len > 0) {
		if ((n = write(fd, bytes, len)) == -1) {
			if (errno == EINTR)
				continue;
			err(EXIT_TEMP, "answer");
		}
		bytes += n;
		len -= (size_t)n;
	}
}

static void
put_answer(struct local *l, const struct letter *letter, FILE *out)
{
	const char *id = record_get(&letter->record, "id");
	struct record r;
	size_t len;
	char *bytes;

	record_init(&r, RECORD_QUESTION + FATE_TEXT);
	if (id != NULL)
		(void)record_add(&r, "id", id);
	(void)record_add(
	    &r, "recipient", record_text(&letter->record, "recipient"));
	fate_tell(&letter->fate, &r);
	if (letter->rule != NULL)
		(void)record_add(&r, "rule", letter->rule);
	if (l->house.memo.count > 0)
		(void)record_add(&r, "partial", "yes");
	bytes = record_encode(&r, &len);
	(void)fwrite(bytes, 1, len, out);
	free(bytes);
	record_free(&r);
}

/* With one write: what has been delivered together is known together. */
static void
answer(struct letter *const letters[], size_t count, void *arg)
{
	struct local *l = arg;
	char *bytes = NULL;
	size_t len, i;
	FILE *out = open_memstream(&bytes, &len);

	if (out == NULL)
		err(EXIT_TEMP, "answer");
	for (i = 0; i < count; i++) {
		put_answer(l, letters[i], out);
		/* One that may still come right counts more than one that
		 * never will. */
		if (letters[i]->fate.class == FATE_DEFERRED ||
		    l->worst == FATE_DONE)
			l->worst = letters[i]->fate.class;
		letter_free(letters[i]);
	}
	if (fclose(out) == EOF)
		err(EXIT_TEMP, "answer");
	write_all(l->serve ? STDIN_FILENO : STDOUT_FILENO, bytes, len);
	free(bytes);
	(void)alarm(ANSWER);
}

static void
deliver(struct local *l)
{
	(void)alarm(ANSWER);
	house_deliver(&l->house, l->batch, l->count);
	(void)alarm(0);
	if (l->house.keeper.fd == -1)
		errx(EXIT_TEMP, "the spool's keeper is gone");
}

static int
status(const struct local *l)
{
	if (l->ended && intake_is_open(&l->intake)) {
		warnx("standard input ends within a message");
		return EXIT_PERM;
	}
	if (l->serve || l->worst == FATE_DONE)
		return 0;
	return l->worst == FATE_FAILED ? EXIT_PERM : EXIT_TEMP;
}

/* --- start -----------------------------------------------------------------
 */

static void
set_signals(void)
{
	struct sigaction act = {.sa_handler = on_term};

	if (sigaction(SIGTERM, &act, NULL) == -1 ||
	    sigaction(SIGINT, &act, NULL) == -1)
		err(EXIT_TEMP, "signals");
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file limit is an error, EFBIG */
}

/* lspawn has looked, and says in HOME what it has found. */
static bool
is_told(const struct local *l, char *name, struct passwd *account)
{
	char *home = getenv("HOME");

	if (!l->serve || name == NULL || home == NULL || *home != '/')
		return false;
	*account = (struct passwd){.pw_name = name, .pw_dir = home};
	return true;
}

static void
find_account(const struct local *l, char *name, struct passwd *account)
{
	const struct passwd *pw;

	if (getuid() == 0 || geteuid() == 0)
		errx(EXIT_PERM, "root gets no mail; run me as the recipient");
	if (is_told(l, name, account))
		return;
	errno = 0;
	pw = name != NULL ? getpwnam(name) : getpwuid(getuid());
	if (pw == NULL && errno != 0)
		err(EXIT_TEMP, "account");
	if (pw == NULL || pw->pw_uid != getuid())
		errx(EXIT_PERM, "no account of yours: %s",
		    name != NULL ? name : "");
	*account = *pw;
}

static void
usage(void)
{
	(void)fprintf(stderr, "usage: local [-ad] [-u account]\n");
	exit(EXIT_PERM);
}

static void
arguments(struct local *l, int argc, char *argv[], char **account)
{
	int option;

	while ((option = getopt(argc, argv, "adu:")) != -1)
		switch (option) {
		case 'a':
			l->house.steward = true;
			break;
		case 'd':
			l->serve = true;
			break;
		case 'u':
			*account = optarg;
			break;
		default:
			usage();
		}
	if (optind != argc)
		usage();
}

static void
open_all(struct local *l, char *account)
{
	struct passwd pw;
	struct stat st;

	set_signals();
	umask(077);
	l->house.answer = answer;
	l->house.arg = l;
	find_account(l, account, &pw);
	house_open(&l->house, &pw);
	walls_raise(&walls, &l->house.paths);
	if (chdir(l->house.home) == -1 && chdir("/") == -1)
		err(EXIT_TEMP, "/");
	if (fstat(STDIN_FILENO, &st) == -1)
		err(EXIT_TEMP, "standard input");
	l->socket = S_ISSOCK(st.st_mode);
	intake_init(&l->intake, l->serve ? INLINE_MAX : FILTER_MAX);
}

int
main(int argc, char *argv[])
{
	static struct local l;
	char *account = NULL;

	keeper_set_aside();
	standard_fill();
	arguments(&l, argc, argv, &account);
	open_all(&l, account);
	while (!told_to_end && gather(&l))
		deliver(&l);
	return status(&l);
}
