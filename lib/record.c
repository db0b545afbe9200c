#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "record.h"

#include <err.h>

#define RECORD_CHUNK 512

void
record_init(struct record *r, size_t max)
{
	memset(r, 0, sizeof(*r));
	r->max = max;
}

void
record_free(struct record *r)
{
	free(r->text);
	record_init(r, r->max);
}

void
record_clear(struct record *r)
{
	r->len = 0;
}

/* Room for more bytes.  0, or -1 with EMSGSIZE. */
static int
record_grow(struct record *r, size_t more)
{
	size_t size;

	if (more > r->max || r->len > r->max - more) {
		errno = EMSGSIZE;
		return -1;
	}
	if (r->len + more <= r->size)
		return 0;
	size = r->size == 0 ? RECORD_CHUNK : r->size * 2;
	if (size < r->len + more)
		size = r->len + more;
	if ((r->text = realloc(r->text, size)) == NULL)
		err(EXIT_TEMP, "record of %zu bytes", size);
	r->size = size;
	return 0;
}

static size_t
name_length(const char *name, size_t len)
{
	size_t n = 0;

	while (
	    n < len && ((name[n] >= 'a' && name[n] <= 'z') || name[n] == '_'))
		n++;
	return n;
}

static int
record_add_bytes(
    struct record *r, const char *name, const char *value, size_t len)
{
	size_t n = strlen(name);

	if (n == 0 || name_length(name, n) != n ||
	    memchr(value, '\n', len) != NULL) {
		errno = EINVAL;
		return -1;
	}
	if (record_grow(r, n + len + 2) == -1)
		return -1;
	memcpy(r->text + r->len, name, n);
	r->text[r->len + n] = '=';
	memcpy(r->text + r->len + n + 1, value, len);
	r->text[r->len + n + 1 + len] = '\0';
	r->len += n + len + 2;
	return 0;
}

int
record_add(struct record *r, const char *name, const char *value)
{
	return record_add_bytes(r, name, value, strlen(value));
}

int
record_addf(struct record *r, const char *name, const char *format, ...)
{
	va_list ap;
	char number[32], *value = number;
	int len, result;

	va_start(ap, format);
	len = vsnprintf(number, sizeof(number), format, ap);
	va_end(ap);
	if (len >= (int)sizeof(number)) {
		va_start(ap, format);
		len = vasprintf(&value, format, ap);
		va_end(ap);
	}
	if (len < 0)
		err(EXIT_TEMP, "record field %s", name);
	result = record_add_bytes(r, name, value, (size_t)len);
	if (value != number)
		free(value);
	return result;
}

bool
record_is(const char *found, const char *name)
{
	for (; *name != '\0'; found++, name++)
		if (*found != *name)
			return false;
	return *found == '=';
}

int
record_walk(
    const struct record *r, size_t *at, const char **name, const char **value)
{
	if (*at >= r->len)
		return 0;
	*name = r->text + *at;
	*value = strchr(*name, '=') + 1;
	*at = (size_t)(*value - r->text) + strlen(*value) + 1;
	return 1;
}

const char *
record_each(const struct record *r, const char *name, size_t *at)
{
	const char *found;

	while (*at < r->len) {
		found = r->text + *at;
		*at += strlen(found) + 1;
		if (record_is(found, name))
			return found + strlen(name) + 1;
	}
	return NULL;
}

const char *
record_get(const struct record *r, const char *name)
{
	size_t at = 0;

	return record_each(r, name, &at);
}

const char *
record_text(const struct record *r, const char *name)
{
	const char *value = record_get(r, name);

	return value == NULL ? "" : value;
}

int
record_decimal(const char *p, uint64_t max, uint64_t *n)
{
	uint64_t sum = 0;

	if (*p == '\0')
		return -1;
	for (; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || sum > max / 10 ||
		    (sum == max / 10 && (uint64_t)(*p - '0') > max % 10))
			return -1;
		sum = sum * 10 + (uint64_t)(*p - '0');
	}
	*n = sum;
	return 1;
}

