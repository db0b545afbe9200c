/*
 * face - the other question that route answers: how an address is shown
 */
#ifndef FACE_H
#define FACE_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "rewrite.h"

struct face {
	bool asked; /* one of face_options was given */
	struct tables *tables;
	struct rewriter *rewriter;
	enum rewrite_kind kind;
	bool local;
	bool records;
};

extern const struct option face_options[];
/* Is it one of them? */
bool face_option(struct face *, int option);

void face_open(struct face *, const char *confdir, FILE *trace);
void face_close(struct face *);

/* Print it.  The exit status that follows. */
int face_ask(struct face *, const char *address);

#endif
