#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"

static const char *const days[] = {
    "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* A year that does not fit in an int counts as 1970. */
static void
split(time_t when, struct tm *tm)
{
	const time_t epoch = 0;

	if (localtime_r(&when, tm) == NULL && gmtime_r(&epoch, tm) == NULL)
		memset(tm, 0, sizeof(*tm));
}

static long
year(const struct tm *tm)
{
	return 1900L + tm->tm_year;
}

void
date_rfc5322(char *out, size_t size, time_t when)
{
	struct tm tm;
	long minutes;

	split(when, &tm);
	minutes = tm.tm_gmtoff / 60;
	snprintf(out, size, "%s, %d %s %04ld %02d:%02d:%02d %c%02ld%02ld",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], year(&tm),
	    tm.tm_hour, tm.tm_min, tm.tm_sec, minutes < 0 ? '-' : '+',
	    labs(minutes) / 60, labs(minutes) % 60);
}

void
date_mbox(char *out, size_t size, time_t when)
{
	struct tm tm;

	split(when, &tm);
	snprintf(out, size, "%s %s %2d %02d:%02d:%02d %04ld", days[tm.tm_wday],
	    months[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    year(&tm));
}
