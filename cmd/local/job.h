/*
 * job - a letter, and where it goes
 */
#ifndef JOB_H
#define JOB_H

#include <stdbool.h>

#include "letter.h"
#include "paths.h"

struct job {
	struct letter *letter;
	const char *alias; /* it is for what that alias names, or NULL */
	bool own;          /* for the account itself */
	bool direct;       /* its .forward does not count */
	bool spool;        /* path is the account's spool file */
	bool ready;        /* its fate is set */
	char path[PATH_SIZE];
};

#endif
