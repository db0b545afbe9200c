/* Any bytes as a class file; what it then holds is found in lower case. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "class.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *found;
	struct class *c;
	char name[16];
	int fd = memfd_create("class", MFD_CLOEXEC);

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof(name), "%d", fd);
	c = class_open("/proc/self/fd", name);
	if (class_check(c) == 0) {
		class_add(c, "always.example");
		if (class_has(c, "ALWAYS.example") == NULL)
			abort();
		found = class_suffix(c, "sub.always.example");
		if (found == NULL)
			abort();
		(void)class_prefix(c, "192.0.2.7");
	}
	class_close(c);
	close(fd);
	return 0;
}
