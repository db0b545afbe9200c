/* A reply from bytes, in pieces whose sizes the first byte tells. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "offer.h"
#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reply reply;
	enum reply_event event;
	struct offer offer;
	size_t used, n, piece;

	if (size == 0)
		return 0;
	piece = 1 + data[0];
	reply_begin(&reply);
	for (data++, size--; size > 0; data += used, size -= used) {
		n = size < piece ? size : piece;
		event = reply_feed(&reply, (const char *)data, n, &used);
		if (used == 0 || used > n)
			abort();
		if (event == REPLY_BAD)
			return 0;
		if (strlen(reply.text) >= REPLY_TEXT ||
		    strpbrk(reply.text, "\r\n") != NULL)
			abort();
		if (event == REPLY_MORE)
			continue;
		if (reply.code < 200 || reply.code > 599)
			abort();
		offer_parse(reply.words, &offer);
		if (event == REPLY_LAST)
			reply_begin(&reply);
	}
	return 0;
}
