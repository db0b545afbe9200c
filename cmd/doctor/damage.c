/*
 * What inject and qmgr set aside, for somebody to look at it.
 */
#include <dirent.h>
#include <string.h>

#include "doctor.h"
#include "segment.h"

static void
look(struct doctor *d, const char *name)
{
	char folder[PATH_SIZE];
	struct dirent *e;
	DIR *dir;

	path_join(folder, d->paths.queue, name);
	if ((dir = opendir(folder)) == NULL)
		return; /* check_modes tells */
	while ((e = readdir(dir)) != NULL)
		if (strstr(e->d_name, SEGMENT_ASIDE) != NULL)
			doctor_warning(d,
			    "%s/%s: damaged, kept; see queue(5), then remove "
			    "it",
			    folder, e->d_name);
	closedir(dir);
}

void
check_damage(struct doctor *d)
{
	look(d, "mess");
	look(d, "state");
}
