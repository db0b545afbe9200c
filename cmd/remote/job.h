/*
 * job - one question of qmgr's: a message for recipients at one host
 */
#ifndef JOB_H
#define JOB_H

#include <event2/buffer.h>

#include "content.h"
#include "engine.h"
#include "record.h"
#include "resolve.h"

#define JOB_RECORD  131072  /* 100 recipients of any length */
#define JOB_CONTENT 1048576 /* more comes as a descriptor */

struct job {
	struct record question;
	const char *id;
	/* The host whose turn it is: without the port, the port, and the rest.
	 */
	char host[RESOLVE_NAME + 8];
	unsigned port;
	bool given_port;
	uint64_t connections; /* if there are that many, wait for one; or 0 */
	const char *hosts;    /* to be tried if this one cannot be talked to */
	struct envelope envelope;
	struct content content;
};

/*
 * Take a question apart; it is copied.  NULL, or what is wrong with it.  The
 * content is the caller's to set (see job_content).
 */
const char *job_parse(struct job *, const struct record *question);
/* The content from a buffer (drained), or from fd, which is taken. */
const char *job_content(struct job *, struct evbuffer *, int fd);
void job_free(struct job *);

/* Go on to the next host.  false if there is none. */
bool job_next_host(struct job *);
/* Is a recipient's outcome still open? */
bool job_is_open(const struct job *);
/* Give every open recipient this one. */
void job_close(struct job *, const struct outcome *);
/* The answer about recipient i. */
void job_answer(const struct job *, size_t i, struct record *answer);
/* A line about each. */
void job_log(const struct job *);

#endif
