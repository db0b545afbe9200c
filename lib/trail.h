/*
 * trail - may anybody else bend the way to a file?
 */
#ifndef TRAIL_H
#define TRAIL_H

#include <sys/types.h>

/*
 * NULL, if every folder and every link on the way belongs to root or to owner,
 * and no other may write there (or only add, as in /tmp: what is on the way in
 * there is owner's or root's again).  Else the reason, as sendmail words it.
 * path is absolute; the file at its end is not judged.
 */
const char *trail_doubt(const char *path, uid_t owner);

#endif
