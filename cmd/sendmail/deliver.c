#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "date.h"
#include "draft.h"
#include "header.h"
#include "sendmail.h"
#include "strain.h"
#include "submit.h"

#define HEADER_MAX   1048576 /* bytes of header */
#define NAME_MAX_LEN 256
#define ADDRESS_MAX  512

/* One message on its way. */
struct mail {
	const struct options *options;
	const struct paths *paths;
	char me[NAME_MAX_LEN];
	char user[NAME_MAX_LEN];  /* the caller's account */
	char name[NAME_MAX_LEN];  /* in words */
	char sender[ADDRESS_MAX]; /* envelope */
	char warning[1200];       /* "" for none */
	struct rcpts rcpts;
	struct strain strain;
	char *head; /* what was read until the header was whole */
	size_t head_len;
};

/* The exit status that stands for the class and status of an answer. */
static int
exit_status(const struct record *answer)
{
	const char *class = record_text(answer, "class");
	const char *status = record_text(answer, "status");

	if (strcmp(class, "done") == 0)
		return EX_OK;
	if (strcmp(class, "failed") != 0)
		return EX_TEMPFAIL;
	if (strncmp(status, "5.7.", 4) == 0)
		return EX_NOPERM;
	if (strncmp(status, "5.6.", 4) == 0)
		return EX_DATAERR;
	return EX_UNAVAILABLE;
}

/* What is wrong with the mail, told once; the caller returns the status. */
static int
say(int status, const char *what, const char *why)
{
	warnx("%s: %s", what, why);
	return status;
}

/* --- who sends ------------------------------------------------------------ */

/* The name in passwd: up to the first comma, & is the account's name. */
static void
full_name(struct mail *mail, const char *gecos)
{
	size_t len = 0;
	int n;

	for (; *gecos != '\0' && *gecos != ','; gecos++) {
		n = snprintf(mail->name + len, sizeof(mail->name) - len,
		    *gecos == '&' ? "%.128s" : "%.1s",
		    *gecos == '&' ? mail->user : gecos);
		if (*gecos == '&')
			mail->name[len] =
			    (char)toupper((unsigned char)mail->name[len]);
		len += (size_t)n;
		if (len >= sizeof(mail->name) - 1)
			break;
	}
}

static void
caller(struct mail *mail)
{
	const struct passwd *pw = getpwuid(getuid());

	mail->name[0] = '\0';
	if (pw == NULL) {
		snprintf(mail->user, sizeof(mail->user), "uid%u",
		    (unsigned)getuid());
		return;
	}
	if (strlcpy(mail->user, pw->pw_name, sizeof(mail->user)) >=
	    sizeof(mail->user))
		errx(EX_OSERR, "your account's name is too long");
	full_name(mail, pw->pw_gecos);
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			return true;
	return false;
}

/* The display name: -F, NAME in the environment, or the account's. */
static int
display_name(struct mail *mail)
{
	const char *given = mail->options->name;
	const char *what = "-F";

	if (given == NULL && mail->options->sender == NULL) {
		given = getenv("NAME");
		what = "NAME in the environment";
	}
	if (given == NULL && mail->options->sender != NULL)
		given = "";
	if (given != NULL && strlcpy(mail->name, given, sizeof(mail->name)) >=
				 sizeof(mail->name))
		return say(EX_USAGE, what, "too long");
	if (has_control(mail->name))
		return say(EX_USAGE, given == NULL ? "passwd" : what,
		    "a control character in a name");
	return EX_OK;
}

/* -f: one address, or "" or <> for none. */
static int
sender(struct mail *mail)
{
	const char *given = mail->options->sender, *why = NULL;
	struct rcpts one = {0};
	int status = EX_OK;

	if (given == NULL)
		given = mail->user;
	if (*given == '\0' || strcmp(given, "<>") == 0)
		return EX_OK;
	if (rcpts_add(&one, given, strlen(given), mail->me, &why) == -1)
		status = say(EX_USAGE, "sender", why);
	else if (one.count != 1)
		status = say(EX_USAGE, "sender", "not one address");
	else if (strlcpy(mail->sender, one.list[0], sizeof(mail->sender)) >=
		 sizeof(mail->sender))
		status = say(EX_USAGE, "sender", "too long");
	rcpts_free(&one);
	return status;
}

struct trust {
	const char *user;
	bool found;
};

