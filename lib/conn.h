/*
 * conn - one connection that speaks records, on the event loop
 *
 * Whole records go in and come out; content travels with its record.  Output is
 * queued without limit here: the owner looks at conn_backlog and stops reading
 * from its own source (conn_pause) when it is high.
 */
#ifndef CONN_H
#define CONN_H

#include <event2/buffer.h>
#include <event2/event.h>
#include <stdbool.h>

#include "record.h"

struct conn;

struct conn_calls {
	/*
	 * A record and its content have arrived.  The content is drained when
	 * this returns, so move what is to be kept.  fd is a descriptor that
	 * came with the record, now the callee's, or -1.  It may call
	 * conn_close.
	 */
	void (*record)(struct conn *, const struct record *,
	    struct evbuffer *content, int fd, void *arg);
	/*
	 * The peer closed (why is NULL), failed, or broke the protocol (why
	 * says how).  The conn is freed when this returns.
	 */
	void (*gone)(struct conn *, const char *why, void *arg);
	/* The output has all been written.  May be NULL. */
	void (*drained)(struct conn *, void *arg);
};

/* Takes the descriptor.  NULL with errno. */
struct conn *conn_new(struct event_base *, int fd, size_t record_max,
    size_t content_max, const struct conn_calls *, void *arg);
void conn_close(struct conn *);
int conn_fd(const struct conn *);

/*
 * Send a record; content (moved, may be NULL) needs its size= already there.
 * fd, if not -1, is duplicated and travels with the record's first byte.
 */
void conn_send(
    struct conn *, const struct record *, struct evbuffer *content, int fd);
/* Bytes that are records and content already; they are moved. */
void conn_send_raw(struct conn *, struct evbuffer *bytes, int fd);
size_t conn_backlog(const struct conn *);
/* How often was it read?  Records of one read were all sent before it. */
uint64_t conn_reads(const struct conn *);
void conn_pause(struct conn *);
void conn_resume(struct conn *);
/* Close when the output is written, reading nothing more. */
void conn_finish(struct conn *);

/*
 * Listen at a path and give each permitted peer to accepted(); a peer that is
 * not permitted is logged ("refused") and closed at once.  peers NULL: anyone.
 * Exits 111 if it cannot listen.
 */
struct peers;
struct conn_listener;
struct conn_listener *conn_listen(struct event_base *, const char *path,
    const struct peers *, void (*accepted)(int fd, void *arg), void *arg);
/* The same on a descriptor that listens already (and will be closed). */
struct conn_listener *conn_listen_fd(struct event_base *, int fd,
    const struct peers *, void (*accepted)(int fd, void *arg), void *arg);
void conn_listener_free(struct conn_listener *);

#endif
