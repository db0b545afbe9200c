#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "words.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The words are never longer than the command, and there is a first one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *command = malloc(len + 1);
	struct words w;
	size_t i, sum = 0;

	if (command == NULL)
		return 0;
	memcpy(command, data, len);
	command[len] = '\0';
	if (words_split(command, &w) == NULL) {
		for (i = 0; i < w.count; i++)
			sum += strlen(w.list[i]);
		if (w.count == 0 || *w.list[0] == '\0' ||
		    w.list[w.count] != NULL || sum > strlen(command))
			abort();
		words_free(&w);
	}
	free(command);
	return 0;
}
