#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"
#include "exits.h"
#include "job.h"
#include "log.h"
#include "store.h"

#define FIELDS_ROOM                                                            \
	512 /* what id=, sum= and so on add to an entry's record               \
	     */
#define FRESH "spare.fresh" /* a segment that has no number yet */

__attribute__((noreturn)) static void
give_up(const struct store *s, const char *file, const char *doing)
{
	err(EXIT_TEMP, "%s/%s: %s", s->path, file, doing);
}

/* --- bytes ---------------------------------------------------------------- */

static void
bytes_add(struct bytes *b, const void *more, size_t len)
{
	size_t size = b->size == 0 ? 65536 : b->size;

	while (size < b->len + len)
		size *= 2;
	if (size > b->size && (b->at = realloc(b->at, size)) == NULL)
		err(EXIT_TEMP, "%zu bytes", size);
	b->size = size;
	if (len > 0)
		memcpy(b->at + b->len, more, len);
	b->len += len;
}

static size_t
block_up(size_t len)
{
	return (len + SEGMENT_BLOCK - 1) / SEGMENT_BLOCK * SEGMENT_BLOCK;
}

static void
bytes_pad(struct bytes *b)
{
	static const char nuls[SEGMENT_BLOCK];

	bytes_add(b, nuls, block_up(b->len) - b->len);
}

/* All of it: 0 or errno, and how much was written. */
static int
write_some(int fd, const char *bytes, size_t len, off_t at, size_t *written)
{
	ssize_t put;

	*written = 0;
	while (*written < len) {
		put = pwrite(
		    fd, bytes + *written, len - *written, at + (off_t)*written);
		if (put == -1 && errno == EINTR)
			continue;
		if (put == -1)
			return errno;
		*written += (size_t)put;
	}
	return 0;
}

static int
write_at(int fd, const char *bytes, size_t len, off_t at)
{
	size_t written;

	return write_some(fd, bytes, len, at, &written);
}

/* --- a segment's life ----------------------------------------------------- */

void
store_init(struct store *s, int dir, const char *path, uint32_t highest)
{
	memset(s, 0, sizeof(*s));
	s->dir = dir;
	s->path = path;
	s->highest = highest;
	s->now.fd = -1;
}

/* A new file with blocks of its own: its descriptor, or -1. */
static int
make_file(const struct store *s, off_t size)
{
	int fd = openat(s->dir, FRESH,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd != -1 && (errno = posix_fallocate(fd, 0, size)) != 0) {
		close(fd);
		unlinkat(s->dir, FRESH, 0);
		return -1;
	}
	return fd;
}

/*
 * The head is durable before the name, and the lock is there before both.  The
 * block behind it is cleared too, so that an empty segment can be told from one
 * whose first batch is damaged.
 */