static const char *
is_trusted_line(const char *line, void *arg)
{
	struct trust *trust = arg;
	size_t len = strcspn(line, " \t"); /* as sendmail reads its classes */

	if (strlen(trust->user) == len && strncmp(line, trust->user, len) == 0)
		trust->found = true;
	return NULL;
}

/* root, the users whom sendmail trusts without being told, and those named. */
static bool
is_trusted(const struct mail *mail)
{
	struct trust trust = {.user = mail->user};

	if (getuid() == 0 || strcmp(mail->user, "daemon") == 0 ||
	    strcmp(mail->user, "uucp") == 0)
		return true;
	conf_each(mail->paths->conf, "trusted-users", is_trusted_line, &trust);
	return trust.found;
}

/* Whoever claims to be another leaves a trace, as with sendmail's authwarnings.
 */
static void
authentication(struct mail *mail)
{
	char own[ADDRESS_MAX];

	snprintf(own, sizeof(own), "%s@%s", mail->user, mail->me);
	if (mail->options->sender != NULL &&
	    strcasecmp(own, mail->sender) != 0 && !is_trusted(mail))
		snprintf(mail->warning, sizeof(mail->warning),
		    "%s: %s set sender to <%s> using -%c", mail->me, mail->user,
		    mail->sender, mail->options->sender_option);
}

/* --- what is sent --------------------------------------------------------- */

/*
 * Read once and strain it into out, which has SUBMIT_CHUNK + STRAIN_CARRY
 * bytes.  The count; 0 at the end; -1 told on standard error.
 */
static long
take(struct mail *mail, char *out)
{
	static char in[SUBMIT_CHUNK];
	ssize_t got;
	long n;

	for (;;) {
		if (mail->strain.ended)
			return 0;
		got = read(STDIN_FILENO, in, sizeof(in));
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			warn("standard input");
		if (got <= 0)
			return got;
		n = strain_bytes(&mail->strain, in, (size_t)got, out);
		if (n == -1)
			warnx("the message holds a NUL byte, which mail"
			      " cannot carry");
		if (n != 0)
			return n;
	}
}

/* The whole header, and of the body what a first look at it needs. */
static int
read_head(struct mail *mail)
{
	size_t at = 0;
	long n;

	for (;;) {
		mail->head = realloc(
		    mail->head, mail->head_len + SUBMIT_CHUNK + STRAIN_CARRY);
		if (mail->head == NULL)
			err(EX_OSERR, "message");
		n = take(mail, mail->head + mail->head_len);
		if (n == -1)
			return EX_DATAERR;
		mail->head_len += (size_t)n;
		if (n == 0)
			return EX_OK;
		if (!draft_complete(mail->head, mail->head_len, &at)) {
			if (mail->head_len > HEADER_MAX)
				return say(
				    EX_DATAERR, "header", "longer than 1 MiB");
		} else if (mail->head_len >= SUBMIT_CHUNK) {
			return EX_OK;
		}
	}
}

static int
recipients(struct mail *mail, char *args[])
{
	struct rcpts named = {0};
	const char *wrong;
	char why[128];

	for (; *args != NULL; args++)
		if (rcpts_add(&named, *args, strlen(*args), mail->me, &wrong) ==
		    -1)
			return say(EX_USAGE, "recipient", wrong);
	if (!mail->options->headers) {
		mail->rcpts = named;
	} else {
		if (draft_recipients(mail->head, mail->head_len, mail->me,
			&mail->rcpts, why) == -1)
			return say(EX_DATAERR, "message", why);
		rcpts_remove(&mail->rcpts, &named);
		rcpts_free(&named);
	}
	if (mail->rcpts.count == 0)
		return say(EX_USAGE, "message", "no recipients");
	return EX_OK;
}

static int
check_hops(const struct mail *mail)
{
	size_t hops = draft_hops(mail->head, mail->head_len);

	if (hops + mail->options->hops > HEADER_HOPS)
		return say(EX_UNAVAILABLE, "message",
		    "too many hops: more than 50 Received lines, a loop");
	return EX_OK;
}

