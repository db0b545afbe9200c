#include <string.h>

#include "strain.h"

void
strain_init(struct strain *s, bool dots)
{
	memset(s, 0, sizeof(*s));
	s->dots = dots;
	s->start = true;
}

/* One byte that is no CR.  Returns how many were put out. */
static long
byte(struct strain *s, char c, char *out)
{
	long n = 0;

	if (s->dot) {
		s->dot = false;
		if (c == '\n') {
			s->ended = true;
			return 0;
		}
		out[n++] = '.';
	} else if (s->dots && s->start && c == '.') {
		s->dot = true;
		return 0;
	}
	out[n++] = c;
	s->start = c == '\n';
	return n;
}

long
strain_bytes(struct strain *s, const char *in, size_t len, char *out)
{
	long n = 0;

	for (size_t i = 0; i < len && !s->ended; i++) {
		if (in[i] == '\0')
			return -1;
		if (s->cr && in[i] != '\n')
			n += byte(s, ' ', out + n);
		s->cr = in[i] == '\r';
		if (!s->cr)
			n += byte(s, in[i], out + n);
	}
	return n;
}
