#include "relay.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"
#include "submit.h"

/* inject's question, but for the content. */
static int
make_envelope(struct record *r, const char *me, const struct letter *l,
    const struct place *places, size_t count)
{
	const char *body = record_get(&l->record, "body");
	size_t i;
	int bad;

	bad = record_add(r, "sender", record_text(&l->record, "sender"));
	for (i = 0; i < count && bad == 0; i++)
		if (strchr(places[i].text, '@') != NULL)
			bad = record_add(r, "recipient", places[i].text);
		else
			bad = record_addf(r, "recipient", "%s%s@%s",
			    places[i].direct ? "\\" : "", places[i].text, me);
	if (bad == 0 && body != NULL)
		bad = record_add(r, "body", body);
	return bad;
}

static int
give(const char *bytes, size_t len, void *arg)
{
	return submit_bytes(arg, bytes, len);
}

static int
talk(struct submit *s, const char *socket, const struct record *envelope,
    const struct letter *l, struct record *answer)
{
	char *head = letter_head(l, false);
	int r = submit_begin(s, socket, envelope);

	if (r == 0)
		r = submit_bytes(s, head, strlen(head));
	free(head);
	if (r == 0)
		r = letter_read(l, give, s);
	return r == 0 ? submit_end(s, answer) : -1;
}

void
relay(const char *socket, const char *me, const struct letter *l,
    const struct place *places, size_t count, struct fate *f)
{
	struct submit *s = malloc(sizeof(*s));
	struct record envelope, answer;
	int saved;

	if (s == NULL)
		err(EXIT_TEMP, NULL);
	record_init(&envelope, RECORD_ENVELOPE);
	record_init(&answer, RECORD_QUESTION);
	if (make_envelope(&envelope, me, l, places, count) == -1) {
		fate_errno(f, "envelope");
	} else {
		if (talk(s, socket, &envelope, l, &answer) == 0) {
			fate_hear(f, &answer);
			if (f->class == FATE_DONE)
				fate_set(f, FATE_DONE, "2.0.0", "sent on as %s",
				    record_text(&answer, "id"));
		} else
			fate_errno(f, "inject");
		saved = errno;
		submit_free(s);
		errno = saved;
	}
	record_free(&envelope);
	record_free(&answer);
	free(s);
}
