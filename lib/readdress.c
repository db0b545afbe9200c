#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addrlist.h"
#include "exits.h"
#include "header.h"
#include "readdress.h"

#define LINE_MOST 998 /* RFC 5322 2.1.1, without CRLF */

/* Fields that sendmail takes for senders', and for recipients'. */
static const char *const senders[] = {"From", "Sender", "Reply-To", "Errors-To",
    "Return-Receipt-To", "Disposition-Notification-To", "Resent-From",
    "Resent-Sender", "Resent-Reply-To", NULL};
static const char *const recipients[] = {"To", "Cc", "Bcc", "Apparently-To",
    "Resent-To", "Resent-Cc", "Resent-Bcc", NULL};

struct work {
	readdress_change *change;
	void *arg;
	unsigned asked;   /* addresses */
	unsigned changed; /* fields */
};

static bool
among(const struct header_field *field, const char *const *names)
{
	for (; *names != NULL; names++)
		if (header_is(field, *names))
			return true;
	return false;
}

/* 1 and what stands in its place, 0 it stays, -1. */
static int
ask(struct work *w, bool sender, const char *address, char out[ADDR_SIZE])
{
	struct addr parts;
	int got;

	if (w->asked == READDRESS_MOST)
		return 0;
	w->asked++;
	got = w->change(sender, address, out, w->arg);
	return got == 1 && addr_parse(out, &parts) != NULL ? 0 : got;
}

/*
 * The field's value with other addresses.  1: it is another; 0: nothing
 * changes, or the list is malformed; -1.
 */
static int
put_list(FILE *out, struct work *w, bool sender, const struct header_field *f)
{
	struct addrlist list;
	struct addrlist_mailbox box;
	char address[ADDR_SIZE];
	size_t done = 0;
	int got, changed = 0;

	addrlist_start(&list, f->value, f->value_len);
	while ((got = addrlist_next(&list, &box)) == 1) {
		if ((got = ask(w, sender, box.address, address)) == -1)
			return -1;
		if (got == 0)
			continue;
		fwrite(f->value + done, 1, box.start - done, out);
		fputs(address, out);
		done = box.end;
		changed = 1;
	}
	fwrite(f->value + done, 1, f->value_len - done, out);
	return got == -1 ? 0 : changed;
}

static bool
lines_fit(const char *text, size_t len)
{
	const char *end;
	size_t line;

	for (; len > 0; text += line, len -= line) {
		end = memchr(text, '\n', len);
		line = end == NULL ? len : (size_t)(end - text) + 1;
		if (line - (end != NULL) > LINE_MOST)
			return false;
	}
	return true;
}

/* The whole field; as it was, if it cannot be another. */
static int
put_field(FILE *out, struct work *w, bool sender, const struct header_field *f)
{
	size_t head = (size_t)(f->value - f->text), len;
	size_t tail = f->len - head - f->value_len;
	char *text;
	FILE *field = open_memstream(&text, &len);
	int got;

	if (field == NULL)
		err(EXIT_TEMP, "header");
	fwrite(f->text, 1, head, field);
	got = put_list(field, w, sender, f);
	fwrite(f->value + f->value_len, 1, tail, field);
	if (fclose(field) != 0)
		err(EXIT_TEMP, "header");
	if (got == 1 && lines_fit(text, len)) {
		fwrite(text, 1, len, out);
		w->changed++;
	} else {
		fwrite(f->text, 1, f->len, out);
	}
	free(text);
	return got == -1 ? -1 : 0;
}

int
readdress(const char *text, size_t len, readdress_change *change, void *arg,
    char **out, size_t *out_len, size_t *took)
{
	struct work w = {.change = change, .arg = arg};
	struct header_field f;
	FILE *made = open_memstream(out, out_len);
	bool sender;
	int got = 0;

	if (made == NULL)
		err(EXIT_TEMP, "header");
	*took = 0;
	while (got == 0 && header_next(text, len, took, &f)) {
		sender = among(&f, senders);
		if (sender || among(&f, recipients))
			got = put_field(made, &w, sender, &f);
		else
			fwrite(f.text, 1, f.len, made);
	}
	if (fclose(made) != 0)
		err(EXIT_TEMP, "header");
	if (got == 0 && w.changed > 0)
		return 1;
	free(*out);
	*out = NULL;
	return got;
}
