/*
 * log - one line an event, on standard error
 *
 *	delivered id=0000001a-00003 recipient=kjy@kjy.co.ki status=2.0.0
 *
 * A line is an event's name, then name=value fields.  A value with blanks or
 * quotes is put in double quotes; control bytes, bytes over 126, the quote and
 * the backslash are written \xHH, so nothing that a stranger sent can start a
 * line or a field of its own.  The supervisor adds the time.
 */
#ifndef LOG_H
#define LOG_H

/*
 * Name and value by turns, ended by NULL.  A field whose value is NULL or ""
 * is left out.  One write(2), unless lines are held; errors of that are
 * ignored, for there is nobody to tell.
 */
void log_event(const char *event, ...) __attribute__((sentinel));

/*
 * From now on lines are held until log_flush, which exit(3) calls too, or until
 * they fill PIPE_BUF.  soon is called when the first is held; see log_turn.h.
 * A process that is forked off holds nothing.
 */
void log_hold(void (*soon)(void));
void log_flush(void);

/* The number in decimal, in one of a few static buffers that take turns. */
const char *log_number(long long);

#endif
