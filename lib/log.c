#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE 8192

struct line {
	size_t len;
	char text[LOG_LINE];
};

static void
put(struct line *l, char c)
{
	if (l->len < sizeof(l->text) - 1)
		l->text[l->len++] = c;
}

static void
put_name(struct line *l, const char *name)
{
	for (; *name != '\0'; name++)
		put(l, *name);
}

static void
put_value(struct line *l, const char *value)
{
	static const char hex[] = "0123456789abcdef";
	int quote = strpbrk(value, " \"\\=") != NULL;
	const unsigned char *p;

	if (quote)
		put(l, '"');
	for (p = (const unsigned char *)value; *p != '\0'; p++) {
		if (*p >= ' ' && *p <= '~' && *p != '"' && *p != '\\') {
			put(l, (char)*p);
			continue;
		}
		put(l, '\\');
		put(l, 'x');
		put(l, hex[*p >> 4]);
		put(l, hex[*p & 15]);
	}
	if (quote)
		put(l, '"');
}

void
log_event(const char *event, ...)
{
	struct line l = {0};
	const char *name, *value;
	va_list ap;

	put_name(&l, event);
	va_start(ap, event);
	while ((name = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		if (value == NULL || *value == '\0')
			continue;
		put(&l, ' ');
		put_name(&l, name);
		put(&l, '=');
		put_value(&l, value);
	}
	va_end(ap);
	l.text[l.len++] = '\n';
	if (write(STDERR_FILENO, l.text, l.len) == -1)
		return; /* nobody is left to tell */
}

const char *
log_number(long long n)
{
	static char text[8][24];
	static unsigned turn;
	char *out = text[turn++ % 8];

	snprintf(out, sizeof(text[0]), "%lld", n);
	return out;
}
