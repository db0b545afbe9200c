#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addrlist.h"
#include "draft.h"
#include "exits.h"
#include "header.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const recipient_fields[] = {"To", "Cc", "Bcc"};
static const char *const resent_fields[] = {
    "Resent-To", "Resent-Cc", "Resent-Bcc"};
/* Whose addresses get a domain. */
static const char *const address_fields[] = {"From", "Sender", "Reply-To", "To",
    "Cc", "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc"};
/* RFC 5322 3.6.3; RFC 5321 4.4; and a count that is wrong on arrival. */
static const char *const dropped_fields[] = {
    "Bcc", "Resent-Bcc", "Return-Path", "Content-Length"};

static bool
among(const struct header_field *field, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (header_is(field, names[i]))
			return true;
	return false;
}

static bool
is_from_line(const char *line, size_t len)
{
	return (len >= 5 && memcmp(line, "From ", 5) == 0) ||
	       (len >= 6 && memcmp(line, ">From ", 6) == 0);
}

/* Where the header begins: behind an mbox's From_ line (RFC 4155). */
static size_t
skip_from_line(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	if (!is_from_line(text, len))
		return 0;
	return end == NULL ? len : (size_t)(end - text) + 1;
}

bool
draft_complete(const char *text, size_t len, size_t *at)
{
	struct header_field field;
	size_t next;

	if (*at == 0) {
		if (memchr(text, '\n', len) == NULL)
			return false;
		*at = skip_from_line(text, len);
	}
	/* The last field of what is here may go on. */
	for (next = *at; header_next(text, len, &next, &field); *at = next)
		if (next == len)
			return false;
	return next < len && memchr(text + next, '\n', len - next) != NULL;
}

static bool
has_resent(const char *text, size_t len)
{
	struct header_field field;
	size_t at = skip_from_line(text, len);

	while (header_next(text, len, &at, &field))
		if (among(&field, resent_fields, COUNT(resent_fields)))
			return true;
	return false;
}

int
draft_recipients(const char *text, size_t len, const char *me,
    struct rcpts *rcpts, char why[128])
{
	const char *const *names =
	    has_resent(text, len) ? resent_fields : recipient_fields;
	struct header_field field;
	const char *reason;
	size_t at = skip_from_line(text, len);

	while (header_next(text, len, &at, &field)) {
		if (!among(&field, names, COUNT(recipient_fields)))
			continue;
		if (rcpts_add(rcpts, field.value, field.value_len, me,
			&reason) == -1) {
			snprintf(why, 128, "%.*s: %s", (int)field.name_len,
			    field.text, reason);
			return -1;
		}
	}
	return 0;
}

size_t
draft_hops(const char *text, size_t len)
{
	size_t start = skip_from_line(text, len);

	return header_count(text + start, len - start, "Received");
}

/*
 * Copy a field, putting our name behind addresses without a domain.  One whose
 * list is malformed is copied as it stands from there on.
 */
static void
put_addresses(FILE *out, const struct header_field *field, const char *me)
{
	struct addrlist list;
	struct addrlist_mailbox box;
	size_t done = 0;

	fwrite(field->text, 1, (size_t)(field->value - field->text), out);
	addrlist_start(&list, field->value, field->value_len);
	while (addrlist_next(&list, &box) == 1) {
		if (box.qualified)
			continue;
		fwrite(field->value + done, 1, box.local_end - done, out);
		fprintf(out, "@%s", me);
		done = box.local_end;
	}
	fwrite(field->value + done, 1, field->value_len - done, out);
	fputc('\n', out);
}

static void
put_field(FILE *out, const struct header_field *field, const char *me)
{
	if (among(field, dropped_fields, COUNT(dropped_fields)))
		return;
	if (among(field, address_fields, COUNT(address_fields))) {
		put_addresses(out, field, me);
		return;
	}
	fwrite(field->text, 1, field->len, out);
	if (field->text[field->len - 1] != '\n')
		fputc('\n', out);
}

static void
put_from(FILE *out, const char *prefix, const struct author *author)
{
	char *phrase;

	if (*author->sender == '\0') {
		fprintf(out, "%sFrom: MAILER-DAEMON@%s\n", prefix, author->me);
	} else if (author->name == NULL || *author->name == '\0') {
		fprintf(out, "%sFrom: %s\n", prefix, author->sender);
	} else {
		phrase = draft_phrase(author->name);
		fprintf(
		    out, "%sFrom: %s <%s>\n", prefix, phrase, author->sender);
		free(phrase);
	}
}

/* RFC 5322 3.6: From and Date must be there, Message-ID should. */
static void
put_missing(FILE *out, const char *text, size_t len, const char *prefix,
    const struct author *author)
{
	char name[32];
	const char *const names[] = {"From", "Date", "Message-ID"};
	bool missing[COUNT(names)];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(name, sizeof(name), "%s%s", prefix, names[i]);
		missing[i] = header_count(text, len, name) == 0;
	}
	if (missing[0])
		put_from(out, prefix, author);
	if (missing[1])
		fprintf(out, "%sDate: %s\n", prefix, author->date);
	if (missing[2])
		fprintf(out, "%sMessage-ID: <%s%s>\n", prefix,
		    *prefix == '\0' ? "" : "r.", author->message_id);
}

char *
draft_header(
    const char *text, size_t len, const struct author *author, size_t *out_len)
{
	size_t start = skip_from_line(text, len), at = start;
	struct header_field field;
	FILE *out;
	char *made;

	if ((out = open_memstream(&made, out_len)) == NULL)
		err(EXIT_TEMP, "header");
	if (author->warning != NULL)
		fprintf(out, "X-Authentication-Warning: %s\n", author->warning);
	while (header_next(text, len, &at, &field))
		put_field(out, &field, author->me);
	if (has_resent(text, len))
		put_missing(out, text + start, at - start, "Resent-", author);
	put_missing(out, text + start, at - start, "", author);
	fputc('\n', out);
	if (at < len && text[at] == '\n')
		at++;
	fwrite(text + at, 1, len - at, out);
	if (fclose(out) != 0)
		err(EXIT_TEMP, "header");
	return made;
}
