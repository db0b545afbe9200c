/*
 * date - points in time as mail writes them, in local time
 *
 * The names of days and months are English whatever the locale.  A program
 * that will chroot calls tzset(3) before, or its local time is UTC.
 */
#ifndef DATE_H
#define DATE_H

#include <stddef.h>
#include <time.h>

#define DATE_SIZE 64 /* enough for every time_t */

/* RFC 5322 3.3: "Tue, 24 Nov 2026 08:30:00 +0000" */
void date_rfc5322(char *out, size_t, time_t);

/* A mailbox's From_ line, as asctime(3) but no LF: "Tue Nov 24 08:30:00 2026"
 */
void date_mbox(char *out, size_t, time_t);

#endif
