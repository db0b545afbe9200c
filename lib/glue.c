#include <stdarg.h>
#include <string.h>

#include "glue.h"

bool
glue(char *to, size_t size, ...)
{
	const char *part;
	size_t len, at = 0;
	bool fits = true;
	va_list parts;

	va_start(parts, size);
	while (fits && (part = va_arg(parts, const char *)) != NULL) {
		len = strlen(part);
		if ((fits = len < size - at) == false)
			len = size - at - 1;
		memcpy(to + at, part, len);
		at += len;
	}
	va_end(parts);
	to[at] = '\0';
	return fits;
}
