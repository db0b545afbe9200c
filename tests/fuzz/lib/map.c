/* A file of noise in the place of a table, as it is and under a right seal. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "map.h"
#include "whole.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char folder[] = "/tmp/postern-fuzz-XXXXXX";
static char path[64];

static void
clean(void)
{
	unlink(path);
	rmdir(folder);
}

static int
each(const char *key, const char *value, void *arg)
{
	size_t *total = arg;

	*total += strlen(key) + strlen(value);
	return 0;
}

static void
put_file(const uint8_t *data, size_t len, bool sealed)
{
	unsigned char seal[WHOLE_SEAL];
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1 || write(fd, data, len) != (ssize_t)len)
		abort();
	whole_seal(XXH3_64bits(data, len), seal);
	if (sealed && write(fd, seal, sizeof(seal)) != sizeof(seal))
		abort();
	close(fd);
}

static void
look(struct map *map)
{
	static const char *const keys[] = {"", "a", "co.ki", "user@"};
	char value[MAP_VALUE];
	size_t i, total = 0;
	int got;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		got = map_find(map, keys[i], value);
		if (got == -1 && *map_reason(map) == '\0')
			abort();
	}
	(void)map_each(map, each, &total);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct map *map;

	if (map == NULL) {
		if (mkdtemp(folder) == NULL)
			abort();
		snprintf(path, sizeof(path), "%s/t.cdb", folder);
		atexit(clean);
		map = map_open(folder, "t");
	}
	put_file(data, len, false);
	look(map);
	put_file(data, len, true);
	look(map);
	return 0;
}
