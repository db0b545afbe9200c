#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rhs.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Whatever a table holds, the reply is one line with a code of 4xx or 5xx. */
static void
check(const struct rhs *r)
{
	const char *p;

	for (p = r->text; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			abort();
	if (r->kind != RHS_ERROR)
		return;
	if ((r->code[0] != '4' && r->code[0] != '5') || strlen(r->code) != 3 ||
	    r->status[0] == '\0')
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const args[4] = {"key", "user", "detail", NULL};
	char text[2048], out[256];
	struct rhs r;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	rhs_parse(text, &r);
	check(&r);
	rhs_error(text, &r);
	check(&r);
	rhs_keyword_error(text, ' ', &r);
	check(&r);
	rhs_keyword_error(text, ':', &r);
	check(&r);
	(void)rhs_expand(text, args, out, sizeof(out));
	return 0;
}
