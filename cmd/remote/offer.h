/*
 * offer - a line of the reply to EHLO; pure
 */
#ifndef OFFER_H
#define OFFER_H

#include <stdint.h>

enum offer_kind {
	OFFER_UNKNOWN,
	OFFER_PIPELINING,
	OFFER_8BITMIME,
	OFFER_SMTPUTF8,
	OFFER_DSN,
	OFFER_SIZE
};

struct offer {
	enum offer_kind kind;
	uint64_t size; /* OFFER_SIZE: the limit, 0 if none is told */
};

void offer_parse(const char *words, struct offer *);

#endif
