/*
 * exits - the two ways our programs fail
 *
 * EXIT_PERM: this will never work (bad usage, a malformed question, a
 * configuration that makes no sense).  EXIT_TEMP: the world is wrong now,
 * later may be better.  Whatever is unexpected is EXIT_TEMP.
 */
#ifndef EXITS_H
#define EXITS_H

#define EXIT_PERM 100
#define EXIT_TEMP 111

#endif
