/* An address that passes is printable, short enough, and came from the input.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
try(const char *text, const char *word)
{
	char *argument = strdup(text), *rest, *keyword, *value;
	const char *wrong, *p;
	struct path path;

	memset(&path, 0x55, sizeof(path));
	wrong = path_parse(&path, argument, word);
	if (strcmp(argument, text) != 0)
		abort();
	if (wrong == NULL) {
		if (!path.beyond_ascii &&
		    (strlen(path.address) > 254 ||
			strstr(text, path.address) == NULL))
			abort();
		if (!utf8_is_valid(path.address))
			abort();
		for (p = path.address; *p != '\0'; p++)
			if ((unsigned char)*p < ' ' || *p == 127)
				abort();
		p = strrchr(path.address, '@');
		if (p != NULL && !utf8_is_ascii(p))
			abort();
		rest = path.parameters;
		while (path_parameter(&rest, &keyword, &value) == 1)
			if (*keyword == '\0' ||
			    (value != NULL && *value == '\0'))
				abort();
	} else if (wrong[0] != '5' || strlen(wrong) < 11)
		abort();
	free(argument);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	try(text, "FROM:");
	try(text, "TO:");
	free(text);
	return 0;
}
