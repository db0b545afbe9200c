/*
 * What this host is called, and the domains that it takes mail for.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

static unsigned
count_words(FILE *file)
{
	char *line = NULL, *word;
	unsigned n = 0;
	size_t room = 0;

	while (getline(&line, &room, file) != -1) {
		word = line + strspn(line, " \t\r\n");
		word[strcspn(word, " \t\r\n")] = '\0';
		if (*line == '#' || *word == '\0')
			continue;
		n++;
	}
	free(line);
	return n;
}

void
check_names(struct doctor *d)
{
	char path[PATH_SIZE];
	unsigned words = 0;
	FILE *file;

	if (strchr(d->me, '.') == NULL)
		doctor_warning(d,
		    "%s/me: this host is called \"%s\", which is no full name;"
		    " write one into it",
		    d->paths.conf, d->me);
	path_join(path, d->paths.conf, "local-host-names");
	if ((file = fopen(path, "re")) != NULL) {
		words = count_words(file);
		fclose(file);
	} else if (errno != ENOENT) {
		doctor_error(d, "%s: %s", path, strerror(errno));
		return;
	}
	if (words == 0)
		doctor_warning(d,
		    "%s: names no domain; only mail for %s is taken", path,
		    d->me);
}
