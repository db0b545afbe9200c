#include "roster.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a: names that differ in a digit must not share a seat. */
static size_t
seat(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % ROSTER_SIZE;
}

const struct passwd *
roster_find(struct roster *r, const char *name, time_t now)
{
	size_t i = seat(name);
	const struct passwd *pw = &r->seats[i].pw;

	if (pw->pw_name == NULL || strcmp(pw->pw_name, name) != 0 ||
	    now >= r->seats[i].until)
		return NULL;
	return pw;
}

void
roster_keep(struct roster *r, const struct passwd *account, time_t now)
{
	size_t i = seat(account->pw_name);
	struct passwd *pw = &r->seats[i].pw;

	free(pw->pw_name);
	free(pw->pw_dir);
	memset(pw, 0, sizeof(*pw));
	pw->pw_name = strdup(account->pw_name);
	pw->pw_dir = strdup(account->pw_dir);
	pw->pw_uid = account->pw_uid;
	pw->pw_gid = account->pw_gid;
	r->seats[i].until = now + ROSTER_LIFETIME;
	if (pw->pw_dir == NULL) {
		free(pw->pw_name);
		pw->pw_name = NULL;
	}
}

void
roster_empty(struct roster *r)
{
	size_t i;

	for (i = 0; i < ROSTER_SIZE; i++) {
		free(r->seats[i].pw.pw_name);
		free(r->seats[i].pw.pw_dir);
	}
	memset(r, 0, sizeof(*r));
}
