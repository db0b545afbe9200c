/*
 * options - sendmail's command line
 *
 * Every option that programs pass to a sendmail is known here; those that mean
 * nothing to us are taken and ignored, those that would mislead are refused.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "dsn.h"

enum mode {
	MODE_DELIVER = 'm', /* -bm: a message on standard input */
	MODE_SMTP = 's',    /* -bs: SMTP there */
	MODE_LIST = 'p',    /* -bp, mailq */
	MODE_VERIFY = 'v',  /* -bv */
	MODE_ALIASES = 'i', /* -bi, newaliases */
	MODE_FLUSH = 'q',   /* -q, -qI, -qR, -qS */
	MODE_SERVICE = 'd'  /* -bd and -q30m: what a service does here */
};

struct options {
	enum mode mode;
	bool headers;              /* -t: recipients are in the header */
	bool dots;                 /* a line with a lone dot ends the message */
	bool verbose;              /* -v */
	bool quiet;                /* -oeq: say nothing, exit with the status */
	bool every;                /* -q30m: an interval */
	bool eightbit;             /* -B 8BITMIME */
	const char *sender;        /* -f, or NULL */
	char sender_option;        /* 'f' or 'r': which it was */
	const char *name;          /* -F, or NULL */
	unsigned hops;             /* -h */
	const char *notify;        /* -N: RFC 3461's NOTIFY, or NULL */
	const char *ret;           /* -R: its RET */
	char envid[DSN_ENVID + 1]; /* -V: its ENVID, in xtext, or "" */
	char flush;                /* 'I', 'R' or 'S' and */
	const char *which;         /* what to flush, or NULL for all */
	int first;                 /* argv's first operand */
	char why[128];             /* after -1: what is wrong */
};

/*
 * Parse.  program is argv[0]'s last part; mailq and newaliases set the mode.
 * 0, or -1 and why.  Unknown settings of -o and -O are told to warn().
 */
int options_parse(
    struct options *, int argc, char *argv[], void (*warn)(const char *what));

#endif
