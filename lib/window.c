#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "exits.h"
#include "window.h"

ssize_t
read_at(int fd, char *bytes, size_t len, off_t at)
{
	size_t done = 0;
	ssize_t got;

	while (done < len) {
		got = pread(fd, bytes + done, len - done, at + (off_t)done);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static int
fill(struct window *w, int fd, off_t at, size_t len)
{
	size_t want = len > w->least ? len : w->least;
	ssize_t got;

	if (want > w->size) {
		free(w->bytes);
		if ((w->bytes = malloc(want)) == NULL)
			err(EXIT_TEMP, "%zu bytes of a file", want);
		w->size = want;
	}
	/* A bad sector further on is none of this reader's. */
	if ((got = read_at(fd, w->bytes, want, at)) == -1 && len < want)
		got = read_at(fd, w->bytes, len, at);
	w->at = at;
	w->len = got == -1 ? 0 : (size_t)got;
	return got == -1 ? -1 : 0;
}

ssize_t
window_show(struct window *w, int fd, off_t at, size_t len, const char **bytes)
{
	size_t there;

	if ((at < w->at || at + (off_t)len > w->at + (off_t)w->len) &&
	    fill(w, fd, at, len) == -1)
		return -1;
	*bytes = w->bytes + (at - w->at);
	there = w->len - (size_t)(at - w->at);
	return (ssize_t)(there < len ? there : len);
}

void
window_free(struct window *w)
{
	free(w->bytes);
	w->bytes = NULL;
	w->len = w->size = 0;
}

void
window_drop(struct window **w)
{
	if (*w != NULL)
		window_free(*w);
	free(*w);
	*w = NULL;
}

void
window_renew(struct window **w, size_t least)
{
	window_drop(w);
	if ((*w = calloc(1, sizeof(**w))) == NULL)
		err(EXIT_TEMP, "window");
	(*w)->least = least;
}
