#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "addrlist.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct addrlist list;
	struct addrlist_mailbox box;
	size_t last = 0;
	int more;

	addrlist_start(&list, (const char *)data, len);
	while ((more = addrlist_next(&list, &box)) == 1) {
		if (box.address[0] == '\0' || box.local_end <= last ||
		    list.at > len || box.local_end > list.at ||
		    strpbrk(box.address, "\r\n") != NULL)
			abort();
		if (box.qualified && strchr(box.address, '@') == NULL)
			abort();
		last = box.local_end;
	}
	if (more == -1 && list.why == NULL)
		abort();
	return 0;
}
