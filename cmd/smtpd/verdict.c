#include "verdict.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* "550 5.7.1 Access denied", without a byte that could end the line */
static bool
is_reply(const char *s)
{
	const char *p;

	if ((s[0] != '4' && s[0] != '5') || !isdigit((unsigned char)s[1]) ||
	    !isdigit((unsigned char)s[2]) || s[3] != ' ' || s[4] == '\0')
		return false;
	for (p = s; *p != '\0'; p++)
		if (iscntrl((unsigned char)*p))
			return false;
	return true;
}

void
verdict_read(struct verdict *v, const struct record *answer)
{
	static const struct {
		const char *word;
		enum verdict_kind kind;
	} words[] = {
	    {"DUNNO", VERDICT_PASS},
	    {"OK", VERDICT_PASS},
	    {"DISCARD", VERDICT_DISCARD},
	    {"HOLD", VERDICT_HOLD},
	};
	const char *action;
	size_t i, len;

	v->kind = VERDICT_REFUSE;
	v->text = "451 4.3.0 Temporary system failure, try again later";
	v->rule = "smtpd:no answer from access";
	if (answer == NULL)
		return;
	v->rule = record_text(answer, "rule");
	action = record_text(answer, "action");
	if (is_reply(action)) {
		v->text = action;
		return;
	}
	len = strcspn(action, " ");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len &&
		    strncasecmp(action, words[i].word, len) == 0) {
			v->kind = words[i].kind;
			v->text = action + len + strspn(action + len, " ");
			return;
		}
	v->rule = "smtpd:senseless answer from access";
}
