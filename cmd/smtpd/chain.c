/*
 * What the policy servers say of a recipient, one after the other.
 *
 * The actions are those of Postfix's access(5).
 */
#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "exits.h"

#define RULE_SIZE   (POLICY_NAME + 8)
#define PREPEND_MAX 20
#define HEADER_LINE 998 /* RFC 5322 2.1.1 */

#define TEXT_REFUSED "Access denied"
#define TEXT_LATER   "Service temporarily unavailable, try again later"

/* What comes of one answer. */
enum outcome { OUTCOME_NEXT, OUTCOME_ACCEPT, OUTCOME_REFUSED };

/* "policy:inet:127.0.0.1:10023" */
static void
name_rule(const struct session *s, char rule[RULE_SIZE])
{
	strlcpy(rule, "policy:", RULE_SIZE);
	strlcat(rule, s->config->policy.list[s->server - 1].name, RULE_SIZE);
}

/* How long the "D.S.N " at the start of text is, of that class; or 0. */
static size_t
status_length(const char *text, char class)
{
	size_t n, i = 1, dots;

	if (text[0] != class)
		return 0;
	for (dots = 0; dots < 2 && text[i] == '.'; dots++) {
		n = strspn(text + i + 1, "0123456789");
		if (n == 0 || n > 3)
			return 0;
		i += n + 1;
	}
	return dots == 2 && (text[i] == ' ' || text[i] == '\0') ? i : 0;
}

/*
 * Refuse the recipient: code may be followed by a status, text may begin with
 * one.  "<address>... " stands where sendmail puts it.
 */
static void
refuse(struct session *s, const char *code, const char *text, const char *rule)
{
	char status[12] = "4.7.1", prefix[PATH_ADDRESS + 8] = "";
	size_t n = status_length(text, code[0]);

	status[0] = code[0];
	if (n > 0 && n < sizeof(status)) {
		strlcpy(status, text, n + 1);
		text += n + strspn(text + n, " ");
	}
	if (*text == '\0')
		text = code[0] == '5' ? TEXT_REFUSED : TEXT_LATER;
	if (strncmp(code, "450", 3) == 0 || strncmp(code, "550", 3) == 0 ||
	    strncmp(code, "553", 3) == 0)
		snprintf(prefix, sizeof(prefix), "<%s>... ", s->asked);
	session_refuse(s, rule, "%.3s %s %s%s", code, status, prefix, text);
}

/* A refusal for good, if no server wants it to be one for now. */
static enum outcome
refuse_or_defer(struct session *s, const char *code, const char *text)
{
	char rule[RULE_SIZE];

	if (code[0] == '5' && s->if_reject != NULL)
		refuse(s, "450", s->if_reject, s->if_reject_rule);
	else {
		name_rule(s, rule);
		refuse(s, code, text, rule);
	}
	return OUTCOME_REFUSED;
}

/* Keep the first. */
static void
remember(
    const struct session *s, char **text, char **kept_rule, const char *new)
{
	char rule[RULE_SIZE];

	if (*text != NULL)
		return;
	name_rule(s, rule);
	if ((*text = strdup(new)) == NULL ||
	    (*kept_rule = strdup(rule)) == NULL)
		err(EXIT_TEMP, "session");
}

/* --- the actions ---------------------------------------------------------- */

static enum outcome
pass(struct session *s, const char *text)
{
	(void)s;
	(void)text;
	return OUTCOME_NEXT;
}

static enum outcome
permit(struct session *s, const char *text)
{
	(void)s;
	(void)text;
	return OUTCOME_ACCEPT;
}

static enum outcome
reject(struct session *s, const char *text)
{
	return refuse_or_defer(s, "550", text);
}

static enum outcome
defer(struct session *s, const char *text)
{
	return refuse_or_defer(s, "450", text);
}

static enum outcome
defer_if_permit(struct session *s, const char *text)
{
	remember(s, &s->if_permit, &s->if_permit_rule, text);
	return OUTCOME_NEXT;
}

static enum outcome
defer_if_reject(struct session *s, const char *text)
{
	remember(s, &s->if_reject, &s->if_reject_rule, text);
	return OUTCOME_NEXT;
}

