/*
 * A request and the message behind it: whatever they hold, the report has no
 * long line, no control byte outside the original, and three parts.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(const char *made, size_t len, const char *content, size_t content_len)
{
	const char *line = made, *end = made + len, *next;
	char mark[] = "\n--=_postern_0000000000000007";
	size_t parts = 0;

	for (; line < end; line = next + 1) {
		if ((next = memchr(line, '\n', (size_t)(end - line))) == NULL)
			abort();
		if (next - line > 998 ||
		    memchr(line, '\0', (size_t)(next - line)) ||
		    memchr(line, '\r', (size_t)(next - line)))
			abort();
	}
	if (memmem(content, content_len, "=_postern_", 10) != NULL)
		return;
	for (line = made; (line = memmem(line, (size_t)(end - line), mark,
			       sizeof(mark) - 1)) != NULL;
	     line++)
		parts++;
	if (parts != 4)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct report report = {.me = "mx.example", .chance = 7};
	struct record record;
	bool eightbit;
	ssize_t head;
	char *made;

	record_init(&record, RECORD_ENVELOPE);
	head = record_parse(&record, (const char *)data, len);
	if (head > 0) {
		report.content = (const char *)data + head;
		report.len = len - (size_t)head;
		if (report_read(&report, &record, 1795509000) == NULL) {
			size_t made_len;

			made = report_write(&report, &made_len, &eightbit);
			check(made, made_len, report.content, report.len);
			free(made);
		}
	}
	record_free(&record);
	return 0;
}
