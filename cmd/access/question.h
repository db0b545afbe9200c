/*
 * question - what access is asked, taken from a record
 */
#ifndef QUESTION_H
#define QUESTION_H

#include <netinet/in.h>
#include <stdbool.h>

#include "record.h"

enum stage {
	STAGE_CONNECT,
	STAGE_MAIL,
	STAGE_RCPT,
	STAGE_DISCONNECT, /* smtpd tells that a client has gone */
	STAGE_OTHER       /* one of Postfix's that we have no opinion on */
};

enum client_resolve { CLIENT_OK, CLIENT_FAIL, CLIENT_FORGED, CLIENT_TEMP };

#define CLIENT_SIZE 256

struct question {
	enum stage stage;
	int family;              /* AF_INET, AF_INET6; 0: address not told */
	struct in6_addr address; /* or its first 4 bytes */
	char key[64];            /* as sendmail's tables spell the address */
	char plain[64];          /* as inet_ntop does */
	char name[CLIENT_SIZE];  /* verified, lower case; or "[key]" */
	bool verified;
	bool loopback; /* 127.0.0.1 or ::1, and no other */
	enum client_resolve resolve;
	bool discard;         /* it will be thrown away, whatever we say */
	unsigned client_rate; /* connections of late, 0: not told */
	unsigned client_connections; /* and now open */
	const char *sender;          /* in the record; "" is <> */
	const char *recipient;       /* in the record */
};

/* NULL, or why the record is no question. */
const char *question_read(const struct record *, struct question *);

#endif
