/*
 * breakin - what somebody would try who has taken a program over
 *
 * For tests: make BREAKIN=1.  At USR2 a process tries everything of a list and
 * logs each, "breakin program=remote pid=7 try=exec result=EPERM".  With
 * BREAKIN=control no wall is raised, so that it can be seen what they are good
 * for.  In other builds there is nothing of it.
 */
#ifndef BREAKIN_H
#define BREAKIN_H

#include "paths.h"

#ifdef BREAKIN
/* paths NULL: those of the last call. */
void breakin_arm(const char *program, const struct paths *);
#else
#define breakin_arm(program, paths) ((void)(program), (void)(paths))
#endif

#ifdef WALLS_DOWN
#define WALLS_STAND 0
#else
#define WALLS_STAND 1
#endif

#endif
