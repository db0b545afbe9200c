/*
 * ask - put questions to a neighbour over a few connections that are kept
 *
 * One connection carries one question at a time (the peers speak in turns),
 * unless the neighbour knows tags.  A pool opens more while all are busy, up to
 * its limit; more questions wait their turn.  A neighbour that is away or dies
 * is no error of ours: the question is answered by NULL with the reason, and
 * the next one connects anew. One that does not listen is given three seconds,
 * so that its restart is no more than a pause.
 */
#ifndef ASK_H
#define ASK_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <sys/socket.h>

#include "record.h"

struct ask_pool;
struct ask;

/*
 * An answer arrived: answer, its content, and a descriptor (-1, or the
 * callee's).  The owner calls ask_end when it has had all it waits for; until
 * then the next record is the next part of the same answer.  answer NULL: there
 * will be none, why says the reason, and the ask is ended already.
 */
typedef void ask_answer(struct ask *, const struct record *answer,
    struct evbuffer *content, int fd, const char *why, void *arg);

/*
 * path: the neighbour's socket; max: connections at most; seconds: the longest
 * wait for an answer (0: no limit), from the moment the question was begun and
 * again from each record sent or received.
 */
struct ask_pool *ask_pool_new(
    struct event_base *, const char *path, unsigned max, unsigned seconds);
/* The same, at an internet address. */
struct ask_pool *ask_pool_new_at(struct event_base *, const struct sockaddr *,
    socklen_t, unsigned max, unsigned seconds);
/*
 * The neighbour gives a question's tag= back with its answer: up to width
 * questions, of one record each, go over a line at once, and the answers come
 * in any order.  To be said before the first question.
 */
void ask_pool_share(struct ask_pool *, unsigned width);
void ask_pool_free(struct ask_pool *);

/* Begin a question.  The answer never comes before this returns. */
struct ask *ask_begin(struct ask_pool *, ask_answer *, void *arg);
/*
 * Send one record of it; a question may be many records.  content is moved;
 * fd is duplicated, -1 for none.
 */
void ask_send(
    struct ask *, const struct record *, struct evbuffer *content, int fd);
/* Bytes that still wait to be written. */
size_t ask_backlog(const struct ask *);
/* All answers are in: the connection serves the next question. */
void ask_end(struct ask *);
/*
 * Give up: the connection is closed, so the neighbour sees half a question.  A
 * shared one stays, and the answer is not heard.
 */
void ask_cancel(struct ask *);

#endif
