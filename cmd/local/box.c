#include "box.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "maildir.h"
#include "mbox.h"

#define LOCK_WAIT 10   /* seconds */
#define MODE      0600 /* of an mbox that is not in the spool */

static void
to_spool(struct house *h, struct letter *const list[], size_t count)
{
	struct fate f;
	size_t i;
	int fd = keeper_open(&h->keeper, &f);

	if (fd == -1) {
		for (i = 0; i < count; i++)
			list[i]->fate = f;
		return;
	}
	mbox_append(fd, h->spool, list, count, time(NULL));
	close(fd);
	keeper_shut(&h->keeper);
}

static void
to_mbox(const char *path, struct letter *const list[], size_t count)
{
	struct mbox m;
	struct fate f;
	size_t i;

	if (mbox_open(&m, path, MODE, LOCK_WAIT, &f) == -1) {
		for (i = 0; i < count; i++)
			list[i]->fate = f;
		return;
	}
	mbox_append(m.fd, path, list, count, time(NULL));
	mbox_close(&m);
}

void
box_fill_path(const char *path, struct letter *const list[], size_t count)
{
	size_t i;

	if (strcmp(path, "/dev/null") == 0)
		for (i = 0; i < count; i++)
			fate_set(&list[i]->fate, FATE_DONE, "2.0.0",
			    "thrown away: /dev/null");
	else if (path[strlen(path) - 1] == '/')
		maildir_deliver(path, list, count);
	else
		to_mbox(path, list, count);
}

void
box_fill(struct house *h, const struct job *j, struct letter *const list[],
    size_t count)
{
	if (j->spool)
		to_spool(h, list, count);
	else
		box_fill_path(j->path, list, count);
}
