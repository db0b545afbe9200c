#include "node.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t next_number = 1;
static size_t blocks;

int
name_compare(const struct name *a, const struct name *b)
{
	return strcmp(a->text, b->text);
}

RB_GENERATE(names, name, node, name_compare)

static void *
must(void *p)
{
	if (p == NULL)
		err(1, "memory");
	return p;
}

size_t
node_blocks(void)
{
	return blocks;
}

struct node *
node_new(mode_t mode, uid_t uid, gid_t gid, dev_t device)
{
	struct node *n = must(calloc(1, sizeof(*n)));

	n->st.st_ino = next_number++;
	n->st.st_mode = mode;
	n->st.st_uid = uid;
	n->st.st_gid = gid;
	n->st.st_rdev = device;
	n->st.st_blksize = NODE_BLOCK;
	clock_gettime(CLOCK_REALTIME, &n->st.st_mtim);
	n->st.st_ctim = n->st.st_atim = n->st.st_mtim;
	RB_INIT(&n->children);
	TAILQ_INIT(&n->changes);
	return n;
}

static void
block_free(char *block)
{
	if (block != NULL)
		blocks--;
	free(block);
}

static void
name_free(struct node *folder, struct name *m)
{
	if (m->listed)
		TAILQ_REMOVE(&folder->changes, m, changed);
	RB_REMOVE(names, &folder->children, m);
	free(m);
}

/* A folder goes with what only it still names in the view kept. */
static void
forget_names(struct node *n)
{
	struct name *m, *next;
	struct node *child;

	RB_FOREACH_SAFE(m, names, &n->children, next)
	{
		if ((child = m->kept) != NULL) {
			child->names--;
			m->kept = NULL;
			node_drop(child);
		}
		name_free(n, m);
	}
}

void
node_drop(struct node *n)
{
	size_t i;

	if (n->lookups > 0 || n->names > 0 || n->now_names > 0)
		return;
	forget_names(n);
	for (i = 0; i < n->room; i++) {
		if (n->kept[i] != n->now[i])
			block_free(n->kept[i]);
		block_free(n->now[i]);
	}
	free(n->now);
	free(n->kept);
	free(n->dirty);
	free(n->target);
	free(n);
}

/* --- files ---------------------------------------------------------------- */

static int
make_room(struct node *n, size_t want)
{
	size_t room = n->room == 0 ? 16 : n->room;
	char **now, **kept;

	if (want <= n->room)
		return 0;
	while (room < want)
		room *= 2;
	if ((now = reallocarray(n->now, room, sizeof(*now))) == NULL)
		return ENOSPC;
	n->now = now;
	if ((kept = reallocarray(n->kept, room, sizeof(*kept))) == NULL)
		return ENOSPC;
	n->kept = kept;
	memset(now + n->room, 0, (room - n->room) * sizeof(*now));
	memset(kept + n->room, 0, (room - n->room) * sizeof(*kept));
	n->room = room;
	return 0;
}

/* Block i is about to differ from what is kept. */
static void
soil(struct node *n, size_t i)
{
	if (n->now[i] != n->kept[i])
		return;
	if (n->dirty_count == n->dirty_room) {
		n->dirty_room = n->dirty_room == 0 ? 16 : n->dirty_room * 2;
		n->dirty = must(
		    reallocarray(n->dirty, n->dirty_room, sizeof(*n->dirty)));
	}
	n->dirty[n->dirty_count++] = i;
}

/* Give block i these bytes.  Zeros take no room. */
static void
block_set(struct node *n, size_t i, const char bytes[NODE_BLOCK])
{
	static const char zeros[NODE_BLOCK];
	char *block = NULL;

	soil(n, i);
	if (memcmp(bytes, zeros, NODE_BLOCK) != 0) {
		block = must(malloc(NODE_BLOCK));
		memcpy(block, bytes, NODE_BLOCK);
		blocks++;
	}
	if (n->now[i] != n->kept[i])
		block_free(n->now[i]);
	n->now[i] = block;
}

static void
block_get(const struct node *n, size_t i, char bytes[NODE_BLOCK])
{
	if (i < n->room && n->now[i] != NULL)
		memcpy(bytes, n->now[i], NODE_BLOCK);
	else
		memset(bytes, 0, NODE_BLOCK);
}

