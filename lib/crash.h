/*
 * crash - places to die at, for the test that tries each (make CRASH=1)
 *
 * CRASH_POINT("place", "what") kills the process, once, if there is a file
 * crash/place-what in the folder of the instance ($POSTERN): the file goes
 * first.  In a normal build it is nothing.
 */
#ifndef CRASH_H
#define CRASH_H

#ifdef CRASH
void crash_point(const char *place, const char *what);
#define CRASH_POINT(place, what) crash_point(place, what)
#else
#define CRASH_POINT(place, what) ((void)0)
#endif

#endif
