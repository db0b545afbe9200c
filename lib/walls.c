#include <err.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "breakin.h"
#include "exits.h"
#include "log.h"
#include "walls.h"

#define TABLES 8              /* that one program has open at once */
#define CODE   WALLS_GB       /* libraries, stacks, what malloc sets aside */
#define TABLE  (4 * WALLS_GB) /* the most that a CDB can be */

static void
limit(int resource, uint64_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) == -1)
		err(EXIT_TEMP, "getrlimit");
	if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
		most = now.rlim_max;
	now.rlim_cur = now.rlim_max = (rlim_t)most;
	if (setrlimit(resource, &now) == -1)
		err(EXIT_TEMP, "setrlimit");
}

/* What a program writes into is its data; a table is mapped besides. */
static void
limit_memory(const struct walls *w)
{
	uint64_t space = w->memory + CODE;

	if (w->memory == 0 || WALLS_SANITIZED || sizeof(void *) < 8)
		return;
	if ((w->may & WALLS_MAPS) != 0)
		space += TABLES * TABLE;
	limit(RLIMIT_DATA, w->memory);
	if ((w->may & WALLS_EXEC) == 0)
		limit(RLIMIT_AS, space);
}

static const char *
stands(int raised, const char *what)
{
	if (raised == 0)
		return NULL;
	if (errno != ENOSYS && errno != EOPNOTSUPP)
		err(EXIT_TEMP, "%s", what);
	return "no";
}

void
walls_raise(const struct walls *w, const struct paths *paths)
{
	const char *files, *calls;

	breakin_arm(w->program, paths);
	if (!WALLS_STAND)
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		err(EXIT_TEMP, "no_new_privs");
	limit(RLIMIT_CORE, 0);
	limit_memory(w);
	if ((w->may & WALLS_EXEC) != 0)
		return;
	files = stands(walls_files(w, paths), "landlock");
	calls = stands(walls_calls(w), "seccomp");
	if (files != NULL || calls != NULL)
		log_event("walls", "program", w->program, "landlock", files,
		    "seccomp", calls, NULL);
}
