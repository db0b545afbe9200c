/*
 * hurry - preloaded: ten minutes pass in a second
 *
 * For what happens after half an hour: the clock of the day, as time(2) tells
 * it, goes 600 times as fast from the first look on.
 */
#include <stddef.h>
#include <time.h>

#define FAST 600

time_t
time(time_t *out)
{
	static time_t begun;
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (begun == 0)
		begun = t.tv_sec;
	t.tv_sec = begun + (t.tv_sec - begun) * FAST;
	if (out != NULL)
		*out = t.tv_sec;
	return t.tv_sec;
}
