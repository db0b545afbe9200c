/*
 * path - the argument of MAIL and RCPT
 *
 * "FROM:<kim@example.org> SIZE=1000", cut into the address and what follows.
 * Strict where a wrong guess would hurt: an address that comes through here is
 * printable, a local part (atoms, dots, or one quoted string) with or without a
 * domain or address literal, within RFC 5321's lengths.  Beyond ASCII (RFC
 * 6531) it is well-formed UTF-8, and its domain is in the form that the DNS has
 * (RFC 5891), so that no table has to know two.
 */
#ifndef PATH_H
#define PATH_H

#include <stdbool.h>

#define PATH_ADDRESS                                                           \
	322 /* RFC 5321 4.5.3.1: 64 + "@" + 255, a little slack                \
	     */

struct path {
	char address[PATH_ADDRESS]; /* without < > and source route; "" is <> */
	char *parameters;           /* into the argument; "" if none */
	bool beyond_ascii;          /* as it was written */
};

/*
 * word is "FROM:" or "TO:".  NULL and the path, or the reply that refuses it.
 * Changes nothing in the argument.
 */
const char *path_parse(struct path *, char *argument, const char *word);

/*
 * The next parameter of *rest: its keyword, and its value or NULL.  1; 0 at the
 * end; -1 if it is malformed.  Writes NULs into *rest.
 */
int path_parameter(char **rest, char **keyword, char **value);

#endif
