/* Lines of access-tests, and values of tables. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"
#include "value.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
ask(const char *line)
{
	struct trial t;
	char *text;
	size_t len;
	FILE *out;

	if (trial_is_empty(line) || trial_parse(line, &t) != NULL)
		return;
	if ((out = open_memstream(&text, &len)) == NULL)
		abort();
	if (trial_ask(&t, out) == -1 && strchr(line, '\n') == NULL)
		abort();
	fclose(out);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *line = malloc(len + 1);

	if (line == NULL)
		abort();
	memcpy(line, data, len);
	line[len] = '\0';
	ask(line);
	(void)value_check("access", line);
	(void)value_check("virtusertable", line);
	(void)value_check("mailertable", line);
	free(line);
	return 0;
}
