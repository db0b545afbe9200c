#include <stdlib.h>
#include <string.h>
#include <sys/tree.h>

#include <err.h>

#include "exits.h"
#include "history.h"
#include "logline.h"

/* A session, a message, or a question that was asked already. */
struct entry {
	RB_ENTRY(entry) node;
	char *key;
	struct record said; /* of a session or message: client, sender */
};

RB_HEAD(entries, entry);

struct history {
	struct entries sessions, messages, asked;
	void (*ask)(const struct record *question, void *arg);
	void *arg;
};

static int
compare_entries(const struct entry *a, const struct entry *b)
{
	return strcmp(a->key, b->key);
}

RB_PROTOTYPE(entries, entry, node, compare_entries)
RB_GENERATE(entries, entry, node, compare_entries)

static struct entry *
find(struct entries *all, const char *key)
{
	struct entry wanted;

	wanted.key = (char *)(size_t)key;
	return key == NULL ? NULL : RB_FIND(entries, all, &wanted);
}

/* The entry of that key, which may be there already. */
static struct entry *
take(struct entries *all, const char *key)
{
	struct entry *e = find(all, key);

	if (e != NULL)
		return e;
	if ((e = calloc(1, sizeof(*e))) == NULL ||
	    (e->key = strdup(key)) == NULL)
		err(EXIT_TEMP, "log");
	record_init(&e->said, RECORD_QUESTION);
	RB_INSERT(entries, all, e);
	return e;
}

static void
drop(struct entries *all, struct entry *e)
{
	if (e == NULL)
		return;
	RB_REMOVE(entries, all, e);
	record_free(&e->said);
	free(e->key);
	free(e);
}

static void
drop_all(struct entries *all)
{
	while (!RB_EMPTY(all))
		drop(all, RB_MIN(entries, all));
}

struct history *
history_new(void (*ask)(const struct record *question, void *arg), void *arg)
{
	struct history *h = calloc(1, sizeof(*h));

	if (h == NULL)
		err(EXIT_TEMP, "log");
	RB_INIT(&h->sessions);
	RB_INIT(&h->messages);
	RB_INIT(&h->asked);
	h->ask = ask;
	h->arg = arg;
	return h;
}

void
history_free(struct history *h)
{
	if (h == NULL)
		return;
	drop_all(&h->sessions);
	drop_all(&h->messages);
	drop_all(&h->asked);
	free(h);
}

static void
add(struct record *r, const char *name, const char *value)
{
	if (value != NULL)
		(void)record_add(r, name, value); /* too long: not told */
}

static void
copy(struct record *to, const struct record *from)
{
	static const char *const names[] = {"client_address", "client_name",
	    "reverse_client_name", "client_resolve", "helo_name", "sender"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add(to, names[i], record_get(from, names[i]));
}

/* One question, unless it was asked before. */
static void
ask(struct history *h, const char *state, const struct record *said,
    const char *recipient)
{
	struct record question;
	char *text, *key;
	size_t len;

	record_init(&question, RECORD_QUESTION);
	add(&question, "protocol_state", state);
	copy(&question, said);
	add(&question, "recipient", recipient);
	if ((text = record_encode(&question, &len)) == NULL ||
	    (key = strndup(text, len)) == NULL)
		err(EXIT_TEMP, "log");
	if (find(&h->asked, key) == NULL) {
		take(&h->asked, key);
		h->ask(&question, h->arg);
	}
	free(key);
	free(text);
	record_free(&question);
}

static void
connected(struct history *h, const char *session, const struct logline *line)
{
	struct entry *e = take(&h->sessions, session);

	record_clear(&e->said);
	add(&e->said, "client_address", logline_get(line, "address"));
	add(&e->said, "client_name", logline_get(line, "name"));
	add(&e->said, "reverse_client_name", logline_get(line, "reverse"));
	add(&e->said, "client_resolve", logline_get(line, "resolve"));
	ask(h, "CONNECT", &e->said, NULL);
}

/* A sender that is not told is the empty one. */
static void
spoken(
    struct history *h, const struct entry *session, const struct logline *line)
{
	const char *sender = logline_get(line, "sender");
	const char *recipient = logline_get(line, "recipient");
	const char *id = logline_get(line, "id");
	struct record said;

	if (sender == NULL && recipient == NULL && id == NULL)
		return;
	if (sender == NULL || strcmp(sender, "<>") == 0)
		sender = "";
	record_init(&said, RECORD_QUESTION);
	copy(&said, &session->said);
	add(&said, "sender", sender);
	ask(h, "MAIL", &said, NULL);
	if (recipient != NULL)
		ask(h, "RCPT", &said, recipient);
	if (id != NULL && find(&h->messages, id) == NULL)
		copy(&take(&h->messages, id)->said, &said);
	record_free(&said);
}

/* What became of a message's recipient, who may have been another before. */
static void
delivered(
    struct history *h, const struct entry *message, const struct logline *line)
{
	const char *recipient = logline_get(line, "original");

	if (recipient == NULL)
		recipient = logline_get(line, "recipient");
	if (recipient != NULL)
		ask(h, "RCPT", &message->said, recipient);
}

void
history_line(struct history *h, char *text)
{
	const char *session, *id;
	struct logline line;
	struct entry *e;

	if (!logline_parse(text, &line))
		return;
	session = logline_get(&line, "session");
	id = logline_get(&line, "id");
	if (session != NULL && strcmp(line.event, "connect") == 0)
		connected(h, session, &line);
	else if ((e = find(&h->sessions, session)) != NULL &&
		 strcmp(line.event, "disconnect") == 0)
		drop(&h->sessions, e);
	else if (e != NULL)
		spoken(h, e, &line);
	else if ((e = find(&h->messages, id)) != NULL)
		delivered(h, e, &line);
}
