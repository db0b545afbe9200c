/*
 * policy - the policy servers of the control file "policy"
 *
 * A line names one as Postfix does:
 *
 *	unix:/run/postern/smtpd/policy/spf	unix:policy/spf
 *	inet:127.0.0.1:10023	inet:[::1]:10023	inet:localhost:10023
 *	inet:10023
 *
 * A socket must lie in the folder that is smtpd's root; a relative one begins
 * there.  See policy(5).
 */
#ifndef POLICY_H
#define POLICY_H

#include <sys/socket.h>

#include "paths.h"

#define POLICY_MAX  16
#define POLICY_NAME 128

struct policy {
	char name[POLICY_NAME]; /* as it is written, for the log */
	char path[PATH_SIZE];   /* "": at the address */
	struct sockaddr_storage address;
	socklen_t len;
};

struct policy_list {
	unsigned count;
	struct policy list[POLICY_MAX];
	char root[PATH_SIZE];   /* the folder that is smtpd's root, and what */
	char inside[PATH_SIZE]; /* it is called by who asks: "" or the same */
};

/* Add the server of a line.  NULL, or what is wrong with it.  Pure. */
const char *policy_parse(const char *line, struct policy_list *);

#endif
