/*
 * The control files: each value as the program that reads it would take it, by
 * the functions that it would read it with.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <err.h>

#include "conf.h"
#include "doctor.h"
#include "exits.h"
#include "listen.h"
#include "segment.h"

enum kind { NUMBER, SECONDS, LINE, LISTEN, ME };

struct control {
	const char *name;
	enum kind kind;
	uint64_t min, max;
};

static const struct control controls[] = {
    {"me", ME, 0, 0},
    {"listen", LISTEN, 0, 0},
    {"relayhost", LINE, 0, 0},
    {"masquerade-as", LINE, 0, 0},
    {"databytes", NUMBER, 0, INT64_MAX},
    {"maxrcpt", NUMBER, 1, 10000},
    {"smtpdworkers", NUMBER, 1, 64},
    {"smtpdsessions", NUMBER, 1, 100000},
    {"smtpdperclient", NUMBER, 1, 100000},
    {"timeoutsmtpd", SECONDS, 1, 86400},
    {"timeoutdata", SECONDS, 1, 86400},
    {"timeoutpolicy", SECONDS, 1, 3600},
    {"timeoutconnect", SECONDS, 1, 3600},
    {"timeoutremote", SECONDS, 1, 86400},
    {"queuelifetime", SECONDS, 0, 31536000},
    {"delaywarning", SECONDS, 0, 31536000},
    {"concurrencyremote", NUMBER, 1, 10000},
    {"concurrencyhost", NUMBER, 1, 10000},
    {"concurrencylocal", NUMBER, 1, 10000},
    {"segmentsize", NUMBER, SEGMENT_MIN, 1073741824},
};

struct run {
	const char *dir;
	const struct control *control;
};

static const char *
listen_line(const char *line, void *arg)
{
	return listen_parse(line, arg);
}

static void
read_control(void *arg)
{
	const struct run *r = arg;
	const struct control *c = r->control;
	struct listen_list list = {0};
	char text[256];

	switch (c->kind) {
	case NUMBER:
		(void)conf_number(r->dir, c->name, c->min, c->max, 0);
		break;
	case SECONDS:
		(void)conf_seconds(r->dir, c->name, c->min, c->max, 0);
		break;
	case LINE:
		(void)conf_line(r->dir, c->name, NULL, text, sizeof(text));
		break;
	case LISTEN:
		(void)conf_each(r->dir, c->name, listen_line, &list);
		break;
	case ME:
		conf_me(r->dir, text, sizeof(text));
		break;
	}
}

/* access itself knows its own: it is started with nothing to answer. */
static void
start_access(void *arg)
{
	const struct doctor *d = arg;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char path[PATH_SIZE];

	path_beside(path, "access");
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		err(EXIT_TEMP, "/dev/null");
	execl(path, "doctor", "-c", d->paths.conf, (char *)NULL);
	err(EXIT_TEMP, "%s", path);
}

void
check_controls(struct doctor *d)
{
	struct run r = {.dir = d->paths.conf};
	bool sound = true;
	char why[1024];
	size_t i;

	for (i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		r.control = &controls[i];
		if (doctor_attempt(read_control, &r, why, sizeof(why)))
			continue;
		sound = false;
		doctor_error(d, "%s", why);
	}
	if (sound && !doctor_attempt(start_access, d, why, sizeof(why)))
		doctor_error(d, "%s", why);
}
