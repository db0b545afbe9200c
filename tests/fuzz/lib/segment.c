/*
 * Segments full of noise: a walk ends, stays inside the file, and gives no
 * content whose checksum is wrong.  So that the fuzzer comes past the
 * checksums, "sum=*" and "content_sum=*" in the input are made right first,
 * with the salt 0.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static char file[SEGMENT_BLOCK * 64];

/* What seeds the sum of the record that begins there. */
static uint64_t
seed(size_t start)
{
	if (memcmp(file + start, "index_offset=", 13) == 0)
		return 0;
	return start == 0 ? 0 : entry_seed(0, (off_t)start);
}

/* Copy, with the place holders in a record replaced: bytes used. */
static size_t
mend(const char *in, size_t len)
{
	size_t used = 0, start = 0, at;
	char line[32];

	for (at = 0; at < len && used + sizeof(line) < sizeof(file); at++) {
		/* A byte that means: NULs to the next block. */
		if (in[at] == '\x01') {
			while (used % SEGMENT_BLOCK != 0 &&
			       used + sizeof(line) < sizeof(file))
				file[used++] = '\0';
			start = used;
			continue;
		}
		if (in[at] == '*' && used - start >= 4 &&
		    memcmp(file + used - 4, "sum=", 4) == 0) {
			snprintf(line, sizeof(line), "%016jx",
			    (uintmax_t)content_sum(
				seed(start), file + start, used - start - 4));
			memcpy(file + used, line, 16);
			used += 16;
			continue;
		}
		file[used++] = in[at];
		if (in[at] == '\n' && used - start >= 2 &&
		    file[used - 2] == '\n')
			start = used;
	}
	return used;
}

static int
look(struct entry *e, void *arg)
{
	const struct segment *s = arg;

	if (e->end > s->size || e->offset < SEGMENT_BLOCK)
		abort();
	free(entry_content(s, e));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct segment s = {.salt = 0}, head;
	struct entry e;
	off_t at = SEGMENT_BLOCK, before = at, damage;
	int got;

	memset(file, 0, sizeof(file));
	s.size = (off_t)mend((const char *)data, len);
	(void)head_parse(file, (size_t)s.size, &head);
	if ((s.fd = memfd_create("segment", MFD_CLOEXEC)) == -1 ||
	    pwrite(s.fd, file, (size_t)s.size, SEGMENT_BLOCK) != s.size)
		err(1, "memfd");
	s.size += SEGMENT_BLOCK;
	entry_init(&e);
	while ((got = segment_walk(&s, &at, 0, &e, &damage)) > 0) {
		if (at <= before || at > s.size)
			abort();
		before = at;
		if (got == 1)
			(void)look(&e, &s);
		else if (damage >= at)
			abort();
	}
	(void)segment_index(&s, look, &s);
	entry_free(&e);
	close(s.fd);
	return 0;
}
