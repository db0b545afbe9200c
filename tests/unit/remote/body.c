/* A message in, what goes over the wire out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../cmd/remote/body.h"
#include "../../../cmd/remote/content.h"

static const struct {
	const char *message, *wire;
} bodies[] = {
    {"", ".\r\n"},
    {"a\n", "a\r\n.\r\n"},
    {"a", "a\r\n.\r\n"},
    {"\n", "\r\n.\r\n"},
    {"\n\n", "\r\n\r\n.\r\n"},
    {".\n", "..\r\n.\r\n"},
    {".", "..\r\n.\r\n"},
    {"..\n", "...\r\n.\r\n"},
    {"a\n.\nb\n", "a\r\n..\r\nb\r\n.\r\n"},
    {"a\n.\r\nb\n", "a\r\n..\r\nb\r\n.\r\n"},
    {"a\r\n.\r\nb\n", "a\r\n..\r\nb\r\n.\r\n"},
    {"a\r.\rb\n", "a . b\r\n.\r\n"},
    {"a\r\r\n.\r\r\n", "a \r\n.. \r\n.\r\n"},
    {"a\n\r.\n", "a\r\n .\r\n.\r\n"},
    {"a\n.\r", "a\r\n..\r\n.\r\n"},
    {"\r", "\r\n.\r\n"},
    {"a.b\n", "a.b\r\n.\r\n"},
};

static void
test_bodies(void **state)
{
	size_t i, at, n, piece;

	(void)state;
	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		for (piece = 1; piece < 10; piece++) {
			const char *message = bodies[i].message;
			struct evbuffer *out = evbuffer_new();
			struct body body;

			body_begin(&body);
			for (at = 0; at < strlen(message); at += n) {
				n = strlen(message) - at;
				n = n < piece ? n : piece;
				body_add(&body, message + at, n, out);
			}
			body_end(&body, out);
			evbuffer_add(out, "", 1);
			assert_string_equal(
			    evbuffer_pullup(out, -1), bodies[i].wire);
			evbuffer_free(out);
		}
}

static void
test_a_long_line_stays_whole(void **state)
{
	static char message[20000];
	struct evbuffer *out = evbuffer_new();
	struct body body;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(message); i++)
		message[i] = i % 2 == 0 ? '\n' : '.';
	body_begin(&body);
	body_add(&body, message, sizeof(message), out);
	assert_int_equal(evbuffer_get_length(out), 2 * sizeof(message));
	evbuffer_drain(out, evbuffer_get_length(out));
	memset(message, 'x', sizeof(message));
	body_begin(&body);
	body_add(&body, message, sizeof(message), out);
	body_end(&body, out);
	assert_int_equal(evbuffer_get_length(out), sizeof(message) + 5);
	evbuffer_free(out);
}

static void
test_content_in_memory_and_in_a_file(void **state)
{
	static const char text[] = "a\n\xc3\xa9\n.b";
	struct content memory, file;
	FILE *stream = tmpfile();
	char out[32];

	(void)state;
	if (stream == NULL)
		abort();
	content_init(&memory);
	content_init(&file);
	memory.length = file.length = strlen(text);
	memory.bytes = strdup(text);
	assert_true(fwrite(text, 1, strlen(text), stream) == strlen(text));
	fflush(stream);
	file.fd = fileno(stream);
	while (content_scan(&memory, 1) == 0)
		;
	assert_int_equal(content_scan(&file, 100), 1);
	assert_int_equal(content_wire(&memory), strlen(text) + 4);
	assert_int_equal(content_wire(&file), strlen(text) + 4);
	assert_true(memory.eightbit && file.eightbit);
	assert_int_equal(content_read(&file, 5, out, sizeof(out)), 2);
	assert_memory_equal(out, ".b", 2);
	file.length++;
	assert_int_equal(content_scan(&file, 100), -1);
	file.fd = -1;
	fclose(stream);
	content_free(&memory);
	content_free(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_a_long_line_stays_whole),
	    cmocka_unit_test(test_content_in_memory_and_in_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
