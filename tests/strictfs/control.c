#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD 16

static int
find(const char *const *list, size_t count, const char *word)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return (int)i;
	return -1;
}

static int
error_number(const char *word)
{
	static const char *const words[] = {
	    "EIO", "ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENOMEM"};
	static const int numbers[] = {
	    EIO, ENOSPC, EDQUOT, EROFS, EMFILE, ENOMEM};
	int i = find(words, sizeof(words) / sizeof(*words), word);

	return i == -1 ? 0 : numbers[i];
}

static int
doing(const char *word)
{
	static const char *const words[DOINGS] = {
	    "write", "sync", "make", "read"};

	return find(words, DOINGS, word);
}

static int
fail(struct control *c, const char *line)
{
	char what[WORD], why[WORD];
	long long bytes = 0;
	int i, error;

	if (sscanf(line, "fail %15s %15s %lld", what, why, &bytes) < 2 ||
	    (i = doing(what)) == -1 || (error = error_number(why)) == 0)
		return EINVAL;
	c->errors[i] = error;
	c->met[i] = 0;
	c->room = bytes;
	return 0;
}

static int
met(const struct control *c, const char *word)
{
	int i = doing(word);

	if (i == -1)
		return EINVAL;
	return c->met[i] ? 0 : EAGAIN;
}

static int
where(struct control *c, const char *path, int torn)
{
	if (snprintf(c->cut, sizeof(c->cut), "%s", path) >= (int)sizeof(c->cut))
		return ENAMETOOLONG;
	c->torn = torn;
	return 0;
}

int
control_take(struct control *c, const char *bytes, size_t len)
{
	char line[4096 + WORD];

	if (len > 0 && bytes[len - 1] == '\n')
		len--;
	if (len >= sizeof(line))
		return EINVAL;
	memcpy(line, bytes, len);
	line[len] = '\0';
	if (strncmp(line, "cut ", 4) == 0)
		return where(c, line + 4, 0);
	if (strncmp(line, "torn ", 5) == 0)
		return where(c, line + 5, 1);
	if (strncmp(line, "fail ", 5) == 0)
		return fail(c, line);
	if (strncmp(line, "met ", 4) == 0)
		return met(c, line + 4);
	if (strcmp(line, "well") != 0)
		return EINVAL;
	memset(c->errors, 0, sizeof(c->errors));
	return 0;
}

int
control_error(struct control *c, enum doing what, size_t bytes)
{
	if (what == WRITING && c->errors[WRITING] != 0 &&
	    c->room >= (long long)bytes) {
		c->room -= (long long)bytes;
		return 0;
	}
	c->met[what] |= c->errors[what] != 0;
	return c->errors[what];
}
