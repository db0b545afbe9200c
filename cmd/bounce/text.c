#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

#define TEXT_COLUMN 74 /* where text is folded */

size_t
put_byte(FILE *out, char c)
{
	if (isprint((unsigned char)c)) {
		fputc(c, out);
		return 1;
	}
	return (size_t)fprintf(out, "\\x%02X", (unsigned char)c);
}

/*
 * Text in words from this column on, folded with indent before each further
 * line.  No line of it begins without the indent, so none can be a boundary.
 */
void
put_words(FILE *out, size_t column, const char *indent, const char *text)
{
	size_t len, used;
	bool first = true;

	for (;;) {
		text += strspn(text, " \t");
		if ((len = strcspn(text, " \t")) == 0)
			break;
		if (!first && column + 1 + len > TEXT_COLUMN) {
			fprintf(out, "\n%s", indent);
			column = strlen(indent);
		} else if (!first) {
			fputc(' ', out);
			column++;
		}
		first = false;
		for (used = 0; len > 0 && used < WORD_MAX; len--)
			used += put_byte(out, *text++);
		column += used;
	}
	fputc('\n', out);
}

/* "Name: type; text", folded as a header field (RFC 3464 2.1.1). */
void
put_field(FILE *out, const char *name, const char *type, const char *text)
{
	int column =
	    fprintf(out, "%s: %s%s", name, type, *type == '\0' ? "" : "; ");

	put_words(out, (size_t)column, "    ", text);
}

/*
 * An address: what is beyond ASCII as RFC 6533 3 has it where all must be
 * ASCII, "utf-8; \\x{FC}@example.org".
 */
void
put_address(FILE *out, const char *name, const char *address)
{
	char plain[3 * WORD_MAX];
	size_t put = 0, len;
	uint32_t code;

	if (utf8_is_ascii(address) || !utf8_is_valid(address)) {
		put_field(out, name, "rfc822", address);
		return;
	}
	for (;
	     (len = utf8_next(address, &code)) > 0 && put < sizeof(plain) - 12;
	     address += len)
		put += (size_t)snprintf(plain + put, sizeof(plain) - put,
		    code < 128 ? "%c" : "\\x{%X}", code);
	plain[put] = '\0';
	put_field(out, name, "utf-8", plain);
}
