#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "letter.h"
#include "program.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The first line is sender and recipient, the rest the content. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	char value[512], tame[64], *head;
	struct letter l;
	size_t n;

	if (end == NULL || (n = (size_t)(end - data)) >= sizeof(value))
		return 0;
	memcpy(value, data, n);
	value[n] = '\0';
	letter_init(&l);
	if (record_add(&l.record, "sender", value) == -1 ||
	    record_add(&l.record, "recipient", value) == -1)
		abort();
	l.length = len - n - 1;
	l.bytes = malloc((size_t)l.length + 1);
	memcpy(l.bytes, end + 1, (size_t)l.length);
	(void)letter_loops(&l);
	head = letter_head(&l, true);
	if (strchr(strchr(head, '\n') + 1, '\n')[1] != '\0')
		abort(); /* two lines, whatever is in the addresses */
	/* What we put in front is seen the next time. */
	free(l.bytes);
	l.bytes = head;
	l.length = strlen(head);
	n = strspn(value, " \t");
	if (strpbrk(value, " \t") == NULL && *value != '\0' &&
	    strstr(head, value) != NULL && letter_loops(&l) != 1)
		abort();
	program_tame(tame, sizeof(tame), value);
	if (strpbrk(tame, "$`'\"\\|&;<>(){}*? \n") != NULL)
		abort();
	letter_free(&l);
	return 0;
}
