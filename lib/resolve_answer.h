/*
 * resolve_answer - what a DNS packet answers, bounded and checked; no I/O
 */
#ifndef RESOLVE_ANSWER_H
#define RESOLVE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolve.h"

#define ANSWER_MAX 100 /* records that count; the rest is left out */

#define DNS_A    1
#define DNS_PTR  12
#define DNS_MX   15
#define DNS_AAAA 28

enum answer_class {
	ANSWER_FOUND,    /* one record or more */
	ANSWER_NODATA,   /* the name is there, the type is not */
	ANSWER_NXDOMAIN, /* no such name */
	ANSWER_TEMP      /* servers failed, or what came makes no sense */
};

struct answer_record {
	uint16_t preference;      /* MX */
	bool root;                /* MX or PTR to "." */
	char name[RESOLVE_NAME];  /* MX, PTR: lower case, "" if no host name */
	char unfit[RESOLVE_NAME]; /* what it is then, odd bytes as "?" */
	uint8_t address[16];      /* A, AAAA */
};

struct answer {
	enum answer_class class;
	size_t count;
	struct answer_record records[];
};

/*
 * The records of that type in the packet's answer section; who made the packet
 * has seen to it that they belong to the question.  Malloced.
 */
struct answer *answer_parse(int type, const uint8_t *packet, size_t len);
struct answer *answer_empty(enum answer_class);

/*
 * The name at *at, as text: *at is moved behind it.  0; -1 if it is malformed.
 * A well-formed one that is no host name gives "".
 */
int answer_name(const uint8_t *packet, size_t len, size_t *at,
    char out[RESOLVE_NAME], bool *root);

#endif
