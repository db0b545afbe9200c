/*
 * node - files and folders in memory, each as it is now and as it was synced
 *
 * Two views of one tree.  What is written or named shows in the view "now" at
 * once, and in the view "kept" only when that file, or that folder, is synced.
 * A file is blocks; a block that is the same in both views is there once, so
 * that a sync costs what has changed.  Mode and owner count in both at once.
 */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/tree.h>

#define NODE_BLOCK 4096

struct node;

/* A name in a folder, and what it stands for in either view (or NULL). */
struct name {
	RB_ENTRY(name) node;
	TAILQ_ENTRY(name) changed;
	struct node *now, *kept;
	bool listed; /* among the changed */
	char text[];
};

RB_HEAD(names, name);
TAILQ_HEAD(changes, name);

struct node {
	struct stat st;   /* of now, but for the size */
	uint64_t lookups; /* the kernel's */
	unsigned names;   /* in the view kept */
	unsigned now_names;
	off_t size, kept_size;
	/* of a file: */
	char **now, **kept; /* NULL: zeros */
	size_t room;        /* blocks in both */
	size_t *dirty, dirty_count, dirty_room;
	/* of a folder: */
	struct names children;
	struct changes changes;
	struct node *parent;
	/* of a link: */
	char *target;
};

struct node *node_new(mode_t, uid_t, gid_t, dev_t);
/* Free it if nothing leads to it any more. */
void node_drop(struct node *);

/* 0 or an errno. */
int node_write(struct node *, const char *, size_t len, off_t at);
size_t node_read(const struct node *, char *, size_t len, off_t at);
int node_resize(struct node *, off_t);

struct node *folder_find(struct node *, const char *name);
/* Let a name stand for a node (NULL: for none) now; the old one is dropped. */
void folder_set(struct node *, const char *name, struct node *);
bool folder_is_empty(struct node *);

/* What is now shall be kept: a file's bytes, or a folder's names. */
void node_sync(struct node *);

/* How many blocks the nodes hold. */
size_t node_blocks(void);

RB_PROTOTYPE(names, name, node, name_compare)
int name_compare(const struct name *, const struct name *);

#endif
