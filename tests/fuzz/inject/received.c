/* Whatever a client calls itself, the trace is one folded header field. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "received.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[4096], out[RECEIVED_SIZE], *next, *lf;
	struct received r = {.address = "192.0.2.7",
	    .protocol = "ESMTP",
	    .me = "me.test",
	    .id = "0000001a-00003"};
	size_t len;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	next = strchr(text, ' ');
	r.helo = text;
	r.name = next == NULL ? "unknown" : next + 1;
	r.recipient = next;
	if (next != NULL)
		*next = '\0';
	len = received_format(out, &r);
	if (len == 0 || len > sizeof(out) || out[len - 1] != '\n' ||
	    memchr(out, '\r', len) != NULL || memchr(out, '\0', len) != NULL)
		abort();
	for (lf = out; (lf = memchr(lf, '\n', len - (lf - out))) != NULL; lf++)
		if (lf + 1 < out + len && lf[1] != '\t' && lf[1] != ' ')
			abort();
	return 0;
}
