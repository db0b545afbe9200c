/*
 * A recipient, whatever it is, ends in targets or in an error; and so it does
 * where the same bytes are every list and every .forward.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/tables.h"
#include "route.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct router *router;
static const char *list; /* what every file holds */

static int
is_user(const char *name, void *arg)
{
	(void)arg;
	return *name <= 'm';
}

static int
include(const char *path, struct alias_items *items, char *why, size_t size,
    void *arg)
{
	const char *reason;
	unsigned line;

	(void)path;
	(void)arg;
	if (alias_parse(list, strlen(list), items, &line, &reason) == 0)
		return 1;
	strlcpy(why, reason, size);
	return 0;
}

static int
forward(const char *user, struct alias_items *items, char *path, size_t size,
    void *arg)
{
	char why[256];

	strlcpy(path, "/home/.forward", size);
	return *user == 'k' && include(path, items, why, sizeof(why), arg);
}

static void
prepare(void)
{
	folder_make();
	atexit(folder_remove);
	file_write("me", "mail.kjy.co.ki\n");
	file_write("local-host-names", "kjy.co.ki\nvirt.example\n");
	table_write("aliases",
	    "root kjy\nlist a, \\b, list, x@r.com\n"
	    "one two\ntwo one, |/bin/cat\nk+* list\n"
	    "bad a b\nowner-list root\ninc :include:/l, k\n");
	file_write("virtuser-domains", "v.net\n");
	file_write("virtuser_entire_domain", "");
	table_write("virtusertable",
	    "v@virt.example kjy\nw@virt.example v@virt.example\n"
	    "loop@virt.example loop@virt.example\n@virt.example %1%3@l.com\n"
	    "@a.v.net %1@virt.example\n++@v.net list+%2\n");
	table_write("mailertable",
	    "l.com local:\nd.com discard:\ne.com error:5.1.1:550 n\n"
	    ".m.com smtp:%1.%2\nu.com smtp:k@h:25:i\np.com procmail:/x\n");
	router = router_open(folder, NULL);
}

static void
check(struct targets *targets)
{
	const struct target *t;
	size_t i;

	if (targets->count == 0)
		abort();
	for (i = 0; i < targets->count; i++) {
		t = &targets->list[i];
		if (t->rule == NULL || *t->rule == '\0' || t->recipient == NULL)
			abort();
		if (t->kind == TARGET_LOCAL && t->user == NULL)
			abort();
		if (t->kind == TARGET_REMOTE && *t->host == '\0')
			abort();
		if (t->kind == TARGET_ERROR &&
		    (t->status == NULL || t->text == NULL || t->code == NULL))
			abort();
	}
	targets_free(targets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct house house = {is_user, include, forward, NULL};
	struct targets targets;
	char text[1500], reason[256];

	if (router == NULL)
		prepare();
	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	list = text;
	if (router_expand(router, text, &targets, reason, sizeof(reason)) == 0)
		check(&targets);
	if (router_follow(
		router, text, &house, &targets, reason, sizeof(reason)) == 0)
		check(&targets);
	return 0;
}
