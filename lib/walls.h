/*
 * walls - what a program cannot do any more, once it is set up
 *
 * A program's main says in one table what it still needs; everything else is
 * walled off, as far as the kernel can: Landlock for folders and ports, a
 * seccomp list of calls that are denied with EPERM (never a list of what is
 * allowed, which the next libc breaks), limits for memory and files.  What the
 * kernel lacks is logged once, "walls program=remote landlock=no", and is no
 * error.  The users and roots are drop's.
 *
 *	static const struct walls walls = {
 *		.program = "inject",
 *		.writes = {"queue/mess"},
 *		.memory = WALLS_GB,
 *	};
 */
#ifndef WALLS_H
#define WALLS_H

#include <stddef.h>
#include <stdint.h>

#include "paths.h"

/*
 * The sanitizers map terabytes, start programs and read /proc: with them there
 * is no limit on memory, no list of calls, and everything may be read.
 */
#if defined(__SANITIZE_ADDRESS__)
#define WALLS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WALLS_SANITIZED 1
#endif
#endif
#ifndef WALLS_SANITIZED
#define WALLS_SANITIZED 0
#endif

#define WALLS_GB      ((uint64_t)1 << 30)
#define WALLS_FOLDERS 6
#define WALLS_PORTS   32

enum {
	WALLS_FORK = 1, /* make processes, that stand behind the same walls */
	WALLS_NET = 2,  /* make sockets of the Internet's families */
	WALLS_UNIX = 4, /* make local ones */
	WALLS_MAPS = 8, /* map tables: up to 4 GiB of address space for each */
	/*
	 * Run other people's programs, which would stand behind the same walls:
	 * there are none then but no_new_privs and a limit on data.
	 */
	WALLS_EXEC = 16,
};

struct walls {
	const char *program;
	unsigned may;
	/*
	 * Folders or files, and what is below: "conf", "queue/...", "run/...",
	 * "mail", or a path from /.  One that is not there is left out.
	 */
	const char *reads[WALLS_FOLDERS], *writes[WALLS_FOLDERS];
	const uint16_t *ports; /* TCP ports it connects to, 0 ends them; or
				  NULL: any, where it may have sockets */
	uint64_t memory;       /* bytes that are its own; 0: no limit */
};

/*
 * Raise them, and no_new_privs, for good, for this process and those that it
 * makes.  Exits 111 if a wall that the kernel has does not stand.
 */
void walls_raise(const struct walls *, const struct paths *);

/*
 * The parts.  -1 with errno: ENOSYS or EOPNOTSUPP if the kernel has none.
 */
int walls_files(const struct walls *, const struct paths *);
int walls_calls(const struct walls *);

#endif
