/*
 * intake - bytes and descriptors in, letters out
 *
 * Pure: whoever reads them from a socket or a file puts them in here.  A
 * descriptor belongs to the next letter that says length= instead of size=.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include <stddef.h>

#include "letter.h"

#define INTAKE_FILES 128

struct intake {
	char *bytes;
	size_t start, len, size; /* used from, used to, allocated */
	size_t most;             /* bytes a letter may have in here */
	int files[INTAKE_FILES];
	size_t nfiles;
	const char *why; /* after -1: what is wrong */
};

void intake_init(struct intake *, size_t most);
/* Closes the descriptors nobody took. */
void intake_free(struct intake *);

/* Where the next bytes go, and how many at most; then tell how many came. */
char *intake_room(struct intake *, size_t *room);
void intake_took(struct intake *, size_t len);
/* A descriptor; it is the intake's. */
void intake_file(struct intake *, int fd);

/* Part of a letter is here. */
bool intake_is_open(const struct intake *);

/* 1: a letter (letter_init was called; free it).  0: not yet.  -1: nonsense. */
int intake_next(struct intake *, struct letter *);

#endif