static int
christen(struct store *s, const char *file, uint32_t number)
{
	char blocks[2 * SEGMENT_BLOCK] = {0}, name[9];
	struct stat st;

	segment_name(name, number);
	if (fstat(s->now.fd, &st) == -1)
		give_up(s, file, "stat");
	s->now.number = number;
	s->now.size = st.st_size;
	arc4random_buf(&s->now.salt, sizeof(s->now.salt));
	segment_head(blocks, number, s->now.salt, st.st_size);
	if ((errno = write_at(s->now.fd, blocks, sizeof(blocks), 0)) != 0 ||
	    fsync(s->now.fd) == -1) {
		if (job_is_full(errno))
			return errno;
		give_up(s, file, "write");
	}
	if (flock(s->now.fd, LOCK_EX | LOCK_NB) == -1)
		give_up(s, file, "lock");
	CRASH_POINT("segment", "headed");
	if (faccessat(s->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		errx(EXIT_TEMP, "%s/%s: is there already", s->path, name);
	if (renameat(s->dir, file, s->dir, name) == -1)
		give_up(s, name, "rename");
	CRASH_POINT("segment", "named");
	if (fsync(s->dir) == -1)
		give_up(s, name, "rename");
	CRASH_POINT("segment", "begun");
	return 0;
}

int
store_begin(struct store *s, const char *spare, off_t size)
{
	int error;

	if (s->highest == UINT32_MAX)
		errx(EXIT_PERM, "%s: no segment number is left", s->path);
	if (spare != NULL)
		s->now.fd =
		    openat(s->dir, spare, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	else
		s->now.fd = make_file(s, size);
	if (s->now.fd == -1 && job_is_full(errno))
		return errno;
	if (s->now.fd == -1)
		give_up(s, spare == NULL ? FRESH : spare, "open");
	if ((error = christen(
		 s, spare == NULL ? FRESH : spare, s->highest + 1)) != 0) {
		segment_close(&s->now);
		return error;
	}
	s->highest++;
	s->sequence = 0;
	s->end = SEGMENT_BLOCK;
	s->batch.len = s->heads.len = s->heads_durable = 0;
	return 0;
}

/*
 * The index is a help, not a truth: it carries checksums of its own, and a
 * segment without it is walked.  It is synced, for it also says that this life
 * of inject went on to the next segment, and so that all was durable here.
 */
static void
write_index(const struct store *s)
{
	char foot[SEGMENT_BLOCK], *index;
	size_t len;

	index = index_encode(
	    s->heads.at, s->heads_durable, s->now.salt, s->end, &len);
	segment_foot(foot, s->now.salt, s->end);
	if ((errno = write_at(s->now.fd, index, len, s->end)) != 0 ||
	    (errno = write_at(s->now.fd, foot, sizeof(foot),
		 s->now.size - SEGMENT_BLOCK)) != 0)
		log_event("index-failed", "folder", s->path, "segment",
		    log_number(s->now.number), "reason", strerror(errno), NULL);
	else if (fdatasync(s->now.fd) == -1)
		give_up(s, s->path, "fdatasync");
	free(index);
}

void
store_seal(struct store *s)
{
	CRASH_POINT("segment", "full");
	if (s->now.fd != -1 && s->heads_durable > 0)
		write_index(s);
	CRASH_POINT("segment", "complete");
	segment_close(&s->now);
}

void
store_free(struct store *s)
{
	free(s->batch.at);
	free(s->heads.at);
}

/* --- entries -------------------------------------------------------------- */

void
store_id(struct store *s, char id[ID_SIZE])
{
	id_format(id, s->now.number, ++s->sequence);
}

size_t
store_need(const struct record *fields, size_t content)
{
	return fields->len + FIELDS_ROOM + content;
}

/* Bytes of the batch and of the index that a segment's middle must hold. */
static bool
fits(off_t middle, size_t batch, size_t heads, size_t need)
{
	size_t bytes;

	if (__builtin_add_overflow(batch, need, &bytes))
		return false;
	return middle >= 0 &&
	       block_up(bytes) + block_up(heads + need + FIELDS_ROOM) <=
		   (size_t)middle;
}

bool
store_fits(const struct store *s, size_t need)
{
	return s->now.fd != -1 && fits(s->now.size - s->end - SEGMENT_BLOCK,
				      s->batch.len, s->heads.len, need);
}

bool
store_could_fit(off_t size, size_t need)
{
	return fits(size - 2 * SEGMENT_BLOCK, 0, 0, need);
}

void
store_add(struct store *s, const struct record *fields, const char *bytes,
    uint64_t length, uint64_t big_sum)
{
	off_t at = s->end + (off_t)s->batch.len;
	char line[40], *head;
	size_t len;
	int n;

	head = entry_encode(fields, entry_seed(s->now.salt, at), length,
	    bytes == NULL ? big_sum : content_sum(s->now.salt, bytes, length),
	    bytes == NULL, &len);
	if (head == NULL)
		err(EXIT_TEMP, "entry of %zu bytes", fields->len);
	n = snprintf(line, sizeof(line), "offset=%jd\n", (intmax_t)at);
	bytes_add(&s->heads, line, (size_t)n);
	bytes_add(&s->heads, head, len);
	bytes_add(&s->batch, head, len);
	if (bytes != NULL)
		bytes_add(&s->batch, bytes, length);
	free(head);
}

/* Nothing of a batch that was refused may be found later. */
static void
wipe(struct store *s, const char *name, size_t written)
{
	if (written == 0)
		return;
	memset(s->batch.at, 0, written);
	if ((errno = write_at(s->now.fd, s->batch.at, written, s->end)) != 0 ||
	    fdatasync(s->now.fd) == -1)
		give_up(s, name, "write");
}

int
store_commit(struct store *s)
{
	size_t written;
	char name[9];
	int error;

	segment_name(name, s->now.number);
	bytes_pad(&s->batch);
	CRASH_POINT("batch", "gathered");
	error =
	    write_some(s->now.fd, s->batch.at, s->batch.len, s->end, &written);
	CRASH_POINT("batch", "written");
	if (error == 0 && fdatasync(s->now.fd) == -1)
		give_up(s, name, "fdatasync");
	if (error != 0) {
		errno = error;
		if (!job_is_full(error))
			give_up(s, name, "write");
		wipe(s, name, written);
		s->heads.len = s->heads_durable;
	} else {
		CRASH_POINT("batch", "durable");
		s->end += (off_t)s->batch.len;
		s->heads_durable = s->heads.len;
	}
	s->batch.len = 0;
	return error;
}
