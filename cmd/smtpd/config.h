/*
 * config - what smtpd is told by its control files
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdint.h>

#include "listen.h"
#include "paths.h"
#include "policy.h"

#define CONFIG_NAME 256 /* RFC 5321 4.5.3.1.2, and the NUL */

struct config {
	char me[CONFIG_NAME];
	uint64_t databytes;   /* 0: no limit */
	unsigned recipients;  /* a message */
	int64_t timeout;      /* seconds between commands */
	int64_t timeout_data; /* seconds between pieces of data */
	unsigned workers;
	unsigned sessions;   /* a worker */
	unsigned per_client; /* sessions of one address, a worker */
	struct listen_list listen;
	struct policy_list policy;
	unsigned timeout_policy; /* seconds that one may take to answer */
	char access[PATH_SIZE];  /* the sockets, as they are called in the */
	char inject[PATH_SIZE];  /* folder that will be our root */
};

/* Exits 100 if a file makes no sense. */
void config_read(struct config *, const struct paths *);

#endif
