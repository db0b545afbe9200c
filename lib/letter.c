#include "letter.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"

#define PIECE 65536
#define LINE  1024 /* longer than any address: RFC 5321 4.5.3.1.3 */

#define DELIVERED "Delivered-To:"

void
letter_init(struct letter *l)
{
	memset(l, 0, sizeof(*l));
	record_init(&l->record, RECORD_QUESTION);
	l->fd = -1;
}

void
letter_free(struct letter *l)
{
	record_free(&l->record);
	free(l->bytes);
	free(l->rule);
	if (l->fd != -1)
		close(l->fd);
	l->bytes = l->rule = NULL;
	l->fd = -1;
}

static int
read_file(const struct letter *l,
    int (*sink)(const char *bytes, size_t len, void *arg), void *arg)
{
	char piece[PIECE];
	uint64_t at = l->skip, end = l->length - l->head + l->skip;
	size_t want;
	ssize_t got;
	int r;

	while (at < end) {
		want = sizeof(piece);
		if (end - at < want)
			want = (size_t)(end - at);
		if ((got = pread(l->fd, piece, want, (off_t)at)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (got == 0) {
			errno = EIO;
			return -1;
		}
		if ((r = sink(piece, (size_t)got, arg)) != 0)
			return r;
		at += (uint64_t)got;
	}
	return 0;
}

int
letter_read(const struct letter *l,
    int (*sink)(const char *bytes, size_t len, void *arg), void *arg)
{
	uint64_t first = l->fd != -1 ? l->head : l->length;
	int r = first > 0 ? sink(l->bytes, (size_t)first, arg) : 0;

	return r == 0 && l->fd != -1 ? read_file(l, sink, arg) : r;
}

/* The header, line by line; a line that is too long has only its beginning. */
struct scan {
	const char *want;
	char line[LINE];
	size_t len;
};

static bool
line_names(const struct scan *s)
{
	const char *value;
	size_t len = s->len;

	if (len <= strlen(DELIVERED) ||
	    strncasecmp(s->line, DELIVERED, strlen(DELIVERED)) != 0)
		return false;
	value = s->line + strlen(DELIVERED);
	len -= strlen(DELIVERED);
	while (len > 0 && (*value == ' ' || *value == '\t')) {
		value++;
		len--;
	}
	while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	return len == strlen(s->want) && strncasecmp(value, s->want, len) == 0;
}

/* 1: found.  2: the header ends. */
static int
scan(const char *bytes, size_t len, void *arg)
{
	struct scan *s = arg;
	size_t i;

	for (i = 0; i < len; i++) {
		if (bytes[i] != '\n') {
			if (s->len < sizeof(s->line))
				s->line[s->len++] = bytes[i];
			continue;
		}
		if (s->len == 0)
			return 2;
		if (line_names(s))
			return 1;
		s->len = 0;
	}
	return 0;
}

int
letter_loops(const struct letter *l)
{
	struct scan s = {.want = record_text(&l->record, "recipient")};
	int r;

	if (*s.want == '\0')
		return 0;
	if ((r = letter_read(l, scan, &s)) == -1)
		return -1;
	return r == 1 || (r == 0 && line_names(&s));
}

static char *
tame(const char *value)
{
	char *copy, *p;

	if ((copy = strdup(value)) == NULL)
		err(EXIT_TEMP, NULL);
	for (p = copy; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = '?';
	return copy;
}

char *
letter_head(const struct letter *l, bool return_path)
{
	char *sender = tame(record_text(&l->record, "sender"));
	char *recipient = tame(record_text(&l->record, "recipient"));
	char *head;
	int len;

	if (return_path)
		len = asprintf(&head, "Return-Path: <%s>\n" DELIVERED " %s\n",
		    sender, recipient);
	else
		len = asprintf(&head, DELIVERED " %s\n", recipient);
	if (len == -1)
		err(EXIT_TEMP, NULL);
	free(sender);
	free(recipient);
	return head;
}

int
letter_to_fd(const char *bytes, size_t len, void *arg)
{
	const int *fd = arg;
	ssize_t n;

	while (len > 0) {
		if ((n = write(*fd, bytes, len)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}
