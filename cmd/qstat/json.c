#include <stdbool.h>
#include <string.h>

#include "show.h"

/* Names whose values are numbers. */
static const char *const numbers[] = {"arrival", "length", "tries", "next",
    "time", "waiting", "active", "limit", "count", "uid"};

static bool
is_number(const char *name, const char *value)
{
	size_t whole = strspn(value, "0123456789");
	const char *rest = value + whole;

	/* RFC 8259 6: no leading zero; digits behind a point */
	if (whole == 0 || (whole > 1 && *value == '0'))
		return false;
	if (*rest == '.' &&
	    (rest[1] == '\0' ||
		rest[1 + strspn(rest + 1, "0123456789")] != '\0'))
		return false;
	if (*rest != '.' && *rest != '\0')
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (record_is(name, numbers[i]))
			return true;
	return false;
}

/* Length of the UTF-8 character at p (RFC 3629), or 0 if there is none. */
static size_t
character(const unsigned char *p)
{
	static const struct {
		unsigned char from, to, low, high;
		size_t len;
	} leads[] = {
	    {0xc2, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	size_t i = 0, n;

	while (i < sizeof(leads) / sizeof(leads[0]) &&
	       (*p < leads[i].from || *p > leads[i].to))
		i++;
	if (i == sizeof(leads) / sizeof(leads[0]) || p[1] < leads[i].low ||
	    p[1] > leads[i].high)
		return 0;
	for (n = 2; n < leads[i].len; n++)
		if ((p[n] & 0xc0) != 0x80)
			return 0;
	return leads[i].len;
}

static void
put_string(FILE *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t len;

	fputc('"', out);
	for (; *p != '\0'; p += len) {
		len = 1;
		if (*p == '"' || *p == '\\') {
			fprintf(out, "\\%c", *p);
		} else if (*p < ' ' || *p == 127) {
			fprintf(out, "\\u%04x", *p);
		} else if (*p < 127) {
			fputc(*p, out);
		} else if ((len = character(p)) == 0) {
			fputs("\\ufffd", out);
			len = 1;
		} else if (*p == 0xc2 && p[1] < 0xa0) {
			/* C1 control characters drive terminals too */
			fprintf(out, "\\u%04x", p[1]);
		} else {
			fwrite(p, 1, len, out);
		}
	}
	fputc('"', out);
}

void
show_json(FILE *out, const struct record *record)
{
	const char *name, *value, *comma = "";
	size_t at = 0;

	fputc('{', out);
	while (record_walk(record, &at, &name, &value)) {
		fprintf(
		    out, "%s\"%.*s\":", comma, (int)strcspn(name, "="), name);
		if (is_number(name, value))
			fputs(value, out);
		else
			put_string(out, value);
		comma = ",";
	}
	fputs("}\n", out);
}
