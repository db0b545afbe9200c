/* A recipient, whatever it is, ends in targets or in an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/tables.h"
#include "route.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct router *router;

static void
prepare(void)
{
	folder_make();
	atexit(folder_remove);
	file_write("me", "mail.kjy.co.ki\n");
	file_write("local-host-names", "kjy.co.ki\nvirt.example\n");
	table_write("aliases", "root kjy\nlist a, \\b, list, x@r.com\n"
			       "one two\ntwo one, |/bin/cat\nk+* list\n"
			       "bad a b\nowner-list root\n");
	table_write("virtusertable",
	    "v@virt.example kjy\nw@virt.example v@virt.example\n"
	    "loop@virt.example loop@virt.example\n@virt.example %1%3@l.com\n");
	table_write("mailertable",
	    "l.com local:\nd.com discard:\ne.com error:5.1.1:550 n\n"
	    ".m.com smtp:%1.%2\nu.com smtp:k@h:25\n");
	router = router_open(folder, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct targets targets;
	const struct target *t;
	char text[1500], reason[256];
	size_t i;

	if (router == NULL)
		prepare();
	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (router_expand(router, text, &targets, reason, sizeof(reason)) == -1)
		return 0;
	if (targets.count == 0)
		abort();
	for (i = 0; i < targets.count; i++) {
		t = &targets.list[i];
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
	targets_free(&targets);
	return 0;
}
