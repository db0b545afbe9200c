/*
 * report - tell a sender what became of the recipients (RFC 3464, RFC 6522)
 *
 * Pure: outcomes, time and chance in, the message out.  Three parts: a text for
 * people, fields for programs, and the message itself or its header.  Whatever
 * strangers wrote (addresses, replies, the message) may end no line, field or
 * part: it is escaped, folded, or left out.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "record.h"

#define REPORT_CONTENT 65536 /* bytes of the original at most */

enum report_kind {
	REPORT_FAILED,
	REPORT_WARNING,  /* still being tried */
	REPORT_DELIVERED /* the sender asked (RFC 3461 NOTIFY=SUCCESS) */
};

struct report {
	enum report_kind kind;
	const char *me;
	const char *id;     /* of the message that failed */
	const char *sender; /* who gets the report */
	const char *envid;  /* RFC 3461's, in xtext, or "" */
	bool header_only;   /* of the original */
	time_t arrival;
	time_t now;
	time_t until;                  /* warning: when we give up, 0 unknown */
	uint64_t chance;               /* random, for boundary and Message-ID */
	const struct record *outcomes; /* recipient=, status=, ... each */
	const char *content;           /* the original */
	size_t len;
	bool truncated;
};

/* One recipient's fields; "" where one is absent. */
struct outcome {
	const char *recipient, *original_recipient, *orcpt, *class, *action,
	    *status, *text, *mta, *reply;
};

/* Walk the outcomes of a record: start with *at = 0.  1, or 0 at the end. */
int outcome_next(const struct record *, size_t *at, struct outcome *);

/*
 * Fill a report from a request (request=, id=, sender=, arrival=, expiry=,
 * truncated=, ret=, envid=); me, chance and content are the caller's.  NULL, or
 * why the request makes no sense.
 */
const char *report_read(struct report *, const struct record *, time_t now);

/*
 * The message, header and all, lines ended by LF: malloced, *len bytes.
 * *eightbit says that it holds bytes over 127.
 */
char *report_write(const struct report *, size_t *len, bool *eightbit);

/* A status code in words, a whole sentence (RFC 3463). */
const char *reason_words(const char *status);

#endif
