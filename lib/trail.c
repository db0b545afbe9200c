#include "trail.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"

#define LINKS 20

struct trail {
	uid_t owner;
	unsigned links;
	char at[PATH_SIZE];   /* resolved; "" is the root */
	char rest[PATH_SIZE]; /* still to go */
};

static const char *
judge_folder(const struct stat *st)
{
	if ((st->st_mode & S_ISVTX) != 0)
		return NULL;
	if ((st->st_mode & S_IWGRP) != 0)
		return "Group writable directory";
	if ((st->st_mode & S_IWOTH) != 0)
		return "World writable directory";
	return NULL;
}

/* One folder up; links were resolved, so names are what they seem. */
static void
go_up(struct trail *t)
{
	char *slash = strrchr(t->at, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* The first name of the rest, put behind at.  false: it is too long. */
static bool
go_down(struct trail *t)
{
	char *rest = t->rest + strspn(t->rest, "/");
	size_t len = strcspn(rest, "/"), used = strlen(t->at);
	int n;

	if (len == 2 && memcmp(rest, "..", 2) == 0)
		go_up(t);
	else if (len > 0 && !(len == 1 && *rest == '.')) {
		n = snprintf(t->at + used, sizeof(t->at) - used, "/%.*s",
		    (int)len, rest);
		if (n < 0 || (size_t)n >= sizeof(t->at) - used)
			return false;
	}
	memmove(t->rest, rest + len, strlen(rest + len) + 1);
	return true;
}

/* at is a link: what it holds comes in its place. */
static bool
follow(struct trail *t)
{
	char target[PATH_SIZE], rest[PATH_SIZE];
	ssize_t len = readlink(t->at, target, sizeof(target) - 1);

	if (len <= 0 || ++t->links > LINKS)
		return false;
	target[len] = '\0';
	if (*target == '/')
		t->at[0] = '\0';
	else
		go_up(t);
	if ((size_t)snprintf(rest, sizeof(rest), "%s%s", target, t->rest) >=
	    sizeof(rest))
		return false;
	(void)strlcpy(t->rest, rest, sizeof(t->rest));
	return true;
}

static const char *
step(struct trail *t)
{
	struct stat st;

	if (lstat(*t->at == '\0' ? "/" : t->at, &st) == -1)
		return strerror(errno);
	if (!S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
		return NULL;
	if (st.st_uid != 0 && st.st_uid != t->owner)
		return "Directory of another user";
	if (S_ISDIR(st.st_mode))
		return judge_folder(&st);
	return follow(t) ? NULL : "Symbolic links not allowed";
}

const char *
trail_doubt(const char *path, uid_t owner)
{
	struct trail t = {.owner = owner};
	const char *why;

	if (strlcpy(t.rest, path, sizeof(t.rest)) >= sizeof(t.rest))
		return strerror(ENAMETOOLONG);
	while ((why = step(&t)) == NULL && *t.rest != '\0')
		if (!go_down(&t))
			return strerror(ENAMETOOLONG);
	return why;
}
