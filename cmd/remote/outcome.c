#include "outcome.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exits.h"

const char *outcome_name(enum outcome_class class)
{
	return class == OUTCOME_DONE     ? "done"
	       : class == OUTCOME_FAILED ? "failed"
					 : "deferred";
}

void
outcome_free(struct outcome *o)
{
	free(o->text);
	free(o->reply);
	free(o->mta);
	memset(o, 0, sizeof(*o));
}

static char *
copy(const char *text)
{
	char *new;

	if (text == NULL)
		return NULL;
	if ((new = strdup(text)) == NULL)
		err(EXIT_TEMP, "outcome");
	return new;
}

void
outcome_set(struct outcome *o, enum outcome_class class, const char *status,
    const char *peer, const char *why)
{
	char text[REPLY_TEXT + PEER_NAME];

	outcome_free(o);
	o->class = class;
	(void)strlcpy(o->status, status, sizeof(o->status));
	(void)snprintf(text, sizeof(text), "%s%s%s", peer == NULL ? "" : peer,
	    peer == NULL ? "" : " ", why);
	o->text = copy(text);
	o->mta = copy(peer);
}

void
outcome_quote(struct outcome *o, enum outcome_class class, const char *peer,
    const struct reply *reply, const char *what)
{
	char text[REPLY_TEXT + PEER_NAME + 64];
	char digit = class == OUTCOME_DONE     ? '2'
		     : class == OUTCOME_FAILED ? '5'
					       : '4';

	outcome_free(o);
	o->class = class;
	/*
	 * 421 is about the host, whatever the status it has; and the digit and
	 * our class must say the same (RFC 3463 2).
	 */
	if (reply->code == 421)
		(void)strlcpy(o->status, "4.3.2", sizeof(o->status));
	else if (reply->status[0] == digit)
		(void)strlcpy(o->status, reply->status, sizeof(o->status));
	else
		(void)snprintf(o->status, sizeof(o->status), "%c.0.0", digit);
	(void)snprintf(text, sizeof(text), "%s said: %s (in reply to %s%s)",
	    peer, reply->text, what, reply->mixed ? ", with mixed codes" : "");
	o->of_host = class == OUTCOME_DEFERRED && reply->code == 421;
	o->text = copy(text);
	o->reply = copy(reply->text);
	o->mta = copy(peer);
}

void
outcome_copy(struct outcome *to, const struct outcome *from)
{
	outcome_free(to);
	*to = *from;
	to->text = copy(from->text);
	to->reply = copy(from->reply);
	to->mta = copy(from->mta);
}
