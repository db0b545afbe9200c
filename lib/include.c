#include "include.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exits.h"
#include "trail.h"

#define FILES   1000
#define ADDRESS 1000 /* as long as inject takes one */

struct walk {
	const struct include_rules *rules;
	struct included *out;
	size_t bytes, files, room;
	void *seen; /* tsearch: paths of files we had */
	bool full;
	unsigned depth;
	const char *chain[INCLUDE_DEPTH]; /* files that led here */
};

/* A file while it is read. */
struct source {
	const char *path; /* or the top's name */
	bool strange;     /* of somebody else */
	unsigned line;
};

__attribute__((format(printf, 4, 5))) static void
fault(struct walk *w, enum fate_class class, const char *status,
    const char *format, ...)
{
	char text[FATE_TEXT];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (w->out->nfaults < INCLUDE_FAULTS)
		fate_set(&w->out->faults[w->out->nfaults++], class, status,
		    "%s", text);
}

/* --- items -----------------------------------------------------------------
 */

static void
put(struct walk *w, enum alias_kind kind, unsigned line, const char *text)
{
	struct alias_items *items = &w->out->items;

	if (items->count == w->room) {
		w->room = w->room == 0 ? 16 : 2 * w->room;
		items->list =
		    reallocarray(items->list, w->room, sizeof(*items->list));
		if (items->list == NULL)
			err(EXIT_TEMP, NULL);
	}
	items->list[items->count].kind = kind;
	items->list[items->count].line = line;
	if ((items->list[items->count++].text = strdup(text)) == NULL)
		err(EXIT_TEMP, NULL);
}

static void
add(struct walk *w, const struct source *s, const struct alias_item *item)
{
	bool address = item->kind == ALIAS_ADDRESS || item->kind == ALIAS_USER;

	if (w->full)
		return;
	if (w->out->items.count == w->rules->items) {
		w->full = true;
		fault(w, FATE_FAILED, "5.3.5", "%s: names too many places",
		    s->path);
	} else if (address && strlen(item->text) > ADDRESS)
		fault(w, FATE_FAILED, "5.1.3", "%s:%u: address too long",
		    s->path, s->line);
	else if (!address && s->strange)
		fault(w, FATE_FAILED, "5.7.1",
		    "%s:%u: only addresses are taken from a file of another "
		    "user; give the list an alias of its own",
		    s->path, s->line);
	else
		put(w, item->kind, s->line, item->text);
}

/* --- files -----------------------------------------------------------------
 */

static const char *
objection(const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "Regular files only";
	if ((st->st_mode & S_IWGRP) != 0)
		return "Group writable file";
	if ((st->st_mode & S_IWOTH) != 0)
		return "World writable file";
	if (st->st_nlink != 1)
		return "Hard links not allowed";
	return trail_doubt(path, st->st_uid);
}

static bool
may_pass(int error)
{
	return error == EIO || error == ENOMEM || error == ENFILE ||
	       error == EMFILE || error == ESTALE || error == ETIMEDOUT ||
	       error == EINTR || error == EAGAIN;
}

static void
cannot_open(struct walk *w, const char *path, int error, const char *why)
{
	if (may_pass(error))
		fault(
		    w, FATE_DEFERRED, "4.2.4", "Cannot open %s: %s", path, why);
	else
		fault(w, FATE_FAILED, "5.2.4", "Cannot open %s: %s", path, why);
}

/* The file's text, malloced, or NULL and a fault. */
static char *
read_open(struct walk *w, const char *path, int fd, size_t *len)
{
	size_t most = w->rules->bytes - w->bytes, room = 0;
	char *text = NULL;
	ssize_t got = 1;

	for (*len = 0; got > 0 && *len <= most; *len += (size_t)got) {
		if (room - *len < 1024) {
			room = room == 0 ? 8192 : 2 * room;
			/* cppcheck-suppress memleakOnRealloc ; err ends us */
			if ((text = realloc(text, room)) == NULL)
				err(EXIT_TEMP, NULL);
		}
		if ((got = read(fd, text + *len, room - *len)) == -1)
			break;
	}
	if (got >= 0 && *len <= most) {
		w->bytes += *len;
		return text;
	}
	if (got == -1)
		cannot_open(w, path, EIO, strerror(errno));
	else
		fault(w, FATE_FAILED, "5.3.5", "%s: too long", path);
	free(text);
	return NULL;
}

static char *
read_list(struct walk *w, const char *path, bool *strange, size_t *len)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	const char *why;
	char *text = NULL;

	if (fd == -1 || fstat(fd, &st) == -1)
		cannot_open(w, path, errno, strerror(errno));
	else if ((why = objection(path, &st)) != NULL)
		cannot_open(w, path, 0, why);
	else
		text = read_open(w, path, fd, len);
	*strange = text != NULL && st.st_uid != 0 && st.st_uid != geteuid();
	if (fd != -1)
		close(fd);
	return text;
}

/* --- lists -----------------------------------------------------------------
 */

static void include(struct walk *, const char *path);

static void
take(struct walk *w, const struct source *s, const struct alias_items *items)
{
	size_t i;

	for (i = 0; i < items->count && !w->full; i++)
		if (items->list[i].kind == ALIAS_INCLUDE)
			include(w, items->list[i].text);
		else
			add(w, s, &items->list[i]);
}

/* Line by line, so that a wrong one spoils no other. */
static void
parse(struct walk *w, struct source *s, const char *text, size_t len)
{
	const char *end = text + len, *lf;
	struct alias_items items;
	const char *why;
	unsigned line;

	for (; text < end && !w->full; text = lf + 1) {
		if ((lf = memchr(text, '\n', (size_t)(end - text))) == NULL)
			lf = end;
		s->line++;
		if (alias_parse(
			text, (size_t)(lf - text), &items, &line, &why) == -1) {
			fault(w, FATE_FAILED, "5.1.3", "%s:%u: %s", s->path,
			    s->line, why);
			continue;
		}
		take(w, s, &items);
		alias_free(&items);
	}
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* true if we were not there yet; a circle is a fault. */
static bool
first_time(struct walk *w, const char *path)
{
	unsigned i;
	char *key;

	for (i = 0; i < w->depth; i++)
		if (strcmp(w->chain[i], path) == 0) {
			fault(w, FATE_FAILED, "5.4.6", "%s: includes itself",
			    path);
			return false;
		}
	if (tfind(path, &w->seen, by_text) != NULL)
		return false;
	if ((key = strdup(path)) == NULL ||
	    tsearch(key, &w->seen, by_text) == NULL)
		err(EXIT_TEMP, NULL);
	return true;
}

static void
include(struct walk *w, const char *path)
{
	struct source s = {.path = path};
	size_t len;
	char *text;

	if (!first_time(w, path))
		return;
	if (*path != '/') {
		cannot_open(w, path, 0, "a path must be absolute");
		return;
	}
	if (w->depth == INCLUDE_DEPTH || w->files++ == FILES) {
		fault(w, FATE_FAILED, "5.4.6", "%s: included too deep", path);
		return;
	}
	if ((text = read_list(w, path, &s.strange, &len)) == NULL)
		return;
	w->chain[w->depth++] = path;
	parse(w, &s, text, len);
	w->depth--;
	free(text);
}

void
include_all(const struct alias_items *items, const struct include_rules *rules,
    struct included *out)
{
	struct walk w = {.rules = rules, .out = out};
	struct source top = {.path = rules->name};

	memset(&out->items, 0, sizeof(out->items));
	out->nfaults = 0;
	take(&w, &top, items);
	tdestroy(w.seen, free);
}

void
included_free(struct included *in)
{
	alias_free(&in->items);
}
