#include <errno.h>
#include <string.h>

#include "submit.h"

#define SUBMIT_WAIT 300 /* seconds; a full disk answers sooner */

int
submit_begin(
    struct submit *submit, const char *socket, const struct record *envelope)
{
	const char *name, *value;
	char field[64];
	size_t at = 0;

	memset(submit, 0, offsetof(struct submit, chunk));
	submit->last = '\n';
	record_init(&submit->head, RECORD_ENVELOPE);
	if (record_add(&submit->head, "request", "inject") == -1)
		return -1;
	while (record_walk(envelope, &at, &name, &value)) {
		if (strlcpy(field, name, sizeof(field)) >= sizeof(field) &&
		    strchr(field, '=') == NULL) {
			errno = EMSGSIZE;
			return -1;
		}
		field[strcspn(field, "=")] = '\0';
		if (record_add(&submit->head, field, value) == -1)
			return -1;
	}
	return query_open(&submit->query, socket, SUBMIT_WAIT);
}

/* Send the chunk.  A peer that hung up may still have told us why. */
static int
flush(struct submit *submit, bool more)
{
	struct record *head = &submit->head;

	if (more && record_add(head, "more", "yes") == -1)
		return -1;
	if (record_addf(head, "size", "%zu", submit->len) == -1)
		return -1;
	if (query_send(&submit->query, head, submit->chunk, submit->len) ==
	    -1) {
		if (errno != EPIPE && errno != ECONNRESET)
			return -1;
		submit->broken = true;
	}
	submit->len = 0;
	record_clear(head);
	return record_add(head, "request", "more");
}

int
submit_bytes(struct submit *submit, const char *bytes, size_t len)
{
	size_t n;

	while (len > 0 && !submit->broken) {
		if (submit->len == sizeof(submit->chunk) &&
		    flush(submit, true) == -1)
			return -1;
		n = sizeof(submit->chunk) - submit->len;
		if (n > len)
			n = len;
		memcpy(submit->chunk + submit->len, bytes, n);
		submit->len += n;
		submit->last = bytes[n - 1];
		bytes += n;
		len -= n;
	}
	return 0;
}

int
submit_end(struct submit *submit, struct record *answer)
{
	if (submit->last != '\n' && submit_bytes(submit, "\n", 1) == -1)
		return -1;
	if (!submit->broken && flush(submit, false) == -1)
		return -1;
	if (query_next(&submit->query, answer) == -1)
		return -1;
	if (record_get(answer, "class") != NULL)
		return 0;
	errno = EPROTO;
	return -1;
}

void
submit_free(struct submit *submit)
{
	record_free(&submit->head);
	if (submit->query.in != NULL)
		query_close(&submit->query);
}
