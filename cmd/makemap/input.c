#include <string.h>
#include <unistd.h>

#include "input.h"

/* Read more behind what is there.  -1 with errno. */
static int
fill(struct input *in)
{
	ssize_t n;

	memmove(in->buffer, in->buffer + in->at, in->end - in->at);
	in->end -= in->at;
	in->at = 0;
	n = read(STDIN_FILENO, in->buffer + in->end,
	    sizeof(in->buffer) - 1 - in->end);
	if (n == -1)
		return -1;
	in->end += (size_t)n;
	in->over = n == 0;
	return 0;
}

int
input_line(struct input *in, char **text, size_t *len)
{
	const size_t most = PAIR_SIZE - 1;
	size_t there;
	char *lf;

	for (;;) {
		*text = in->buffer + in->at;
		there = in->end - in->at;
		*len = there < most ? there : most;
		if ((lf = memchr(*text, '\n', *len)) != NULL) {
			*len = (size_t)(lf - *text);
			*lf = '\0';
			in->at += *len + 1;
			return INPUT_LINE;
		}
		if (there >= most || in->over)
			break;
		if (fill(in) == -1)
			return -1;
	}
	in->at += *len;
	if (*len == most)
		return INPUT_PIECE;
	(*text)[*len] = '\0';
	return *len > 0 ? INPUT_LINE : 0;
}
