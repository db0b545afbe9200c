#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <err.h>

#include "addr.h"
#include "class.h"
#include "stat_same.h"
#include "exits.h"
#include "paths.h"

#define WORD_SIZE 256

/* Where sendmail parts an address into tokens. */
static const char operators[] = ".:%@!^/[]+";

struct words {
	char **list; /* sorted */
	size_t count;
};

struct class {
	char path[PATH_SIZE];
	char name[64];
	struct stat seen; /* all zero: no file */
	struct words fixed, file;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
words_free(struct words *w)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		free(w->list[i]);
	free(w->list);
	memset(w, 0, sizeof(*w));
}

static void
words_add(struct words *w, const char *text)
{
	if ((w->count & (w->count - 1)) == 0) { /* full at each power of two */
		w->list = reallocarray(w->list,
		    w->count == 0 ? 1 : w->count * 2, sizeof(*w->list));
		if (w->list == NULL)
			err(EXIT_TEMP, "class");
	}
	if ((w->list[w->count] = strdup(text)) == NULL)
		err(EXIT_TEMP, "class");
	addr_fold(w->list[w->count++]);
}

static void
words_sort(struct words *w)
{
	if (w->count > 1)
		qsort(w->list, w->count, sizeof(*w->list), by_text);
}

static const char *
words_find(const struct words *w, const char *text)
{
	char **found;

	if (w->count == 0)
		return NULL;
	found = bsearch(&text, w->list, w->count, sizeof(*w->list), by_text);
	return found == NULL ? NULL : *found;
}

struct class *
class_open(const char *dir, const char *name)
{
	struct class *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err(EXIT_TEMP, "%s", name);
	path_join(c->path, dir, name);
	if (strlcpy(c->name, name, sizeof(c->name)) >= sizeof(c->name))
		errx(EXIT_PERM, "%s: name too long", name);
	return c;
}

void
class_close(struct class *c)
{
	if (c == NULL)
		return;
	words_free(&c->fixed);
	words_free(&c->file);
	free(c);
}

void
class_add(struct class *c, const char *word)
{
	words_add(&c->fixed, word);
	words_sort(&c->fixed);
}

/* The first word of each line; a word that is no name can match nothing. */
static int
read_words(FILE *stream, struct words *w)
{
	char *line = NULL, *word;
	size_t room = 0;
	int failed;

	while (getline(&line, &room, stream) != -1) {
		word = line + strspn(line, " \t\r\n\v\f");
		word[strcspn(word, " \t\r\n\v\f")] = '\0';
		if (*line != '#' && *word != '\0' && strlen(word) < WORD_SIZE)
			words_add(w, word);
	}
	failed = ferror(stream);
	free(line);
	words_sort(w);
	return failed ? -1 : 0;
}

static int
no_file(struct class *c)
{
	if (errno != ENOENT && errno != ENOTDIR)
		return -1;
	words_free(&c->file);
	memset(&c->seen, 0, sizeof(c->seen));
	return 0;
}

int
class_check(struct class *c)
{
	struct words fresh = {NULL, 0};
	struct stat now;
	FILE *stream;
	int error;

	if (stat(c->path, &now) == -1)
		return no_file(c);
	if (stat_same(&now, &c->seen))
		return 0;
	if ((stream = fopen(c->path, "re")) == NULL)
		return no_file(c);
	errno = EIO;
	if (fstat(fileno(stream), &now) == -1 ||
	    read_words(stream, &fresh) == -1) {
		error = errno;
		fclose(stream);
		words_free(&fresh);
		errno = error;
		return -1;
	}
	fclose(stream);
	words_free(&c->file);
	c->file = fresh;
	c->seen = now;
	return 0;
}

const char *
class_path(const struct class *c)
{
	return c->path;
}

const char *
class_name(const struct class *c)
{
	return c->name;
}

static bool
folded(char out[WORD_SIZE], const char *word)
{
	size_t n;

	for (n = 0; word[n] != '\0'; n++) {
		if (n == WORD_SIZE - 1)
			return false;
		out[n] = word[n] >= 'A' && word[n] <= 'Z'
			     ? word[n] + ('a' - 'A')
			     : word[n];
	}
	out[n] = '\0';
	return n > 0;
}

static const char *
look_up(const struct class *c, const char *word)
{
	const char *found = words_find(&c->fixed, word);

	return found != NULL ? found : words_find(&c->file, word);
}

const char *
class_has(const struct class *c, const char *word)
{
	char text[WORD_SIZE];

	return folded(text, word) ? look_up(c, text) : NULL;
}

const char *
class_suffix(const struct class *c, const char *domain)
{
	char text[WORD_SIZE];
	const char *p, *found;

	if (!folded(text, domain))
		return NULL;
	if ((found = look_up(c, text)) != NULL)
		return found;
	for (p = text; *p != '\0'; p++) {
		/* A suffix begins behind an operator, or with one. */
		if (strchr(operators, *p) == NULL)
			continue;
		if (p > text && (found = look_up(c, p)) != NULL)
			return found;
		if (p[1] != '\0' && (found = look_up(c, p + 1)) != NULL)
			return found;
	}
	return NULL;
}

const char *
class_prefix(const struct class *c, const char *address)
{
	char text[WORD_SIZE];
	const char *found;
	size_t n;

	if (!folded(text, address))
		return NULL;
	if ((found = look_up(c, text)) != NULL)
		return found;
	for (n = strlen(text); n-- > 1;) {
		if (strchr(operators, text[n]) == NULL)
			continue;
		text[n + 1] = '\0'; /* "10.1." */
		if ((found = look_up(c, text)) != NULL)
			return found;
		text[n] = '\0';
		if ((found = look_up(c, text)) != NULL)
			return found;
	}
	return NULL;
}

static void
add_address(struct class *c, const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN], word[INET6_ADDRSTRLEN + 8];
	const void *address;

	if (sa->sa_family == AF_INET)
		address =
		    &((const struct sockaddr_in *)(const void *)sa)->sin_addr;
	else
		address =
		    &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
	if (inet_ntop(sa->sa_family, address, text, sizeof(text)) == NULL)
		return;
	snprintf(word, sizeof(word), "[%s%s]",
	    sa->sa_family == AF_INET6 ? "IPv6:" : "", text);
	words_add(&c->fixed, word);
}

/* Not the loopback's: sendmail does not take [127.0.0.1] for a name either. */
static void
add_own_addresses(struct class *c)
{
	struct ifaddrs *all, *one;

	if (getifaddrs(&all) == -1)
		return;
	for (one = all; one != NULL; one = one->ifa_next)
		if (one->ifa_addr != NULL &&
		    (one->ifa_flags & IFF_LOOPBACK) == 0 &&
		    (one->ifa_addr->sa_family == AF_INET ||
			one->ifa_addr->sa_family == AF_INET6))
			add_address(c, one->ifa_addr);
	freeifaddrs(all);
}

struct class *
class_local(const char *dir, const char *me)
{
	struct class *c = class_open(dir, "local-host-names");

	words_add(&c->fixed, me);
	words_add(&c->fixed, "localhost");
	words_add(&c->fixed, "localhost.localdomain");
	add_own_addresses(c);
	words_sort(&c->fixed);
	return c;
}
