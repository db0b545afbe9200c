/*
 * strictfs - a file system on which nothing survives but what was synced
 *
 *	strictfs FOLDER
 *
 * Everything is in memory.  Bytes of a file survive a power cut once the file
 * was synced, a name once its folder was, each by itself; mode and owner at
 * once.  A line written to FOLDER/.control (root's) tells it to write down what
 * would survive now, or to fail; see control.h.  Runs in the foreground until
 * it is unmounted or told to end.
 */
#define FUSE_USE_VERSION 34
#include <fuse_lowlevel.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "cut.h"
#include "node.h"

#define LONG 3600.0 /* seconds: nobody else changes anything */

static struct {
	struct node *root, *handle;
	struct control control;
} fs;

static struct node *
node_of(fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? fs.root : (struct node *)(uintptr_t)ino;
}

static struct stat
stat_of(const struct node *n)
{
	struct stat st = n->st;

	st.st_nlink = S_ISDIR(st.st_mode) ? 2 : n->now_names;
	st.st_size = S_ISLNK(st.st_mode) ? (off_t)strlen(n->target) : n->size;
	st.st_blocks = (st.st_size + 511) / 512;
	return st;
}

static bool
fails(fuse_req_t req, enum doing doing, size_t bytes)
{
	int error = control_error(&fs.control, doing, bytes);

	if (error != 0)
		fuse_reply_err(req, error);
	return error != 0;
}

static void
entry_of(struct node *n, struct fuse_entry_param *e)
{
	memset(e, 0, sizeof(*e));
	e->ino = (fuse_ino_t)(uintptr_t)n;
	e->attr = stat_of(n);
	e->attr_timeout = e->entry_timeout = LONG;
	n->lookups++;
}

static void
reply_node(fuse_req_t req, struct node *n)
{
	struct fuse_entry_param e;

	entry_of(n, &e);
	fuse_reply_entry(req, &e);
}

/* --- looking -------------------------------------------------------------- */

static void
on_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct node *n = folder_find(node_of(parent), name);

	if (parent == FUSE_ROOT_ID && strcmp(name, ".control") == 0)
		n = fs.handle;
	if (n == NULL)
		fuse_reply_err(req, ENOENT);
	else
		reply_node(req, n);
}

static void
forget(struct node *n, uint64_t count)
{
	if (n == fs.root)
		return;
	n->lookups -= count;
	node_drop(n);
}

static void
on_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	forget(node_of(ino), count);
	fuse_reply_none(req);
}

static void
on_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *list)
{
	size_t i;

	for (i = 0; i < count; i++)
		forget(node_of(list[i].ino), list[i].nlookup);
	fuse_reply_none(req);
}

static void
on_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st = stat_of(node_of(ino));

	(void)fi;
	fuse_reply_attr(req, &st, LONG);
}

static void
on_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int set,
    struct fuse_file_info *fi)
{
	struct node *n = node_of(ino);

	if (set & FUSE_SET_ATTR_SIZE && n != fs.handle)
		node_resize(n, st->st_size);
	if (set & FUSE_SET_ATTR_MODE)
		n->st.st_mode =
		    (n->st.st_mode & S_IFMT) | (st->st_mode & 07777);
	if (set & FUSE_SET_ATTR_UID)
		n->st.st_uid = st->st_uid;
	if (set & FUSE_SET_ATTR_GID)
		n->st.st_gid = st->st_gid;
	if (set & FUSE_SET_ATTR_MTIME)
		n->st.st_mtim = st->st_mtim;
	if (set & FUSE_SET_ATTR_MTIME_NOW)
		clock_gettime(CLOCK_REALTIME, &n->st.st_mtim);
	on_getattr(req, ino, fi);
}

static void
on_readlink(fuse_req_t req, fuse_ino_t ino)
{
	fuse_reply_readlink(req, node_of(ino)->target);
}

static void
on_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs v = {.f_bsize = NODE_BLOCK,
	    .f_frsize = NODE_BLOCK,
	    .f_blocks = 1 << 20,
	    .f_files = 1 << 20,
	    .f_ffree = 1 << 19,
	    .f_namemax = 255};

	(void)ino;
	v.f_bfree = v.f_bavail = v.f_blocks - node_blocks();
	fuse_reply_statfs(req, &v);
}

/* --- names ---------------------------------------------------------------- */

/* As the folder and the caller would have it. */
static struct node *
make(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
    dev_t device)
{
	const struct fuse_ctx *caller = fuse_req_ctx(req);
	struct node *folder = node_of(parent), *n;
	gid_t gid = caller->gid;

	if (folder_find(folder, name) != NULL) {
		fuse_reply_err(req, EEXIST);
		return NULL;
	}
	if (fails(req, MAKING, 0))
		return NULL;
	if (folder->st.st_mode & S_ISGID) {
		gid = folder->st.st_gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
	}
	n = node_new(mode, caller->uid, gid, device);
	folder_set(folder, name, n);
	return n;
}

