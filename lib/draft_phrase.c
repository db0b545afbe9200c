#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "exits.h"

/* Bytes of the name in one encoded word, so that the word is short of 75. */
#define WORD_BYTES 42

static const char base64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void
put_base64(FILE *out, const unsigned char *in, size_t len)
{
	unsigned long bits;

	for (; len > 0; in += 3, len -= len < 3 ? len : 3) {
		bits = (unsigned long)in[0] << 16;
		bits |= len > 1 ? (unsigned long)in[1] << 8 : 0;
		bits |= len > 2 ? in[2] : 0;
		fputc(base64[bits >> 18], out);
		fputc(base64[bits >> 12 & 63], out);
		fputc(len > 1 ? base64[bits >> 6 & 63] : '=', out);
		fputc(len > 2 ? base64[bits & 63] : '=', out);
	}
}

/* RFC 2047: words of at most 75 characters, none splits a character. */
static void
put_encoded(FILE *out, const char *name)
{
	size_t left = strlen(name), n;

	while (left > 0) {
		n = left < WORD_BYTES ? left : WORD_BYTES;
		while (n > 1 && n < left &&
		       ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
		fputs("=?UTF-8?B?", out);
		put_base64(out, (const unsigned char *)name, n);
		fputs(n < left ? "?=\n " : "?=", out);
		name += n;
		left -= n;
	}
}

static void
put_quoted(FILE *out, const char *name)
{
	fputc('"', out);
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			fputc('\\', out);
		fputc(*name, out);
	}
	fputc('"', out);
}

/* RFC 5322 3.2.3: atext, and blanks between */
static bool
is_plain(const char *name)
{
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) &&
		    strchr(" !#$%&'*+-/=?^_`{|}~", *name) == NULL)
			return false;
	return true;
}

char *
draft_phrase(const char *name)
{
	bool ascii = true;
	size_t len;
	char *made;
	FILE *out;

	if ((out = open_memstream(&made, &len)) == NULL)
		err(EXIT_TEMP, "name");
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p > 126)
			ascii = false;
	if (!ascii)
		put_encoded(out, name);
	else if (is_plain(name))
		fputs(name, out);
	else
		put_quoted(out, name);
	if (fclose(out) != 0)
		err(EXIT_TEMP, "name");
	return made;
}
