#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf.h"
#include "exits.h"
#include "paths.h"
#include "resolve_net.h"

struct file {
	FILE *stream;
	char path[PATH_SIZE];
	unsigned line;
	char text[CONF_LINE];
};

/* true if it is there. */
static bool
file_open(struct file *f, const char *dir, const char *name)
{
	path_join(f->path, dir, name);
	f->line = 0;
	if ((f->stream = fopen(f->path, "re")) != NULL)
		return true;
	if (errno != ENOENT)
		err(EXIT_PERM, "%s", f->path);
	return false;
}

__attribute__((noreturn)) static void
file_wrong(const struct file *f, const char *reason)
{
	errx(EXIT_PERM, "%s:%u: %s", f->path, f->line, reason);
}

static char *
trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	return text + strspn(text, " \t");
}

/* The next line that says something, or NULL. */
static const char *
file_next(struct file *f)
{
	const char *text;
	size_t len;

	while (fgets(f->text, sizeof(f->text), f->stream) != NULL) {
		f->line++;
		len = strlen(f->text);
		if (len == 0 || (f->text[len - 1] != '\n' && !feof(f->stream)))
			file_wrong(f, "line too long or not text");
		text = trim(f->text);
		if (*text != '\0' && *text != '#')
			return text;
	}
	if (ferror(f->stream))
		err(EXIT_PERM, "%s", f->path);
	return NULL;
}

bool
conf_line(const char *dir, const char *name, const char *fallback, char *out,
    size_t size)
{
	struct file f;
	const char *text = NULL;

	if (file_open(&f, dir, name)) {
		text = file_next(&f);
		if (text != NULL && strlcpy(out, text, size) >= size)
			file_wrong(&f, "value too long");
		if (text != NULL && file_next(&f) != NULL)
			file_wrong(&f, "one line is all there may be");
		fclose(f.stream);
	}
	if (text != NULL)
		return true;
	if (strlcpy(out, fallback == NULL ? "" : fallback, size) >= size)
		errx(EXIT_PERM, "%s/%s: value too long", dir, name);
	return false;
}

/* Units: letters, and what each multiplies by. */
struct unit {
	char letter;
	uint64_t factor;
};

static const struct unit sizes[] = {
    {'K', 1024}, {'M', 1048576}, {'G', 1073741824}, {0, 0}};
static const struct unit times[] = {
    {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}, {0, 0}};

/* With one unit behind it, or none. */
static bool
parse_number(const char *text, const struct unit *units, uint64_t *n)
{
	char *end;
	uint64_t factor = 1;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*n = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	for (; *end != '\0' && units->letter != 0; units++)
		if (units->letter == *end) {
			factor = units->factor;
			end++;
			break;
		}
	return *end == '\0' && !__builtin_mul_overflow(*n, factor, n);
}

bool
conf_parse(const char *text, bool seconds, uint64_t *n)
{
	return parse_number(text, seconds ? times : sizes, n);
}

static uint64_t
number(const char *dir, const char *name, const struct unit *units,
    const uint64_t range[2], uint64_t fallback)
{
	struct file f;
	const char *text;
	uint64_t n = fallback;
	char why[80];

	if (!file_open(&f, dir, name))
		return fallback;
	if ((text = file_next(&f)) != NULL) {
		snprintf(why, sizeof(why), "not a number from %ju to %ju",
		    (uintmax_t)range[0], (uintmax_t)range[1]);
		if (!parse_number(text, units, &n) || n < range[0] ||
		    n > range[1])
			file_wrong(&f, why);
		if (file_next(&f) != NULL)
			file_wrong(&f, "one line is all there may be");
	}
	fclose(f.stream);
	return n;
}

uint64_t
conf_number(const char *dir, const char *name, uint64_t min, uint64_t max,
    uint64_t fallback)
{
	return number(dir, name, sizes, (const uint64_t[]){min, max}, fallback);
}

uint64_t
conf_seconds(const char *dir, const char *name, uint64_t min, uint64_t max,
    uint64_t fallback)
{
	return number(dir, name, times, (const uint64_t[]){min, max}, fallback);
}

bool
conf_is(const char *dir, const char *name)
{
	char path[PATH_SIZE];

	path_join(path, dir, name);
	if (access(path, F_OK) == 0)
		return true;
	if (errno != ENOENT)
		err(EXIT_PERM, "%s", path);
	return false;
}

bool
conf_each(const char *dir, const char *name,
    const char *(*each)(const char *line, void *arg), void *arg)
{
	struct file f;
	const char *text, *reason;

	if (!file_open(&f, dir, name))
		return false;
	while ((text = file_next(&f)) != NULL)
		if ((reason = each(text, arg)) != NULL)
			file_wrong(&f, reason);
	fclose(f.stream);
	return true;
}

static const char *
take_switch(const char *line, void *arg)
{
	bool *on = arg;

	*on = strcasecmp(line, "no") != 0;
	return !*on || strcasecmp(line, "yes") == 0 ? NULL : "not yes or no";
}

bool
conf_switch(const char *dir, const char *name, bool fallback)
{
	bool on = true;

	return conf_each(dir, name, take_switch, &on) ? on : fallback;
}

/* The full name of this host by DNS or /etc/hosts, where it has one. */
static void
host_name(char *out, size_t size)
{
	struct addrinfo hints = {.ai_flags = AI_CANONNAME}, *found;
	char name[256];

	if (gethostname(name, sizeof(name)) == -1)
		err(EXIT_TEMP, "gethostname");
	name[sizeof(name) - 1] = '\0';
	strlcpy(out, name, size);
	if (strchr(name, '.') != NULL ||
	    getaddrinfo(name, NULL, &hints, &found) != 0)
		return;
	if (found->ai_canonname != NULL &&
	    strchr(found->ai_canonname, '.') != NULL)
		strlcpy(out, found->ai_canonname, size);
	freeaddrinfo(found);
}

void
conf_me(const char *dir, char *out, size_t size)
{
	struct file f;
	const char *text = NULL;

	if (file_open(&f, dir, "me")) {
		if ((text = file_next(&f)) != NULL &&
		    (!host_valid(text) || strlcpy(out, text, size) >= size))
			file_wrong(&f, "not a host name");
		fclose(f.stream);
	}
	if (text == NULL)
		host_name(out, size);
}
