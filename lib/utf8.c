#include "utf8.h"

/* How long the character is that begins with it, and its own bits; 0: none. */
static size_t
first(unsigned char c, uint32_t *bits)
{
	static const struct {
		unsigned char mask, is;
	} rows[] = {{0x80, 0x00}, {0xe0, 0xc0}, {0xf0, 0xe0}, {0xf8, 0xf0}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((c & rows[i].mask) == rows[i].is) {
			*bits = c & (unsigned char)~rows[i].mask;
			return i + 1;
		}
	return 0;
}

size_t
utf8_next(const char *p, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len, i;

	if (*p == '\0' || (len = first((unsigned char)*p, code)) == 0)
		return 0;
	for (i = 1; i < len; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)p[i] & 0x3f);
	}
	if (*code < least[len] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return len;
}

bool
utf8_is_valid(const char *text)
{
	uint32_t code;
	size_t len;

	while ((len = utf8_next(text, &code)) > 0)
		text += len;
	return *text == '\0';
}

bool
utf8_is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 127)
			return false;
	return true;
}
