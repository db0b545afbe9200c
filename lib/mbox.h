/*
 * mbox - a mailbox that is one file, with From_ lines (mbox(5), mboxrd)
 *
 * Locked by a dot lock, where one may be made, and by fcntl(2), both without
 * waiting, so that no order of theirs can meet another's in a deadlock.  The
 * file must be regular, with one name, no symbolic link, and its owner's: we
 * are that owner.
 */
#ifndef MBOX_H
#define MBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "dotlock.h"
#include "fate.h"
#include "letter.h"
#include "paths.h"

struct mbox {
	int fd;
	struct dotlock dot;
	char path[PATH_SIZE];
};

/*
 * Open and lock, trying for wait seconds; a file that is missing is made with
 * that mode, its folder synced.  0; -1 and a fate that names the file.
 */
int mbox_open(
    struct mbox *, const char *path, mode_t mode, unsigned wait, struct fate *);
/* Is it open, and still the file of its name? */
bool mbox_stands(const struct mbox *);
/* Unlock and close. */
void mbox_close(struct mbox *);

/*
 * Append the letters to a locked mailbox and sync once.  If that cannot be, the
 * file is cut back to what it was; then each is tried alone, so that one that
 * cannot be written or read is deferred alone, but after an error of the disk
 * itself all are deferred.  A mailbox that does not end in an empty line (a
 * writer died) is continued on a line of its own.
 */
void mbox_append(int fd, const char *path, struct letter *const list[],
    size_t count, time_t now);

/* --- the format, pure ------------------------------------------------------
 */

/* "From sender date\n": blanks in the sender become '-', none MAILER-DAEMON. */
#define MBOX_FROM 1200
size_t mbox_from(char out[MBOX_FROM], const char *sender, time_t);

/*
 * Quote piece by piece: a line that is "From " after any number of '>' gets one
 * more.  Start with all zero.
 */
struct mbox_quote {
	unsigned matched; /* of "From ", held back */
	bool inside;      /* of a line that needs nothing */
	bool any;         /* content at all */
	char last;        /* byte of it */
};
/* out has room for 2 * len + 8.  The bytes written. */
size_t mbox_quote(struct mbox_quote *, const char *in, size_t len, char *out);
/* What was held back; the last line is ended.  out has room for 8. */
size_t mbox_quote_end(struct mbox_quote *, char *out);

#endif