static char *
compose(const struct mail *mail, size_t *len)
{
	char date[DATE_SIZE], id[ADDRESS_MAX], stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	struct author author = {.me = mail->me,
	    .sender = mail->sender,
	    .name = mail->name,
	    .date = date,
	    .message_id = id};

	if (mail->warning[0] != '\0')
		author.warning = mail->warning;
	date_rfc5322(date, sizeof(date), now);
	if (gmtime_r(&now, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm);
	snprintf(id, sizeof(id), "%s.%08x%08x@%s", stamp, arc4random(),
	    arc4random(), mail->me);
	return draft_header(mail->head, mail->head_len, &author, len);
}

/* RFC 6152: told to the next hop, if the beginning shows it. */
static bool
is_eightbit(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 127)
			return true;
	return false;
}

static int
envelope(const struct mail *mail, struct record *record)
{
	const struct options *o = mail->options;

	if (record_add(record, "sender", mail->sender) == -1)
		return say(EX_USAGE, "sender", strerror(errno));
	for (size_t i = 0; i < mail->rcpts.count; i++)
		if (record_add(record, "recipient", mail->rcpts.list[i]) ==
			-1 ||
		    (o->notify != NULL &&
			record_add(record, "notify", o->notify) == -1))
			return say(EX_USAGE, "recipient", strerror(errno));
	if (o->ret != NULL)
		record_add(record, "ret", o->ret);
	if (o->envid[0] != '\0')
		record_add(record, "envid", o->envid);
	if (o->eightbit || is_eightbit(mail->head, mail->head_len))
		record_add(record, "body", "8BITMIME");
	return EX_OK;
}

static int
answered(const struct mail *mail, const struct record *answer)
{
	int status = exit_status(answer);

	if (status != EX_OK)
		warnx("message not accepted: %s %s",
		    record_text(answer, "status"), record_text(answer, "text"));
	else if (mail->options->verbose)
		printf("%s: accepted for %zu recipient%s\n",
		    record_text(answer, "id"), mail->rcpts.count,
		    mail->rcpts.count == 1 ? "" : "s");
	return status;
}

/* The rest of standard input behind the beginning. */
static int
stream(struct mail *mail, struct submit *submit, const char *socket)
{
	static char bytes[SUBMIT_CHUNK + STRAIN_CARRY];
	struct record answer;
	int status = EX_DATAERR;
	size_t len;
	char *head = compose(mail, &len);
	int sent = submit_bytes(submit, head, len);
	long n = 0;

	free(head);
	while (sent == 0 && (n = take(mail, bytes)) > 0)
		sent = submit_bytes(submit, bytes, (size_t)n);
	if (n == -1)
		return status;
	record_init(&answer, RECORD_QUESTION);
	if (sent == 0)
		sent = submit_end(submit, &answer);
	if (sent == 0)
		status = answered(mail, &answer);
	else
		status = say(EX_TEMPFAIL, socket, strerror(errno));
	record_free(&answer);
	return status;
}

static int
hand_over(struct mail *mail)
{
	static struct submit submit;
	char socket[PATH_SIZE];
	struct record record;
	int status;

	path_socket(socket, mail->paths, "inject");
	record_init(&record, RECORD_ENVELOPE);
	if ((status = envelope(mail, &record)) == EX_OK) {
		if (submit_begin(&submit, socket, &record) == 0)
			status = stream(mail, &submit, socket);
		else
			status = say(EX_TEMPFAIL, socket, strerror(errno));
		submit_free(&submit);
	}
	record_free(&record);
	return status;
}

/*
 * A program that writes to us is not killed by SIGPIPE for our refusal; it
 * learns of it by our exit status.
 */
static void
drain(const struct mail *mail)
{
	char bytes[4096];

	if (mail->strain.ended || isatty(STDIN_FILENO))
		return;
	while (read(STDIN_FILENO, bytes, sizeof(bytes)) > 0)
		;
}

int
deliver(const struct options *options, const struct paths *paths, char *args[])
{
	static struct mail mail;
	int status;

	mail.options = options;
	mail.paths = paths;
	strain_init(&mail.strain, options->dots);
	conf_me(paths->conf, mail.me, sizeof(mail.me));
	caller(&mail);
	if ((status = display_name(&mail)) == EX_OK &&
	    (status = sender(&mail)) == EX_OK &&
	    (status = read_head(&mail)) == EX_OK &&
	    (status = recipients(&mail, args)) == EX_OK &&
	    (status = check_hops(&mail)) == EX_OK) {
		authentication(&mail);
		status = hand_over(&mail);
	}
	if (status != EX_OK)
		drain(&mail);
	if (fflush(stdout) == EOF)
		warn("standard output");
	free(mail.head);
	rcpts_free(&mail.rcpts);
	return status;
}
