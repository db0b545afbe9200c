#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <err.h>

#include "exits.h"
#include "glue.h"
#include "mailer.h"
#include "route_one.h"
#include "virtuser.h"

#define REWRITES_MAX 50

char *
route_copy(const char *text)
{
	char *new = strdup(text);

	if (new == NULL)
		err(EXIT_TEMP, "route");
	return new;
}

void
target_free(struct target *t)
{
	free(t->recipient);
	free(t->user);
	free(t->extension);
	free(t->mailer);
	free(t->host);
	free(t->status);
	free(t->text);
	free(t->code);
	free(t->rule);
	free(t->sender);
	free(t->about);
	free(t->where);
	free(t->alias);
	memset(t, 0, sizeof(*t));
}

static void
set_recipient(struct target *t, const char *local, const char *domain)
{
	char address[ADDR_SIZE * 2 + 2];

	addr_join(address, sizeof(address), local, domain);
	t->recipient = route_copy(address);
}

/* The name that a local part spells: no quotes, no escapes. */
static void
spell(const char *from, char *to)
{
	for (; *from != '\0'; from++) {
		if (*from == '"')
			continue;
		if (*from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	*to = '\0';
}

void
target_local(struct target *t, struct tables *tables, const char *local,
    const char *domain)
{
	char user[ADDR_SIZE], *plus;

	memset(t, 0, sizeof(*t));
	t->kind = TARGET_LOCAL;
	t->mailer = route_copy("local");
	/* sendmail: a backslash anywhere ends all looking up. */
	t->direct = strchr(local, '\\') != NULL;
	if (*local == '\\')
		local++;
	set_recipient(t, local, *domain != '\0' ? domain : tables->me);
	spell(local, user);
	if ((plus = strchr(user, '+')) != NULL && plus > user) {
		*plus = '\0';
		t->extension = route_copy(plus + 1);
	}
	addr_fold(user);
	t->user = route_copy(user);
}

void
target_error(struct target *t, const char *recipient, const struct rhs *error,
    const char *rule)
{
	memset(t, 0, sizeof(*t));
	t->kind = TARGET_ERROR;
	t->mailer = route_copy("error");
	t->recipient = route_copy(recipient);
	t->code = route_copy(error->code);
	t->status = route_copy(error->status);
	t->text = route_copy(error->text);
	t->rule = route_copy(rule);
}

static int
fail(struct target *t, const char *recipient, const char *reply,
    const char *rule)
{
	struct rhs error;

	rhs_reply(reply, &error);
	target_error(t, recipient, &error, rule);
	return 0;
}

/* user@domain.REDIRECT names the user's new address. */
static bool
has_moved(const struct addr *a, struct target *t)
{
	static const char mark[] = ".REDIRECT";
	size_t len = strlen(a->domain);
	char reply[ADDR_SIZE * 2 + 64];

	if (len < sizeof(mark) ||
	    strcasecmp(a->domain + len - (sizeof(mark) - 1), mark) != 0)
		return false;
	memset(t, 0, sizeof(*t));
	t->kind = TARGET_ERROR;
	t->mailer = route_copy("error");
	set_recipient(t, a->local, a->domain);
	snprintf(reply, sizeof(reply), "User has moved; please try <%s@%.*s>",
	    a->local, (int)(len - (sizeof(mark) - 1)), a->domain);
	t->code = route_copy("551");
	t->status = route_copy("5.1.1");
	t->text = route_copy(reply);
	t->rule = route_copy("address:redirect");
	return true;
}

/* What only an alias or a .forward may name. */
static const char *
is_special(const char *local)
{
	if (*local == '"')
		local++;
	if (*local == '|')
		return "550 5.7.1 Cannot mail directly to programs";
	if (*local == '/')
		return "550 5.7.1 Cannot mail directly to files";
	if (strncasecmp(local, ":include:", 9) == 0)
		return "550 5.7.1 Cannot mail directly to :include:s";
	return NULL;
}

static int
to_local(struct tables *t, const char *local, const char *domain,
    const char *rule, struct target *out)
{
	const char *special = is_special(local);

	if (special != NULL)
		return fail(out, local, special, "address:special");
	target_local(out, t, local, domain);
	out->rule = route_copy(rule);
	return 0;
}

/*
 * A pseudo domain of one label is written the way UUCP hosts know it; relays
 * get every address as it is.
 */
static void
set_remote(struct target *t, const struct addr *a, const char *me)
{
	size_t len = strcspn(a->domain, ".");
	char path[ADDR_SIZE * 2];

	if (strcasecmp(a->domain + len, ".UUCP") != 0 ||
	    strcmp(t->mailer, "relay") == 0) {
		set_recipient(t, a->local, a->domain);
		return;
	}
	snprintf(path, sizeof(path), "%.*s!%s", (int)len, a->domain, a->local);
	set_recipient(t, path, me);
}

/* m: which mailer and host; no host: the domain's exchangers. */
static int
to_host(struct tables *t, const struct addr *a, const struct mailer *m,
    const char *rule, struct target *out)
{
	memset(out, 0, sizeof(*out));
	out->kind = TARGET_REMOTE;
	out->mailer = route_copy(m->name);
	set_remote(out, a, t->me);
	out->host = route_copy(m->host[0] != '\0' ? m->host : a->domain);
	addr_fold(out->host);
	out->rule = route_copy(rule);
	return 0;
}

/* local:  local:user  local:user@ignored */
static int
by_local(struct tables *t, const struct addr *a, struct mailer *m,
    const char *rule, struct target *out)
{
	char local[ADDR_SIZE];
	int got;

	strlcpy(local, a->local, sizeof(local));
	addr_dequote(local);
	if (addr_is_nested(local)) {
		if (t->nested == REWRITES_MAX)
			return fail(out, local, addr_reply(ADDR_LOOP), rule);
		t->nested++;
		got = route_one(t, local, true, out);
		t->nested--;
		return got;
	}
	if (m->user[0] != '\0') {
		strlcpy(local, m->user, sizeof(local));
		local[strcspn(local, "@")] = '\0';
	}
	return to_local(t, local, "", rule, out);
}

static int
by_mailer(struct tables *t, const struct addr *a, struct mailer *m,
    const char *rule, struct target *out)
{
	struct addr other;

	switch (m->kind) {
	case MAILER_LOCAL:
		return by_local(t, a, m, rule, out);
	case MAILER_ERROR:
		target_error(out, a->local, &m->error, rule);
		free(out->recipient);
		set_recipient(out, a->local, a->domain);
		free(out->mailer);
		out->mailer = route_copy(m->name);
		out->host = route_copy(m->host);
		return 0;
	case MAILER_DISCARD:
		(void)to_host(t, a, m, rule, out);
		out->kind = TARGET_DISCARD;
		return 0;
	default:
		if (m->user[0] == '\0')
			return to_host(t, a, m, rule, out);
		strlcpy(other.local, m->user, sizeof(other.local));
		other.domain[0] = '\0';
		return to_host(t, &other, m, rule, out);
	}
}

/*
 * An address literal is its own next hop.  mapped is the entry that led to this
 * address, if one did: it decided more than that there is none for the domain.
 */
static int
to_remote(struct tables *t, const struct addr *a, const char *mapped,
    struct target *out)
{
	char rule[RULE_SIZE];
	struct mailer m = {.kind = MAILER_NONE, .name = "esmtp"};

	rule[0] = '\0';
	if (a->domain[0] != '[')
		mailer_find(t, a->domain, &m, rule);
	if (m.kind == MAILER_TEMP)
		return -1;
	if (m.kind != MAILER_NONE)
		return by_mailer(t, a, &m, rule, out);
	if (t->relayhost[0] != '\0' && a->domain[0] != '[') {
		snprintf(rule, sizeof(rule), "relayhost:%s", t->relayhost);
		strlcpy(m.name, "relay", sizeof(m.name));
		strlcpy(m.host, t->relayhost, sizeof(m.host));
		return to_host(t, a, &m, rule, out);
	}
	if (!mailer_is_host(a->domain))
		return fail(out, a->local, "553 5.1.2 Invalid host name",
		    "address:host");
	snprintf(rule, sizeof(rule), "mx:%s", a->domain);
	addr_fold(rule);
	if (*mapped != '\0')
		strlcpy(rule, mapped, sizeof(rule));
	return to_host(t, a, &m, rule, out);
}

static int
at_home(struct tables *t, const struct addr *a, const char *hit,
    const char *mapped, struct target *out)
{
	char rule[RULE_SIZE];

	if (*mapped != '\0')
		strlcpy(rule, mapped, sizeof(rule));
	else
		glue(rule, sizeof(rule),
		    "local-host-names:", hit != NULL ? hit : t->me, NULL);
	return to_local(t, a->local, a->domain, rule, out);
}

int
route_one(struct tables *t, const char *text, bool virtual, struct target *out)
{
	char work[ADDR_SIZE], rule[RULE_SIZE], next[ADDR_SIZE];
	struct rhs error;
	struct addr a;
	enum addr_fault fault;
	enum virtuser got;
	const char *hit;
	bool other; /* not ours, but virtusertable holds for it */
	int i;

	rule[0] = '\0';
	memset(out, 0, sizeof(*out));
	if (!glue(work, sizeof(work), text, NULL))
		return fail(out, "", addr_reply(ADDR_LONG), "address:syntax");
	for (i = 0; i < REWRITES_MAX; i++) {
		if ((fault = addr_canon(work, &t->world, &a)) == ADDR_TEMP)
			return -1;
		if (fault != ADDR_OK)
			return fail(out, text, addr_reply(fault),
			    *rule != '\0' ? rule : "address:syntax");
		if (has_moved(&a, out))
			return 0;
		hit = a.domain[0] != '\0' ? tables_local(t, a.domain) : NULL;
		other = hit == NULL && virtual && a.domain[0] != '\0' &&
			tables_virtual(t, a.domain);
		got = VIRTUSER_NONE;
		if (virtual && (hit != NULL || other))
			got = virtuser_map(t, &a, next, &error, rule);
		if (got == VIRTUSER_TEMP)
			return -1;
		if (got == VIRTUSER_NONE && hit == NULL && a.domain[0] != '\0')
			return to_remote(t, &a, rule, out);
		if (got == VIRTUSER_NONE)
			return at_home(t, &a, hit, rule, out);
		if (got == VIRTUSER_ERROR) {
			target_error(out, text, &error, rule);
			return 0;
		}
		strlcpy(work, next, sizeof(work));
	}
	return fail(out, text, addr_reply(ADDR_LOOP), rule);
}

int
route_alias(struct tables *t, const struct target *target, char **value,
    char name[RULE_SIZE])
{
	char key[ADDR_SIZE * 2];
	int got = 0;

	*value = NULL;
	if (target->direct)
		return 0;
	if (target->extension != NULL) {
		snprintf(
		    key, sizeof(key), "%s+%s", target->user, target->extension);
		got = tables_load(t, t->aliases, key, value, NULL);
		if (got == 0) {
			snprintf(key, sizeof(key), "%s+*", target->user);
			got = tables_load(t, t->aliases, key, value, NULL);
		}
	}
	if (got == 0) {
		glue(key, sizeof(key), target->user, NULL);
		got = tables_load(t, t->aliases, key, value, NULL);
	}
	glue(name, RULE_SIZE, key, NULL);
	return got;
}

const char *
route_stand_in(const char *user)
{
	if (strcmp(user, "mailer-daemon") == 0)
		return "postmaster";
	if (strcmp(user, "postmaster") == 0)
		return "root";
	return NULL;
}
