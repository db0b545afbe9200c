#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE 8192
#define LOG_HELD PIPE_BUF /* what a pipe takes in one piece, whoever writes */

struct line {
	size_t len;
	char text[LOG_LINE];
};

static struct {
	void (*soon)(void); /* NULL: no line is held */
	size_t len;
	char text[LOG_HELD];
} held;

static void
put_out(const char *text, size_t len)
{
	if (len > 0 && write(STDERR_FILENO, text, len) == -1)
		return; /* nobody is left to tell */
}

void
log_flush(void)
{
	put_out(held.text, held.len);
	held.len = 0;
}

/* What the parent holds is the parent's. */
static void
in_child(void)
{
	held.soon = NULL;
	held.len = 0;
}

void
log_hold(void (*soon)(void))
{
	held.soon = soon;
	(void)pthread_atfork(NULL, NULL, in_child);
	(void)atexit(log_flush);
}

static void
hold(const char *text, size_t len)
{
	if (held.len + len > sizeof(held.text))
		log_flush();
	if (len > sizeof(held.text)) {
		put_out(text, len);
		return;
	}
	if (held.len == 0)
		held.soon();
	memcpy(held.text + held.len, text, len);
	held.len += len;
}

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
	struct line l;
	const char *name, *value;
	va_list ap;

	l.len = 0;
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
	if (held.soon != NULL)
		hold(l.text, l.len);
	else
		put_out(l.text, l.len);
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
