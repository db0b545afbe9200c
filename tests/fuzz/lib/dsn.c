/* What is taken for xtext comes out of a decoder and an encoder as it was. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[1024], plain[1024], again[3100], twice[1024];
	unsigned bits;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (dsn_notify(text, &bits) == 0 && (bits > 7 || strlen(text) > 21))
		abort();
	if (dsn_is_orcpt(text) && strlen(text) > DSN_ORCPT)
		abort();
	(void)dsn_is_envid(text);
	if (xtext_decode(text, plain, sizeof(plain)) &&
	    (!xtext_encode(plain, again, sizeof(again)) ||
		!xtext_decode(again, twice, sizeof(twice)) ||
		strcmp(plain, twice) != 0))
		abort();
	return 0;
}
