/*
 * alias - the right side of an alias, a .forward, an :include: file
 *
 * A list, parted by commas and line ends, of
 *
 *	kjy@kjy.co.ki, "kim j"@kjy.co.ki, Kim <kjy@kjy.co.ki>	an address
 *	kjy				a user here, or an alias again
 *	\kjy				the user's mailbox and nothing else
 *	|/usr/bin/vacation kjy		a program; "|prog a, b" if it has commas
 *	/var/mail/archive		a file; a folder if it ends in /
 *	:include:/etc/postern/list	the list in that file
 *
 * Comments in ( ) are dropped, and so is a line that begins with #.  Pure:
 * nothing is opened or looked up here, and whether an item may be followed is
 * for the caller to say.
 */
#ifndef ALIAS_H
#define ALIAS_H

#include <stdbool.h>
#include <stddef.h>

#define ALIAS_ITEMS 10000 /* in one list */
#define ALIAS_LINE  65536 /* bytes in one entry of an aliases file */

enum alias_kind {
	ALIAS_ADDRESS, /* text is local@domain, or a local part alone */
	ALIAS_USER,    /* text is the user, without the backslash */
	ALIAS_PROGRAM, /* text is the command, without | and outer quotes */
	ALIAS_FILE,    /* text is the absolute path */
	ALIAS_INCLUDE  /* text is the path */
};

struct alias_item {
	enum alias_kind kind;
	unsigned line; /* of the text that it stands in, from 1 */
	char *text;
};

struct alias_items {
	size_t count;
	struct alias_item *list;
};

/*
 * Parse a list.  0 (an empty list too); -1 if it is malformed: then *line (from
 * 1) and *reason, a constant, tell where and why, and items is empty.
 */
int alias_parse(const char *text, size_t len, struct alias_items *items,
    unsigned *line, const char **reason);
void alias_free(struct alias_items *);

/* Does the list hold only addresses (and users), nothing to run or open? */
bool alias_is_plain(const struct alias_items *);

/* One entry of an aliases file: "name: list", continued on indented lines. */
struct alias_entry {
	char name[256];     /* as written, quotes and backslashes removed */
	char *value;        /* one line; malloced, NULL if reason is set */
	unsigned line;      /* where it begins, from 1 */
	const char *reason; /* why the line is wrong, or NULL */
};

/*
 * Walk an aliases file: start with *at = 0 and *line = 0.  1: an entry, or a
 * wrong line (reason); free value.  0: the end.
 */
int alias_next(const char *text, size_t len, size_t *at, unsigned *line,
    struct alias_entry *);

#endif
