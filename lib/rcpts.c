#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addrlist.h"
#include "exits.h"
#include "rcpts.h"

/* An envelope is ASCII without control bytes (no SMTPUTF8, RFC 6531). */
static const char *
unfit(const char *address)
{
	for (; *address != '\0'; address++) {
		if ((unsigned char)*address > 127)
			return "an address that is not ASCII";
		if (iscntrl((unsigned char)*address))
			return "a control character in an address";
	}
	return NULL;
}

static void
push(struct rcpts *rcpts, const struct addrlist_mailbox *box, const char *me)
{
	char **list = rcpts->list;
	size_t room = rcpts->room;

	if (rcpts->count == room) {
		room = room == 0 ? 16 : room * 2;
		if ((list = reallocarray(list, room, sizeof(*list))) == NULL)
			err(EXIT_TEMP, "recipients");
		rcpts->list = list;
		rcpts->room = room;
	}
	if (asprintf(&list[rcpts->count], "%s%s%s", box->address,
		box->qualified ? "" : "@", box->qualified ? "" : me) == -1)
		err(EXIT_TEMP, "recipients");
	rcpts->count++;
}

int
rcpts_add(struct rcpts *rcpts, const char *text, size_t len, const char *me,
    const char **why)
{
	struct addrlist list;
	struct addrlist_mailbox box;
	int more;

	addrlist_start(&list, text, len);
	while ((more = addrlist_next(&list, &box)) == 1) {
		if ((*why = unfit(box.address)) != NULL)
			return -1;
		push(rcpts, &box, me);
	}
	*why = list.why;
	return more;
}

static int
by_address(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

void
rcpts_remove(struct rcpts *from, const struct rcpts *drop)
{
	size_t kept = 0;

	if (drop->count == 0)
		return;
	qsort(drop->list, drop->count, sizeof(*drop->list), by_address);
	for (size_t i = 0; i < from->count; i++) {
		if (bsearch(&from->list[i], drop->list, drop->count,
			sizeof(*drop->list), by_address) == NULL)
			from->list[kept++] = from->list[i];
		else
			free(from->list[i]);
	}
	from->count = kept;
}

void
rcpts_free(struct rcpts *rcpts)
{
	for (size_t i = 0; i < rcpts->count; i++)
		free(rcpts->list[i]);
	free(rcpts->list);
	memset(rcpts, 0, sizeof(*rcpts));
}