static void
mark(struct session *s, enum verdict_kind kind, const char *text)
{
	char rule[RULE_SIZE];
	struct verdict v = {.kind = kind, .text = text, .rule = rule};

	name_rule(s, rule);
	session_mark(s, &v);
}

static enum outcome
hold(struct session *s, const char *text)
{
	mark(s, VERDICT_HOLD, text);
	return OUTCOME_NEXT;
}

static enum outcome
discard(struct session *s, const char *text)
{
	mark(s, VERDICT_DISCARD, text);
	return OUTCOME_ACCEPT;
}

static enum outcome
warn_of(struct session *s, const char *text)
{
	char rule[RULE_SIZE];

	name_rule(s, rule);
	session_note(s, "warned", text, rule);
	return OUTCOME_NEXT;
}

/* "Name: value", as it may stand in a header (RFC 5322 2.2). */
static bool
is_field(const char *text)
{
	const char *p = text;

	while (*p > ' ' && *p <= '~' && *p != ':')
		p++;
	if (p == text || *p != ':' || strlen(text) > HEADER_LINE)
		return false;
	for (; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p) && *p != '\t')
			return false;
	return true;
}

static enum outcome
prepend(struct session *s, const char *text)
{
	const char *had;
	size_t at = 0;
	unsigned n = 0;

	if (!is_field(text))
		return warn_of(s, "PREPEND without a header field");
	while ((had = record_each(&s->envelope, "prepend", &at)) != NULL)
		if (strcmp(had, text) == 0 || ++n == PREPEND_MAX)
			return OUTCOME_NEXT;
	record_add(&s->envelope, "prepend", text);
	return OUTCOME_NEXT;
}

static const struct action {
	const char *word;
	enum outcome (*act)(struct session *, const char *text);
} actions[] = {
    {"DUNNO", pass},
    {"OK", permit},
    {"REJECT", reject},
    {"DEFER", defer},
    {"DEFER_IF_PERMIT", defer_if_permit},
    {"DEFER_IF_REJECT", defer_if_reject},
    {"HOLD", hold},
    {"DISCARD", discard},
    {"PREPEND", prepend},
    {"WARN", warn_of},
    {"INFO", warn_of},
};

static enum outcome
act(struct session *s, const char *action)
{
	const size_t len = strcspn(action, " \t");
	/* cppcheck-suppress pointerOutOfBoundsCond ; len is within it */
	const char *text = action + len + strspn(action + len, " \t");
	char rule[RULE_SIZE];
	size_t i;

	if (len == 3 && (action[0] == '4' || action[0] == '5') &&
	    isdigit((unsigned char)action[1]) &&
	    isdigit((unsigned char)action[2]))
		return refuse_or_defer(s, action, text);
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strlen(actions[i].word) == len &&
		    strncasecmp(actions[i].word, action, len) == 0)
			return actions[i].act(s, text);
	name_rule(s, rule);
	session_refuse(s, rule, "451 4.3.5 Server configuration problem");
	return OUTCOME_REFUSED;
}

/* --- the chain ------------------------------------------------------------ */

static void
forget(struct session *s)
{
	free(s->if_permit);
	free(s->if_permit_rule);
	free(s->if_reject);
	free(s->if_reject_rule);
	s->if_permit = s->if_permit_rule = NULL;
	s->if_reject = s->if_reject_rule = NULL;
	s->server = 0;
}

void
chain_free(struct session *s)
{
	forget(s);
}

static bool
ask_next(struct session *s)
{
	if (s->server == s->config->policy.count)
		return false;
	s->server++;
	session_ask(s, PHASE_RCPT, s->asked);
	return true;
}

bool
chain_begin(struct session *s)
{
	if (s->trusted || s->discard || s->always_discard)
		return false;
	return ask_next(s);
}

static void
permitted(struct session *s)
{
	if (s->if_permit != NULL)
		refuse(s, "450", s->if_permit, s->if_permit_rule);
	else
		command_accept(s);
}

void
chain_judged(struct session *s, const struct record *answer)
{
	enum outcome outcome;

	s->phase = PHASE_COMMAND;
	outcome = act(s, answer == NULL ? "" : record_text(answer, "action"));
	if (outcome == OUTCOME_NEXT && ask_next(s))
		return;
	if (outcome != OUTCOME_REFUSED)
		permitted(s);
	forget(s);
	s->asked[0] = '\0';
}
