#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "trial.h"

static const char *const stages[TRIAL_QUESTIONS] = {"CONNECT", "MAIL", "RCPT"};

/* What may be wanted by a word, besides the start of a reply. */
static const struct {
	const char *word;
	int kind;
	char digit; /* of the reply */
} words[] = {
    {"accept", OUTCOME_ACCEPT, 0},
    {"relay", OUTCOME_RELAY, 0},
    {"quarantine", OUTCOME_QUARANTINE, 0},
    {"discard", OUTCOME_DISCARD, 0},
    {"reject", OUTCOME_REFUSED, '5'},
    {"defer", OUTCOME_REFUSED, '4'},
};
#define WORDS (sizeof(words) / sizeof(words[0]))

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
trial_is_empty(const char *line)
{
	while (is_blank(*line))
		line++;
	return *line == '\0' || *line == '#';
}

/* The next word, which a quoted string may make long.  NULL: there is none. */
static char *
next_word(char **rest)
{
	char *p = *rest, *word;
	bool quoted = false;

	while (is_blank(*p))
		p++;
	for (word = p; *p != '\0' && (quoted || !is_blank(*p)); p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	if (*p != '\0')
		*p++ = '\0';
	*rest = p;
	return *word == '\0' ? NULL : word;
}

static char *
without_brackets(char *word)
{
	size_t len = strlen(word);

	if (len < 2 || word[0] != '<' || word[len - 1] != '>')
		return word;
	word[len - 1] = '\0';
	return word + 1;
}

static bool
is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 ||
	       inet_pton(AF_INET6, text, bytes) == 1;
}

/* "IP", or "NAME[IP]" of a client whose name is verified. */
static const char *
parse_client(char *word, struct trial *t)
{
	size_t len = strlen(word);
	char *bracket = strchr(word, '[');

	t->address = word;
	if (bracket != NULL && word[len - 1] == ']') {
		word[len - 1] = '\0';
		*bracket = '\0';
		t->address = bracket + 1;
		t->name = bracket > word ? word : NULL;
	}
	return is_address(t->address) ? NULL : "client is not IP or NAME[IP]";
}

static bool
is_wanted(const char *text)
{
	size_t i;

	for (i = 0; i < WORDS; i++)
		if (strcmp(text, words[i].word) == 0)
			return true;
	return (*text == '4' || *text == '5') &&
	       isdigit((unsigned char)text[1]) &&
	       isdigit((unsigned char)text[2]) &&
	       (text[3] == '\0' || text[3] == ' ');
}

static void
trim_end(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && is_blank(text[len - 1]))
		text[--len] = '\0';
}

const char *
trial_parse(const char *line, struct trial *t)
{
	char *rest = t->text, *client, *helo, *sender, *recipient;

	memset(t, 0, sizeof(*t));
	if (strlcpy(t->text, line, sizeof(t->text)) >= sizeof(t->text))
		return "line too long";
	if ((client = next_word(&rest)) == NULL ||
	    (helo = next_word(&rest)) == NULL ||
	    (sender = next_word(&rest)) == NULL ||
	    (recipient = next_word(&rest)) == NULL)
		return "not \"client helo sender recipient verdict\"";
	t->helo = strcmp(helo, "-") == 0 ? NULL : helo;
	t->sender = without_brackets(sender);
	t->recipient = without_brackets(recipient);
	while (is_blank(*rest))
		rest++;
	trim_end(rest);
	t->wanted = rest;
	if (!is_wanted(rest))
		return "verdict is none of accept, relay, reject, defer, "
		       "discard, quarantine or a reply";
	return parse_client(client, t);
}

static int
ask_one(const struct trial *t, const char *stage, struct record *r)
{
	record_clear(r);
	if (record_add(r, "request", "smtpd_access_policy") == -1 ||
	    record_add(r, "protocol_state", stage) == -1 ||
	    record_add(r, "client_address", t->address) == -1 ||
	    record_add(r, "client_name",
		t->name != NULL ? t->name : "unknown") == -1 ||
	    record_add(r, "client_resolve", t->name != NULL ? "OK" : "FAIL") ==
		-1 ||
	    (t->helo != NULL && record_add(r, "helo_name", t->helo) == -1) ||
	    record_add(r, "sender", t->sender) == -1 ||
	    record_add(r, "recipient", t->recipient) == -1)
		return -1;
	return 0;
}

int
trial_ask(const struct trial *t, FILE *out)
{
	struct record r;
	int i, done = 0;

	record_init(&r, RECORD_QUESTION);
	for (i = 0; done == 0 && i < TRIAL_QUESTIONS; i++)
		if ((done = ask_one(t, stages[i], &r)) == 0)
			done = record_print(out, &r);
	record_free(&r);
	return done;
}

static void
set(struct outcome *o, int kind, const char *text, const char *rule)
{
	o->kind = kind;
	(void)strlcpy(o->text, text, sizeof(o->text));
	(void)strlcpy(o->rule, rule, sizeof(o->rule));
}

void
trial_hear(struct outcome *o, const struct record *answer)
{
	const char *action = record_text(answer, "action");
	const char *rule = record_text(answer, "rule");

	if (o->kind == OUTCOME_REFUSED)
		return;
	if (*action == '4' || *action == '5')
		set(o, OUTCOME_REFUSED, action, rule);
	else if (strncmp(action, "DISCARD", 7) == 0)
		set(o, OUTCOME_DISCARD, "", rule);
	else if (o->kind == OUTCOME_DISCARD)
		return;
	else if (strncmp(action, "HOLD", 4) == 0)
		set(o, OUTCOME_QUARANTINE, "", rule);
	else if (o->kind == OUTCOME_QUARANTINE)
		return;
	else if (strncmp(action, "OK", 2) == 0)
		set(o, OUTCOME_RELAY, "", rule);
	else if (*rule != '\0')
		set(o, o->kind, "", rule);
}

bool
trial_holds(const struct trial *t, const struct outcome *o)
{
	size_t i;

	for (i = 0; i < WORDS; i++) {
		if (strcmp(t->wanted, words[i].word) != 0)
			continue;
		/* What is relayed is accepted, too. */
		if (words[i].kind == OUTCOME_ACCEPT && o->kind == OUTCOME_RELAY)
			return true;
		return (int)o->kind == words[i].kind &&
		       (words[i].digit == 0 || words[i].digit == o->text[0]);
	}
	return o->kind == OUTCOME_REFUSED &&
	       strncmp(o->text, t->wanted, strlen(t->wanted)) == 0;
}

const char *
trial_tell(const struct outcome *o)
{
	static const char *const kinds[] = {
	    "accept", "relay", "quarantine", "discard"};

	return o->kind == OUTCOME_REFUSED ? o->text : kinds[o->kind];
}
