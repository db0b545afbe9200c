/*
 * letter - one message for one recipient, on its way into a mailbox
 *
 * The content is lines ended by LF, in memory or, for a big one, in a file of
 * its own that is read by offset.
 */
#ifndef LETTER_H
#define LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fate.h"
#include "record.h"

struct letter {
	struct record record; /* the question, as it came */
	char *bytes; /* the content; with an fd what comes first, or NULL */
	int fd;      /* -1: all is in bytes */
	uint64_t length;
	uint64_t head, skip; /* of bytes before fd's, which begin there */
	struct fate fate;    /* what became of it */
	char *rule; /* the entry that decided, "aliases:list", or NULL */
};

void letter_init(struct letter *);
/* Frees the content, closes the descriptor. */
void letter_free(struct letter *);

/*
 * Give the content to sink, piece by piece.  0 at its end; -1 with errno if it
 * cannot be read (EIO: it is shorter than it should be); what sink returned, if
 * that was not 0, which ends it.
 */
int letter_read(const struct letter *,
    int (*sink)(const char *bytes, size_t len, void *arg), void *arg);

/* A sink, among others: writes all to the descriptor, arg is its int. */
int letter_to_fd(const char *bytes, size_t len, void *arg);

/*
 * Does the header say Delivered-To: this recipient already?  1 yes, so the
 * letter goes round in circles; 0 no; -1 with errno.
 */
int letter_loops(const struct letter *);

/*
 * "Return-Path: <sender>" (if return_path) and "Delivered-To: recipient", as
 * lines.  Malloced and ended by NUL; bytes that could break a line are '?'.
 */
char *letter_head(const struct letter *, bool return_path);

#endif
