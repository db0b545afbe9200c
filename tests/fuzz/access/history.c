/* A log that anybody may have written; questions come out as records can be. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "question.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
look(const struct record *question, void *arg)
{
	struct question q;

	(void)arg;
	(void)question_read(question, &q);
	if (record_get(question, "protocol_state") == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct history *h = history_new(look, NULL);
	char *text = malloc(len + 1), *rest = text, *line;

	if (text == NULL)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL)
		history_line(h, line);
	history_free(h);
	free(text);
	return 0;
}
