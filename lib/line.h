/*
 * line - where a line ends, and where a message ends
 *
 * The only judge of line ends in what comes by SMTP.  A line ends in CR LF and
 * in nothing else; the data end in CR LF "." CR LF and in nothing else (RFC
 * 5321 2.3.8, 4.1.1.4).  A CR or LF on its own is never mended, only told of:
 * mending is how one message becomes two on the next host.
 *
 * Pure: works on the bytes it is given, in pieces of any size.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum line_fault { LINE_BARE_CR, LINE_BARE_LF, LINE_LONG };

/*
 * The command line at the start of bytes: its length with the CR LF (at most
 * max), 0 if its end has not come yet, -1 with *fault.
 */
ssize_t line_command(
    const char *bytes, size_t len, size_t max, enum line_fault *fault);

/* The data of one message.  The owner reads the flags. */
struct line_data {
	int state;
	bool chunks; /* dots mean nothing */
	bool bare_cr;
	bool bare_lf;
	bool nul;
	size_t length;  /* of the line that is being read */
	size_t longest; /* line so far, its end not counted */
};

void line_data_start(struct line_data *);

/*
 * Take len bytes of data.  Into out (room for len bytes) goes the content: each
 * line ended by LF, the stuffed dots removed; bare CRs and LFs and NULs are
 * left out, and their flags set.  The number of bytes taken: all, or if *end
 * was set, those up to the end of the data.
 */
size_t line_data(struct line_data *, const char *bytes, size_t len, char *out,
    size_t *outlen, bool *end);

/*
 * The same for chunks (BDAT, RFC 3030): no dot is stuffed, and the end is told
 * in advance.  Takes all; returns the bytes in out.
 */
size_t line_chunk(struct line_data *, const char *bytes, size_t len, char *out);
/* The last chunk is over.  true: its last line lacks its end, add an LF. */
bool line_chunk_end(struct line_data *);

#endif
