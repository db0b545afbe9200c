#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1), text[LISTEN_TEXT];
	struct listen_list l = {0}, again = {0};

	memcpy(line, data, size);
	line[size] = '\0';
	if (listen_parse(line, &l) == NULL) {
		/* What is printed is read as the same. */
		listen_text((struct sockaddr *)&l.list[0].address, text);
		if (listen_parse(text, &again) != NULL ||
		    memcmp(&l.list[0], &again.list[0], sizeof(l.list[0])) != 0)
			abort();
	}
	free(line);
	return 0;
}