static void
on_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
    dev_t device)
{
	struct node *n = make(req, parent, name, mode, device);

	if (n != NULL)
		reply_node(req, n);
}

static void
on_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	on_mknod(req, parent, name, mode | S_IFDIR, 0);
}

static void
on_symlink(
    fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct node *n = make(req, parent, name, S_IFLNK | 0777, 0);

	if (n == NULL)
		return;
	if ((n->target = strdup(target)) == NULL)
		err(1, "memory");
	reply_node(req, n);
}

static void
on_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
    struct fuse_file_info *fi)
{
	struct node *n = make(req, parent, name, mode | S_IFREG, 0);
	struct fuse_entry_param e;

	if (n == NULL)
		return;
	entry_of(n, &e);
	fuse_reply_create(req, &e, fi);
}

static void
on_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct node *folder = node_of(parent), *n = node_of(ino);

	if (folder_find(folder, name) != NULL) {
		fuse_reply_err(req, EEXIST);
	} else if (!fails(req, MAKING, 0)) {
		folder_set(folder, name, n);
		reply_node(req, n);
	}
}

static void
take_away(fuse_req_t req, fuse_ino_t parent, const char *name, bool folder)
{
	struct node *n = folder_find(node_of(parent), name);
	int error = 0;

	if (n == NULL)
		error = ENOENT;
	else if (S_ISDIR(n->st.st_mode) != folder)
		error = folder ? ENOTDIR : EISDIR;
	else if (folder && !folder_is_empty(n))
		error = ENOTEMPTY;
	if (error == 0)
		folder_set(node_of(parent), name, NULL);
	fuse_reply_err(req, error);
}

static void
on_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	take_away(req, parent, name, false);
}

static void
on_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	take_away(req, parent, name, true);
}

static void
on_rename(fuse_req_t req, fuse_ino_t parent, const char *name,
    fuse_ino_t new_parent, const char *new_name, unsigned flags)
{
	struct node *n = folder_find(node_of(parent), name);
	struct node *old = folder_find(node_of(new_parent), new_name);
	int error = 0;

	if (flags & ~1U) /* RENAME_NOREPLACE is all we know */
		error = EINVAL;
	else if (n == NULL)
		error = ENOENT;
	else if (old != NULL && flags != 0)
		error = EEXIST;
	else if (old != NULL && S_ISDIR(old->st.st_mode) &&
		 !folder_is_empty(old))
		error = ENOTEMPTY;
	if (error == 0 && old != n) {
		folder_set(node_of(new_parent), new_name, n);
		folder_set(node_of(parent), name, NULL);
	}
	fuse_reply_err(req, error);
}

/* --- bytes ---------------------------------------------------------------- */

static void
on_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	if (node_of(ino) == fs.handle)
		fi->direct_io = 1;
	else
		fi->keep_cache = 1;
	fuse_reply_open(req, fi);
}

static void
on_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	char *bytes;

	(void)fi;
	if (fails(req, READING, 0))
		return;
	if ((bytes = malloc(size)) == NULL)
		err(1, "memory");
	fuse_reply_buf(req, bytes, node_read(node_of(ino), bytes, size, at));
	free(bytes);
}

/*
 * A child writes down what is kept at this instant, and answers; we go on, and
 * drop the request without a word.
 */
static void
cut_apart(fuse_req_t req, size_t len)
{
	pid_t child;
	int error;

	if ((child = fork()) == -1) {
		fuse_reply_err(req, errno);
		return;
	}
	if (child > 0) {
		srandom((unsigned)child); /* so that the next differs */
		fuse_reply_none(req);
		return;
	}
	error = cut(fs.root, fs.control.cut, fs.control.torn != 0);
	if (error != 0)
		fuse_reply_err(req, error);
	else
		fuse_reply_write(req, len);
	_exit(0);
}

static void
command(fuse_req_t req, const char *line, size_t len)
{
	int error;

	fs.control.cut[0] = '\0';
	error = control_take(&fs.control, line, len);
	if (error != 0)
		fuse_reply_err(req, error);
	else if (fs.control.cut[0] != '\0')
		cut_apart(req, len);
	else
		fuse_reply_write(req, len);
}

static void
on_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size,
    off_t at, struct fuse_file_info *fi)
{
	int error;

	(void)fi;
	if (node_of(ino) == fs.handle) {
		command(req, bytes, size);
		return;
	}
	if (fails(req, WRITING, size))
		return;
	if ((error = node_write(node_of(ino), bytes, size, at)) != 0)
		fuse_reply_err(req, error);
	else
		fuse_reply_write(req, size);
}

