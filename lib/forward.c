#include "forward.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exits.h"
#include "include.h"
#include "log.h"
#include "paths.h"

#define FILE_MAX 65536
#define PLACES   100 /* that a .forward may name, with its lists */
#define WRITERS  (S_IWGRP | S_IWOTH)

const char *
forward_doubt(mode_t mode, uid_t owner, uid_t user)
{
	if (!S_ISREG(mode))
		return "no regular file";
	if (owner != user && owner != 0)
		return "belongs to another user";
	if ((mode & WRITERS) != 0)
		return "others may write to it";
	return NULL;
}

/* --- files -----------------------------------------------------------------
 */

struct text {
	char bytes[FILE_MAX + 1];
	size_t len;
};

static int
defer(struct fate *f, const char *path, const char *why)
{
	fate_set(f, FATE_DEFERRED, "4.3.5", "%s: %s", path, why);
	return -1;
}

static int
read_open(int fd, const char *path, struct text *t, struct fate *f)
{
	ssize_t got = 1;

	t->len = 0;
	while (got != 0 && t->len < sizeof(t->bytes)) {
		got = read(fd, t->bytes + t->len, sizeof(t->bytes) - t->len);
		if (got == -1) {
			fate_errno(f, path);
			return -1;
		}
		t->len += (size_t)got;
	}
	return t->len > FILE_MAX ? defer(f, path, "too long") : 1;
}

/* 1 and its text; 0 and why it may not be trusted; -1 with errno, or a fate. */
static int
read_file(const char *path, struct text *t, const char **doubt, struct fate *f)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), r;

	*doubt = NULL;
	if (fd == -1 || fstat(fd, &st) == -1) {
		fate_errno(f, path);
		r = -1;
	} else if ((*doubt = forward_doubt(st.st_mode, st.st_uid, geteuid())) !=
		   NULL)
		r = 0;
	else
		r = read_open(fd, path, t, f);
	if (fd != -1)
		close(fd);
	return r;
}

/* The items of a text, and of what it includes: 1 some, 0 none, -1. */
static int
parse(const char *path, const struct text *t, struct alias_items *items,
    struct fate *f)
{
	struct include_rules rules = {path, PLACES, FILE_MAX};
	struct included in;
	const char *reason;
	unsigned line;

	if (alias_parse(t->bytes, t->len, items, &line, &reason) == -1) {
		fate_set(
		    f, FATE_DEFERRED, "4.3.5", "%s:%u: %s", path, line, reason);
		return -1;
	}
	include_all(items, &rules, &in);
	alias_free(items);
	if (in.nfaults > 0) {
		/* His own mistake: he has time to mend it. */
		fate_set(f, FATE_DEFERRED, "4.3.5", "%s", in.faults[0].text);
		included_free(&in);
		return -1;
	}
	*items = in.items;
	return items->count > 0;
}

/* --- the home --------------------------------------------------------------
 */

/*
 * 1: there is a home.  0: there is none, so no .forward: accounts without a
 * home get mail too.  -1 and a fate: it does not answer, or its owner asked us
 * to wait by setting the sticky bit.
 */
static int
look_home(const char *home, struct stat *st, struct fate *f)
{
	if (stat(home, st) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		fate_errno(f, home);
		return -1;
	}
	if ((st->st_mode & S_ISVTX) != 0 && st->st_uid == geteuid())
		return defer(f, home, "the sticky bit is set");
	return 1;
}

static void
host_name(char out[256])
{
	if (gethostname(out, 256) == -1)
		out[0] = '\0';
	out[255] = '\0';
	out[strcspn(out, ".")] = '\0';
}

/* The file that counts: 1 and its path; 0 none; -1. */
static int
find_file(const char *home, const struct stat *st, char path[PATH_SIZE],
    struct fate *f)
{
	char host[256];
	struct stat file;
	int i;

	host_name(host);
	for (i = 0; i < 2; i++) {
		if ((size_t)snprintf(path, PATH_SIZE,
			i == 0 ? "%s/.forward.%s" : "%s/.forward", home,
			host) >= PATH_SIZE)
			return defer(f, home, "too long");
		if (lstat(path, &file) == 0)
			return 1;
		if (errno == ENOENT || errno == ENOTDIR)
			continue;
		/* A folder we may not enter, such as /root, is no home. */
		if (errno == EACCES && st->st_uid != geteuid())
			return 0;
		fate_errno(f, path);
		return -1;
	}
	return 0;
}

int
forward_load(const char *home, struct alias_items *items, struct fate *f)
{
	char path[PATH_SIZE];
	struct text *t;
	struct stat st;
	const char *doubt;
	int r;

	memset(items, 0, sizeof(*items));
	if ((r = look_home(home, &st, f)) != 1 ||
	    (r = find_file(home, &st, path, f)) != 1)
		return r;
	if ((st.st_mode & WRITERS) != 0)
		return defer(f, home, "others may write to it");
	if ((t = malloc(sizeof(*t))) == NULL)
		err(EXIT_TEMP, NULL);
	if ((r = read_file(path, t, &doubt, f)) == 0)
		log_event("ignored", "file", path, "reason", doubt, NULL);
	else if (r == 1)
		r = parse(path, t, items, f);
	free(t);
	return r;
}
