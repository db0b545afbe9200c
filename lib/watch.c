#include <sys/inotify.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <err.h>

#include "exits.h"
#include "watch.h"

#define WATCH_MASK                                                             \
	(IN_ATTRIB | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MODIFY |      \
	    IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF)

struct watch {
	char *dir;
	int fd;      /* -1: there is no inotify */
	int wd;      /* -1: the folder is not watched */
	time_t when; /* the second in which it was said yes by the clock */
};

struct watch *
watch_open(const char *dir)
{
	struct watch *w = malloc(sizeof(*w));

	if (w == NULL || (w->dir = strdup(dir)) == NULL)
		err(EXIT_TEMP, "watch");
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	w->wd = -1;
	w->when = 0;
	return w;
}

void
watch_close(struct watch *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		close(w->fd);
	free(w->dir);
	free(w);
}

/* Take what the kernel has told.  false: nothing. */
static bool
take(struct watch *w)
{
	char events[4096];
	bool any = false;

	while (read(w->fd, events, sizeof(events)) > 0)
		any = true;
	return any || (errno != EAGAIN && errno != EWOULDBLOCK);
}

/* The folder that has the name by now: mostly the same. */
static void
renew(struct watch *w)
{
	int wd = inotify_add_watch(w->fd, w->dir, WATCH_MASK | IN_ONLYDIR);

	if (w->wd != -1 && wd != w->wd)
		(void)inotify_rm_watch(w->fd, w->wd);
	w->wd = wd;
}

bool
watch_changed(struct watch *w)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if (w->fd == -1)
		return true;
	if (w->when != now.tv_sec + 1) {
		w->when = now.tv_sec + 1;
		renew(w);
		(void)take(w);
		return true;
	}
	return take(w) || w->wd == -1;
}