static void
on_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t at, off_t len,
    struct fuse_file_info *fi)
{
	struct node *n = node_of(ino);

	(void)fi;
	if (mode != 0) {
		fuse_reply_err(req, EOPNOTSUPP);
	} else if (!fails(req, WRITING, (size_t)len)) {
		if (at + len > n->size)
			node_resize(n, at + len);
		fuse_reply_err(req, 0);
	}
}

static void
on_sync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)datasync; /* the size is needed to read the bytes */
	(void)fi;
	if (fails(req, SYNCING, 0))
		return;
	node_sync(node_of(ino));
	fuse_reply_err(req, 0);
}

/* --- listing -------------------------------------------------------------- */

struct listing {
	char *bytes;
	size_t len;
};

static void
list_one(fuse_req_t req, struct listing *l, const char *name, struct node *n)
{
	struct stat st = stat_of(n);
	size_t more = fuse_add_direntry(req, NULL, 0, name, NULL, 0);

	if ((l->bytes = realloc(l->bytes, l->len + more)) == NULL)
		err(1, "memory");
	fuse_add_direntry(
	    req, l->bytes + l->len, more, name, &st, (off_t)(l->len + more));
	l->len += more;
}

/* Filled when it is read from its beginning. */
static void
list(fuse_req_t req, struct listing *l, struct node *folder)
{
	struct name *m;

	l->len = 0;
	list_one(req, l, ".", folder);
	list_one(
	    req, l, "..", folder->parent == NULL ? folder : folder->parent);
	RB_FOREACH(m, names, &folder->children)
	if (m->now != NULL)
		list_one(req, l, m->text, m->now);
}

static void
on_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct listing *l = calloc(1, sizeof(*l));

	(void)ino;
	if (l == NULL)
		err(1, "memory");
	fi->fh = (uint64_t)(uintptr_t)l;
	fuse_reply_open(req, fi);
}

static void
on_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t at,
    struct fuse_file_info *fi)
{
	struct listing *l = (struct listing *)(uintptr_t)fi->fh;
	size_t rest;

	if (at == 0)
		list(req, l, node_of(ino));
	rest = (size_t)at < l->len ? l->len - (size_t)at : 0;
	fuse_reply_buf(
	    req, l->bytes + (rest == 0 ? 0 : at), rest < size ? rest : size);
}

static void
on_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct listing *l = (struct listing *)(uintptr_t)fi->fh;

	(void)ino;
	free(l->bytes);
	free(l);
	fuse_reply_err(req, 0);
}

/* -------------------------------------------------------------------------- */

static const struct fuse_lowlevel_ops ops = {
    .lookup = on_lookup,
    .forget = on_forget,
    .forget_multi = on_forget_multi,
    .getattr = on_getattr,
    .setattr = on_setattr,
    .readlink = on_readlink,
    .statfs = on_statfs,
    .mknod = on_mknod,
    .mkdir = on_mkdir,
    .symlink = on_symlink,
    .create = on_create,
    .link = on_link,
    .unlink = on_unlink,
    .rmdir = on_rmdir,
    .rename = on_rename,
    .open = on_open,
    .read = on_read,
    .write = on_write,
    .fallocate = on_fallocate,
    .fsync = on_sync,
    .fsyncdir = on_sync,
    .opendir = on_opendir,
    .readdir = on_readdir,
    .releasedir = on_releasedir,
};

static void
tree(void)
{
	fs.root = node_new(S_IFDIR | 0755, 0, 0, 0);
	fs.root->names = 1; /* there, whatever happens */
	fs.handle = node_new(S_IFREG | 0600, 0, 0, 0);
	fs.handle->names = 1;
}

int
main(int argc, char *argv[])
{
	char *words[] = {argv[0], "-o",
	    "allow_other,default_permissions,suid,dev,fsname=strictfs", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, words);
	struct fuse_session *session;
	int status;

	if (argc != 2) {
		fprintf(stderr, "usage: strictfs FOLDER\n");
		return 100;
	}
	tree();
	signal(SIGCHLD, SIG_IGN);
	session = fuse_session_new(&args, &ops, sizeof(ops), NULL);
	if (session == NULL || fuse_set_signal_handlers(session) != 0 ||
	    fuse_session_mount(session, argv[1]) != 0)
		errx(111, "%s: cannot mount", argv[1]);
	status = fuse_session_loop(session);
	fuse_session_unmount(session);
	fuse_session_destroy(session);
	return status < 0 ? 1 : 0;
}