int
record_number(
    const struct record *r, const char *name, uint64_t max, uint64_t *n)
{
	const char *p = record_get(r, name);

	return p == NULL ? 0 : record_decimal(p, max, n);
}

int
record_content(const struct record *r, uint64_t max, uint64_t *n)
{
	const char *last = NULL, *found, *value = NULL;
	size_t at = 0;

	while (record_walk(r, &at, &found, &value))
		last = found;
	if (last == NULL || !record_is(last, "size"))
		return 0;
	return record_decimal(value, max, n);
}

/* One line without its LF: 0, or -1 with errno. */
static int
record_add_line(struct record *r, const char *line, size_t len)
{
	size_t n = name_length(line, len);

	if (n == 0 || n == len || line[n] != '=' ||
	    memchr(line, '\0', len) != NULL) {
		errno = EPROTO;
		return -1;
	}
	if (record_grow(r, len + 1) == -1)
		return -1;
	memcpy(r->text + r->len, line, len);
	r->text[r->len + len] = '\0';
	r->len += len + 1;
	return 0;
}

ssize_t
record_parse(struct record *r, const char *bytes, size_t len)
{
	size_t at = 0;
	const char *end;

	record_clear(r);
	while (at < len && (end = memchr(bytes + at, '\n', len - at)) != NULL) {
		if (end == bytes + at)
			return (ssize_t)at + 1;
		if (record_add_line(r, bytes + at, end - bytes - at) == -1)
			return -1;
		at = end - bytes + 1;
	}
	/* cppcheck-suppress knownConditionTrueFalse ; the loop moves both */
	if (len - at > r->max - r->len) {
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}

char *
record_encode(const struct record *r, size_t *len)
{
	char *out;
	size_t i;

	if ((out = malloc(r->len + 1)) == NULL)
		err(EXIT_TEMP, "record of %zu bytes", r->len);
	for (i = 0; i < r->len; i++)
		out[i] = r->text[i] == '\0' ? '\n' : r->text[i];
	out[r->len] = '\n';
	*len = r->len + 1;
	return out;
}

/* Bytes up to LF, appended to the record: 1 a line, 0 EOF before it, -1. */
static int
record_read_line(FILE *f, struct record *r)
{
	size_t start = r->len;
	int c;

	while ((c = getc_unlocked(f)) != EOF && c != '\n') {
		if (c == '\0') {
			errno = EPROTO;
			return -1;
		}
		if ((r->len + 2 > r->size || r->len + 2 > r->max) &&
		    record_grow(r, 2) == -1)
			return -1;
		r->text[r->len++] = (char)c;
	}
	if (c == EOF) {
		if (ferror(f))
			return -1;
		errno = EPROTO;
		return r->len == 0 ? 0 : -1;
	}
	if (r->len > start)
		r->text[r->len++] = '\0';
	return 1;
}

int
record_read(FILE *f, struct record *r)
{
	size_t start, n, len;
	int got;

	record_clear(r);
	for (;;) {
		start = r->len;
		if ((got = record_read_line(f, r)) != 1)
			return got;
		if (r->len == start)
			return 1;
		len = r->len - start - 1;
		n = name_length(r->text + start, len);
		if (n == 0 || n == len || r->text[start + n] != '=') {
			errno = EPROTO;
			return -1;
		}
	}
}

int
record_print(FILE *f, const struct record *r)
{
	size_t len;
	char *text = record_encode(r, &len);
	int failed = fwrite(text, 1, len, f) != len;

	free(text);
	return failed ? -1 : 0;
}

void
record_copy(struct record *to, const struct record *from, const char *name)
{
	const char *value = record_get(from, name);

	if (value != NULL && *value != '\0')
		(void)record_add(to, name, value);
}
