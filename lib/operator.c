#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <string.h>

#include "exits.h"
#include "operator.h"

#define OPERATOR_WAIT 120 /* seconds between two records */

/* A peer that hangs up at once did not like us. */
static int
tell(const struct operator* operator)
{
	if (errno == ECONNRESET || errno == EPIPE)
		warnx("the queue manager at %s hung up (it answers root and"
		      " the group pnadmin alone)",
		      operator->socket);
	else
		warn("queue manager at %s", operator->socket);
	return EXIT_TEMP;
}

int
operator_ask(struct operator* operator, const struct paths * paths,
    const struct record *question)
{
	int status;

	path_socket(operator->socket, paths, "qmgr");
	if (query_open(&operator->query, operator->socket, OPERATOR_WAIT) ==
	    -1) {
		warn("cannot reach the queue manager at %s", operator->socket);
		return EXIT_TEMP;
	}
	if (query_send(&operator->query, question, NULL, 0) == 0)
		return 0;
	status = tell(operator);
	operator_close(operator);
	return status;
}

int
operator_next(struct operator* operator, struct record * answer, int *status)
{
	const char *class;

	if (query_next(&operator->query, answer) == -1) {
		*status = tell(operator);
		return -1;
	}
	if (record_get(answer, "end") != NULL)
		return 0;
	class = record_get(answer, "class");
	if (class == NULL)
		return 1;
	if (strcmp(class, "done") == 0)
		return 0;
	*status = strcmp(class, "failed") == 0 ? EXIT_PERM : EXIT_TEMP;
	warnx("queue manager: %s", record_text(answer, "text"));
	return -1;
}

void operator_close(struct operator* operator)
{
	query_close(&operator->query);
}

void
operator_print(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (isprint((unsigned char)*text))
			putc_unlocked(*text, out);
		else
			fprintf(out, "\\x%02X", (unsigned char)*text);
}
