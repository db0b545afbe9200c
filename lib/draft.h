/*
 * draft - the header that a program wrote, and the one that is sent
 *
 * Pure: text in, text out; time and names are given.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "rcpts.h"

/* Who sends, and what stands in the fields that we add. */
struct author {
	const char *me;         /* this host */
	const char *sender;     /* envelope sender, qualified; "" for none */
	const char *name;       /* for From:, or NULL */
	const char *warning;    /* X-Authentication-Warning:, or NULL */
	const char *date;       /* RFC 5322 */
	const char *message_id; /* without < > */
};

/*
 * Is the whole header in text?  *at is kept between calls on a growing text:
 * start with 0.
 */
bool draft_complete(const char *text, size_t len, size_t *at);

/*
 * The recipients in To, Cc and Bcc; in their Resent- forms alone where there
 * are any (RFC 5322 3.6.6).  0, or -1 and why, which names the field.
 */
int draft_recipients(const char *text, size_t len, const char *me,
    struct rcpts *, char why[128]);

/* How often has it been received, so far? */
size_t draft_hops(const char *text, size_t len);

/*
 * The message's beginning: the header as it is sent, the empty line, and what
 * follows in text.  Bcc, Return-Path, Content-Length and an mbox's From_ line
 * are dropped; addresses without a domain get ours; what RFC 5322 demands and
 * is missing is added.  Malloced, *out_len bytes.
 */
char *draft_header(
    const char *text, size_t len, const struct author *, size_t *out_len);

/*
 * Write a display name so that a header may hold it (RFC 5322 3.2.5, RFC 2047).
 * Malloced; bytes over 126 are taken for UTF-8.
 */
char *draft_phrase(const char *name);

#endif
