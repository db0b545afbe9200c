/*
 * job - what takes long on the disk, done by whoever can wait
 *
 * A job is a record; names are paths in queue/mess:
 *
 *	do=make name= bytes=	a spare segment, zero-filled and synced
 *	do=recycle name= to=	a segment becomes a spare, its head wiped
 *	do=keep name= to=	a damaged segment is called that, and stays so
 *	do=sync name=		a file's data are on disk
 *	do=publish name= to=	a big content is on disk under its name
 *	do=remove name=		a file is gone, and stays so
 */
#ifndef JOB_H
#define JOB_H

#include "record.h"

/* Do it, in the folder of that descriptor: 0 or errno. */
int job_run(int dir, const struct record *job);

/* Is it only that there is no room? */
int job_is_full(int error);

#endif
