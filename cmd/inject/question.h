/*
 * question - what inject is asked, judged
 *
 * Pure: a question, who asks, and the time, in; the fields of an entry or a
 * refusal, out.  See inject(8) for the question.
 */
#ifndef QUESTION_H
#define QUESTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record.h"
#include "segment.h"

#define ENVELOPE_MAX   4194304 /* bytes of a question: 10,000 long addresses */
#define RECIPIENTS_MAX 10000
#define ADDRESS_MAX    1000

/* Who asks.  As an ordinary user all programs are one user: then all is true.
 */
struct caller {
	uid_t uid;
	bool smtpd, bounce, qmgr;
};

/* An answer that is no id. */
struct verdict {
	const char *class, *status, *text;
};

extern const struct verdict verdict_full, verdict_too_big, verdict_malformed,
    verdict_failed;

/* Where a message came from. */
enum origin {
	FROM_CLIENT, /* by SMTP: smtpd told which client */
	FROM_USER,   /* a program here, named by its uid */
	FROM_QUEUE   /* moved on by qmgr: id and content stay as they are */
};

/*
 * Judge a request=inject.  NULL and the entry's fields, all but id=, with
 * their origin, and the id for FROM_QUEUE; or the refusal.
 */
const struct verdict *question_judge(const struct record *question,
    const struct caller *, int64_t now, struct record *fields,
    enum origin *origin, char id[ID_SIZE]);

/* Content, judged piece by piece.  Begin with {0}. */
struct content {
	uint64_t length;
	char last;
};

const struct verdict *content_judge(
    struct content *, const char *bytes, size_t len, uint64_t most);
/* The same, at its end. */
const struct verdict *content_end(const struct content *);

#endif