int
node_write(struct node *n, const char *bytes, size_t len, off_t at)
{
	char block[NODE_BLOCK];
	off_t end = at + (off_t)len;
	size_t i, from, part;

	if (make_room(n, (size_t)(end / NODE_BLOCK) + 1) != 0)
		return ENOSPC;
	while (len > 0) {
		i = (size_t)(at / NODE_BLOCK);
		from = (size_t)(at % NODE_BLOCK);
		part = NODE_BLOCK - from < len ? NODE_BLOCK - from : len;
		block_get(n, i, block);
		memcpy(block + from, bytes, part);
		block_set(n, i, block);
		bytes += part;
		at += (off_t)part;
		len -= part;
	}
	if (end > n->size)
		n->size = end;
	clock_gettime(CLOCK_REALTIME, &n->st.st_mtim);
	n->st.st_ctim = n->st.st_mtim;
	return 0;
}

size_t
node_read(const struct node *n, char *bytes, size_t len, off_t at)
{
	char block[NODE_BLOCK];
	size_t done, from, part;

	if (at >= n->size)
		return 0;
	if ((off_t)len > n->size - at)
		len = (size_t)(n->size - at);
	for (done = 0; done < len; done += part) {
		from = (size_t)((at + (off_t)done) % NODE_BLOCK);
		part = NODE_BLOCK - from;
		if (part > len - done)
			part = len - done;
		block_get(n, (size_t)((at + (off_t)done) / NODE_BLOCK), block);
		memcpy(bytes + done, block + from, part);
	}
	return len;
}

int
node_resize(struct node *n, off_t size)
{
	static const char zeros[NODE_BLOCK];
	char block[NODE_BLOCK];
	size_t i = (size_t)(size / NODE_BLOCK), from = size % NODE_BLOCK;

	if (size < n->size) {
		if (from != 0 && i < n->room) {
			block_get(n, i, block);
			memset(block + from, 0, NODE_BLOCK - from);
			block_set(n, i++, block);
		}
		for (; i < n->room; i++)
			if (n->now[i] != NULL)
				block_set(n, i, zeros);
	}
	n->size = size;
	clock_gettime(CLOCK_REALTIME, &n->st.st_mtim);
	n->st.st_ctim = n->st.st_mtim;
	return 0;
}

/* --- folders -------------------------------------------------------------- */

static struct name *
name_find(struct node *folder, const char *text)
{
	size_t len = strlen(text) + 1;
	struct name *key = must(malloc(sizeof(*key) + len)), *found;

	memcpy(key->text, text, len);
	found = RB_FIND(names, &folder->children, key);
	free(key);
	return found;
}

struct node *
folder_find(struct node *folder, const char *text)
{
	struct name *m = name_find(folder, text);

	return m == NULL ? NULL : m->now;
}

void
folder_set(struct node *folder, const char *text, struct node *n)
{
	struct name *m = name_find(folder, text);
	size_t len = strlen(text) + 1;
	struct node *old;

	if (m == NULL) {
		m = must(calloc(1, sizeof(*m) + len));
		memcpy(m->text, text, len);
		RB_INSERT(names, &folder->children, m);
	}
	if (!m->listed)
		TAILQ_INSERT_TAIL(&folder->changes, m, changed);
	m->listed = true;
	old = m->now;
	m->now = n;
	if (n != NULL) {
		n->now_names++;
		if (S_ISDIR(n->st.st_mode))
			n->parent = folder;
	}
	if (old != NULL) {
		old->now_names--;
		node_drop(old);
	}
	clock_gettime(CLOCK_REALTIME, &folder->st.st_mtim);
	folder->st.st_ctim = folder->st.st_mtim;
}

bool
folder_is_empty(struct node *folder)
{
	struct name *m;

	RB_FOREACH(m, names, &folder->children)
	if (m->now != NULL)
		return false;
	return true;
}

/* --- syncing -------------------------------------------------------------- */

static void
sync_names(struct node *folder)
{
	struct node *old;
	struct name *m;

	while ((m = TAILQ_FIRST(&folder->changes)) != NULL) {
		TAILQ_REMOVE(&folder->changes, m, changed);
		m->listed = false;
		old = m->kept;
		m->kept = m->now;
		if (m->kept != NULL)
			m->kept->names++;
		else
			name_free(folder, m);
		if (old != NULL) {
			old->names--;
			node_drop(old);
		}
	}
}

void
node_sync(struct node *n)
{
	size_t i, at;

	for (i = 0; i < n->dirty_count; i++) {
		at = n->dirty[i];
		if (n->kept[at] == n->now[at])
			continue;
		block_free(n->kept[at]);
		n->kept[at] = n->now[at];
	}
	n->dirty_count = 0;
	n->kept_size = n->size;
	if (S_ISDIR(n->st.st_mode))
		sync_names(n);
}
