#include "reply.h"

#include <ctype.h>
#include <string.h>

void
reply_begin(struct reply *reply)
{
	reply->code = 0;
	reply->status[0] = reply->text[0] = '\0';
	reply->words = "";
	reply->lines = reply->len = 0;
	reply->mixed = false;
}

/* Digits up to three at text (RFC 3463 2).  How many. */
static size_t
number(const char *text)
{
	size_t n = strspn(text, "0123456789");

	return n > 3 ? 0 : n;
}

/* The length of an enhanced status of that class, or 0. */
static size_t
status_length(const char *words, char class)
{
	size_t subject, detail;

	if (words[0] != class || words[1] != '.')
		return 0;
	if ((subject = number(words + 2)) == 0 || words[2 + subject] != '.')
		return 0;
	if ((detail = number(words + 3 + subject)) == 0)
		return 0;
	words += 3 + subject + detail;
	return *words == ' ' || *words == '\0' ? 3 + subject + detail : 0;
}

static void
add_text(struct reply *reply, const char *words)
{
	size_t n = strlen(reply->text);

	if (n > 0 && n < REPLY_TEXT - 1 && *words != '\0')
		reply->text[n++] = ' ';
	for (; *words != '\0' && n < REPLY_TEXT - 1; words++)
		reply->text[n++] = *words >= ' ' && *words < 127 ? *words : '?';
	reply->text[n] = '\0';
}

/* RFC 5321 4.2.1 wants one code in all lines; the last one's counts. */
static void
take_code(struct reply *reply)
{
	const char *line = reply->line;
	int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';

	if (reply->lines > 1 && code != reply->code)
		reply->mixed = true;
	reply->code = code;
}

/* The line is whole: take it apart. */
static enum reply_event
take_line(struct reply *reply)
{
	const char *line = reply->line;
	size_t n, i;

	/* A NUL would hide what follows it from all that reads text. */
	for (i = 0; i < reply->len; i++)
		if (reply->line[i] == '\0')
			reply->line[i] = '?';
	reply->line[reply->len] = '\0';
	if (++reply->lines > REPLY_LINES || line[0] < '2' || line[0] > '5' ||
	    !isdigit((unsigned char)line[1]) ||
	    !isdigit((unsigned char)line[2]) ||
	    (line[3] != ' ' && line[3] != '-' && line[3] != '\0'))
		return REPLY_BAD;
	take_code(reply);
	reply->words = line[3] == '\0' ? line + 3 : line + 4;
	n = status_length(reply->words, line[0]);
	if (n > 0 && n < STATUS_SIZE) {
		memcpy(reply->status, reply->words, n);
		reply->status[n] = '\0';
	}
	/* Code and status once, though they stand in every line. */
	if (reply->lines == 1) {
		add_text(reply, line);
		if (line[3] == '-')
			reply->text[3] = ' ';
	} else {
		if (n > 0)
			n += reply->words[n] == ' ';
		add_text(reply, reply->words + n);
		memcpy(reply->text, line, 3);
	}
	return line[3] == '-' ? REPLY_PART : REPLY_LAST;
}

enum reply_event
reply_feed(struct reply *reply, const char *bytes, size_t len, size_t *used)
{
	const char *end = memchr(bytes, '\n', len);
	size_t n = end == NULL ? len : (size_t)(end - bytes);
	enum reply_event event;

	*used = end == NULL ? len : n + 1;
	if (n > REPLY_LINE - reply->len)
		return REPLY_BAD;
	memcpy(reply->line + reply->len, bytes, n);
	reply->len += n;
	if (end == NULL)
		return REPLY_MORE;
	/* A bare LF from a server harms nobody: it ends a line all the same. */
	if (reply->len > 0 && reply->line[reply->len - 1] == '\r')
		reply->len--;
	event = take_line(reply);
	reply->len = 0;
	return event;
}
