/*
 * message - one message on its way in
 *
 * Gathered in memory, or in a file of its own as soon as it is too long for a
 * segment.  What is wrong with it is kept in refused until its end, for the
 * answer comes after the last byte; content that comes after that is dropped.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <event2/buffer.h>

#include "big.h"
#include "question.h"
#include "store.h"

struct settings {
	char me[256];
	uint64_t databytes; /* 0: no limit */
	off_t segment_size;
};

struct message {
	enum origin origin;
	uid_t uid;
	struct record fields; /* of its entry, all but id= */
	char id[ID_SIZE];
	struct content content;
	struct evbuffer *text;
	struct big big; /* fd -1: it is all in text */
	uint64_t length;
	const struct verdict *refused; /* NULL: fine so far */
};

/* From a question; now in microseconds. */
struct message *message_new(
    const struct record *question, const struct caller *, int64_t now);
/* kept: its entry is on disk. */
void message_free(struct message *, bool kept);

/*
 * Take content.  What is longer than most is not kept in memory; the store
 * gives such a message its id.
 */
void message_take(struct message *, struct evbuffer *, size_t most,
    struct store *, const struct settings *);
/* It cannot be accepted, for this reason. */
void message_refuse(struct message *, const struct verdict *);
/* There is no more. */
void message_end(struct message *, const struct settings *);

/* Room that its entry needs. */
size_t message_need(const struct message *);
/* Add its entry to the store, which must have room. */
void message_place(struct message *, struct store *, const struct settings *);
/* The log line of an accepted message. */
void message_log(const struct message *);

#endif
