#include "follow.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accounts.h"
#include "exits.h"
#include "forward.h"

#define FILE_MAX 1048576 /* a list beyond is not shown */

static int
is_user(const char *name, void *arg)
{
	switch (accounts_ask(arg, name)) {
	case ACCOUNT_YES:
		return 1;
	case ACCOUNT_NO:
		return 0;
	default:
		return -1;
	}
}

/* A regular file, open, or -1 with errno. */
static int
open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Its items.  0, or -1 and why. */
static int
read_items(int fd, struct alias_items *items, char *why, size_t size)
{
	char *text = malloc(FILE_MAX + 1);
	const char *reason = NULL;
	unsigned line = 0;
	size_t len = 0;
	ssize_t got = 1;

	if (text == NULL)
		err(EXIT_TEMP, "list");
	while (got > 0 && len <= FILE_MAX) {
		got = read(fd, text + len, FILE_MAX + 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	if (got == -1)
		reason = strerror(errno);
	else if (len > FILE_MAX)
		reason = "too long";
	else
		(void)alias_parse(text, len, items, &line, &reason);
	free(text);
	if (reason == NULL)
		return 0;
	snprintf(why, size, line > 0 ? "line %2$u: %1$s" : "%s", reason, line);
	return -1;
}

/* The words are sendmail's. */
static const char *
list_doubt(const struct stat *st)
{
	if ((st->st_mode & S_IWGRP) != 0)
		return "Group writable file";
	if ((st->st_mode & S_IWOTH) != 0)
		return "World writable file";
	return NULL;
}

static int
include(const char *path, struct alias_items *items, char *why, size_t size,
    void *arg)
{
	struct stat st;
	const char *doubt;
	int fd = -1, got = 0;

	(void)arg;
	errno = ENOENT;
	if (*path != '/' || (fd = open_file(path, &st)) == -1)
		strlcpy(why,
		    errno == EINVAL ? "Regular files only" : strerror(errno),
		    size);
	else if ((doubt = list_doubt(&st)) != NULL)
		strlcpy(why, doubt, size);
	else
		got = read_items(fd, items, why, size) == 0;
	if (fd != -1)
		close(fd);
	return got;
}

/* The file that counts: 1 and its path, or 0. */
static int
find_forward(const struct passwd *pw, char *path, size_t size)
{
	char host[256];
	struct stat st;
	int i, n;

	if (gethostname(host, sizeof(host)) == -1)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	host[strcspn(host, ".")] = '\0';
	for (i = 0; i < 2; i++) {
		n = snprintf(path, size,
		    i == 0 ? "%s/.forward.%s" : "%s/.forward", pw->pw_dir,
		    host);
		if (n >= 0 && (size_t)n < size && lstat(path, &st) == 0)
			return 1;
	}
	return 0;
}

static int
forward(const char *user, struct alias_items *items, char *path, size_t size,
    void *arg)
{
	struct passwd *pw = getpwnam(user);
	const char *doubt;
	char why[256];
	struct stat st;
	int fd, got;

	(void)arg;
	if (pw == NULL || !find_forward(pw, path, size))
		return 0;
	if ((fd = open_file(path, &st)) == -1) {
		warn("%s", path);
		return 0;
	}
	doubt = forward_doubt(st.st_mode, st.st_uid, pw->pw_uid);
	if (doubt == NULL && read_items(fd, items, why, sizeof(why)) == -1)
		doubt = why;
	close(fd);
	if (doubt != NULL)
		warnx("%s: %s", path, doubt);
	got = doubt == NULL && items->count > 0;
	if (doubt == NULL && !got)
		alias_free(items);
	return got;
}

const struct house *
follow_house(void)
{
	static struct house house = {is_user, include, forward, NULL};

	if (house.arg == NULL)
		house.arg = accounts_new(NULL, NULL, NULL);
	return &house;
}
