#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_list(const char *text, size_t len)
{
	struct alias_items items;
	const struct alias_item *item;
	const char *reason;
	unsigned line;
	size_t i;

	if (alias_parse(text, len, &items, &line, &reason) == -1) {
		if (reason == NULL || line == 0 || items.count != 0)
			abort();
		return;
	}
	for (i = 0; i < items.count; i++) {
		item = &items.list[i];
		if (*item->text == '\0')
			abort();
		/* A list's path is judged where it is opened. */
		if (item->kind == ALIAS_FILE && *item->text != '/')
			abort();
		if (item->kind == ALIAS_USER && strchr(item->text, '@') != NULL)
			abort();
	}
	alias_free(&items);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct alias_entry e;
	unsigned line = 0, last = 0;
	size_t at = 0;

	check_list(text, len);
	while (alias_next(text, len, &at, &line, &e) == 1) {
		if (e.line <= last || at > len ||
		    (e.reason == NULL) != (e.value != NULL))
			abort();
		last = e.line;
		if (e.value != NULL)
			check_list(e.value, strlen(e.value));
		free(e.value);
	}
	return 0;
}
