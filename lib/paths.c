#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits.h"
#include "paths.h"

static const char *const names[] = {"smtpd/access", "smtpd/inject"};

void
path_join(char out[PATH_SIZE], const char *dir, const char *name)
{
	int n = snprintf(out, PATH_SIZE, "%s/%s", dir, name);

	if (n < 0 || n >= PATH_SIZE)
		errx(EXIT_PERM, "%s/%s: name too long", dir, name);
}

static void
path_set(char out[PATH_SIZE], const char *path)
{
	if (strlcpy(out, path, PATH_SIZE) >= PATH_SIZE)
		errx(EXIT_PERM, "%s: name too long", path);
}

void
paths_find(struct paths *p)
{
	const char *root = getenv("POSTERN");

	if (root == NULL || *root == '\0') {
		path_set(p->conf, CONFDIR);
		path_set(p->queue, QUEUEDIR);
		path_set(p->run, RUNDIR);
		path_set(p->mail, MAILDIR);
		return;
	}
	if (*root != '/')
		errx(EXIT_PERM, "POSTERN=%s: not an absolute path", root);
	path_join(p->conf, root, "conf");
	path_join(p->queue, root, "queue");
	path_join(p->run, root, "run");
	path_join(p->mail, root, "mail");
}

void
path_socket(char out[PATH_SIZE], const struct paths *p, const char *name)
{
	char dir[PATH_SIZE];
	size_t i;

	/* What smtpd may ask stands in smtpd's root. */
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(strchr(names[i], '/') + 1, name) == 0)
			name = names[i];
	path_join(dir, p->run, name);
	path_join(out, dir, "socket");
}

void
path_beside(char out[PATH_SIZE], const char *program)
{
	char self[PATH_SIZE], *slash;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(self, '/')) == NULL)
		errx(EXIT_TEMP, "%s: cannot tell where it is", program);
	*slash = '\0';
	path_join(out, self, program);
}
