#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf.h"
#include "exits.h"
#include "rewrite.h"
#include "rhs.h"

struct rewriter {
	struct tables *t;
	struct map *generics;
	struct class *domains;    /* class G */
	struct class *masked;     /* class M */
	struct class *exceptions; /* class N */
	struct class *exposed;    /* class E */
	char mask[256];           /* masquerade-as, "" for none */
	/* FEATUREs, named as there */
	bool generics_entire, masked_entire, envelope, all, limited, local_none,
	    add_domain, add_domain_asked;
	struct addr_world world; /* the tables', noting what is renamed */
	char *rule;              /* where that is noted */
};

/* An address on its way; without a domain it is here (sendmail's *LOCAL*). */
struct work {
	struct rewriter *rw;
	struct addr a;
	char *rule;
};

/* --- the settings --------------------------------------------------------- */

static int
is_local(const char *domain, void *arg)
{
	struct rewriter *rw = arg;

	return rw->t->world.is_local(domain, rw->t->world.arg);
}

static int
rename_domain(const char *domain, char name[ADDR_SIZE], void *arg)
{
	struct rewriter *rw = arg;
	int got = rw->t->world.rename(domain, name, rw->t->world.arg);

	if (got == 1 && rw->rule != NULL) {
		snprintf(rw->rule, RULE_SIZE, "domaintable:%s", domain);
		addr_fold(rw->rule);
	}
	return got;
}

static void
read_mask(struct rewriter *rw, const char *dir)
{
	struct addr a;
	char probe[sizeof(rw->mask) + 2];

	conf_line(dir, "masquerade-as", NULL, rw->mask, sizeof(rw->mask));
	snprintf(probe, sizeof(probe), "x@%s", rw->mask);
	if (rw->mask[0] != '\0' && addr_parse(probe, &a) != NULL)
		errx(EXIT_PERM, "%s/masquerade-as: not a domain", dir);
}

struct rewriter *
rewriter_open(struct tables *t)
{
	struct rewriter *rw = calloc(1, sizeof(*rw));
	const char *dir = t->dir;

	if (rw == NULL)
		err(EXIT_TEMP, "rewriter");
	rw->t = t;
	rw->generics = map_open(dir, "genericstable");
	rw->domains = class_open(dir, "generics-domains");
	rw->masked = class_open(dir, "masquerade-domains");
	rw->exceptions = class_open(dir, "masquerade-exceptions");
	rw->exposed = class_open(dir, "exposed-users");
	read_mask(rw, dir);
	rw->generics_entire = conf_switch(dir, "generics_entire_domain", false);
	rw->masked_entire = conf_switch(dir, "masquerade_entire_domain", false);
	rw->envelope = conf_switch(dir, "masquerade_envelope", false);
	rw->all = conf_switch(dir, "allmasquerade", false);
	rw->limited = conf_switch(dir, "limited_masquerade", false);
	rw->local_none = conf_switch(dir, "local_no_masquerade", false);
	rw->add_domain = conf_switch(dir, "always_add_domain", true);
	rw->add_domain_asked = conf_switch(dir, "always_add_domain", false);
	rw->world = (struct addr_world){t->me, is_local, rename_domain, rw};
	return rw;
}

void
rewriter_close(struct rewriter *rw)
{
	if (rw == NULL)
		return;
	map_close(rw->generics);
	class_close(rw->domains);
	class_close(rw->masked);
	class_close(rw->exceptions);
	class_close(rw->exposed);
	free(rw);
}

bool
rewriter_is_on(struct rewriter *rw)
{
	return rw->mask[0] != '\0' || rw->add_domain_asked ||
	       map_exists(rw->generics) || map_exists(rw->t->domaintable);
}

int
rewriter_begin(struct rewriter *rw)
{
	if (tables_check_class(rw->t, rw->domains) == -1 ||
	    tables_check_class(rw->t, rw->masked) == -1 ||
	    tables_check_class(rw->t, rw->exceptions) == -1 ||
	    tables_check_class(rw->t, rw->exposed) == -1 ||
	    tables_begin(rw->t) == -1)
		return -1;
	(void)map_look(rw->generics);
	map_hold(rw->generics, true);
	return 0;
}

void
rewriter_end(struct rewriter *rw)
{
	map_hold(rw->generics, false);
	tables_end(rw->t);
}

/* Is the word (or, entire, what it ends in) in the class? */
static bool
is_in(struct rewriter *rw, const struct class *class, bool entire,
    const char *word)
{
	const char *hit =
	    entire ? class_suffix(class, word) : class_has(class, word);

	tables_trace_class(rw->t, class, word, hit);
	return hit != NULL;
}

/* --- genericstable -------------------------------------------------------- */

/* What %1 is, and when a key is asked. */
enum part { PART_NONE, PART_LOCAL, PART_DETAIL };

/* sendmail's order; the first that is there decides. */
static const struct {
	bool plus;  /* only for user+detail, and of that the user */
	bool local; /* the key has a local part */
	const char *mark;
	bool domain; /* and the domain */
	bool there;  /* only if the address had one */
	enum part first;
} keys[] = {
    {false, true, "", true, false, PART_NONE},     /* user+detail@domain */
    {true, true, "+*", true, false, PART_DETAIL},  /* user+*@domain */
    {true, true, "", true, false, PART_NONE},      /* user@domain */
    {false, false, "", true, true, PART_LOCAL},    /* @domain */
    {false, true, "", false, false, PART_NONE},    /* user+detail */
    {true, true, "+*", false, false, PART_DETAIL}, /* user+* */
    {true, true, "", false, false, PART_NONE},     /* user */
};

static void
trim(char *text)
{
	size_t len = strlen(text);

	while (len > 0 && strchr(" \t\r\v\f", text[len - 1]) != NULL)
		text[--len] = '\0';
}

/* The first entry there is: 1 and out; 0; -1. */
static int
find(struct work *w, char out[ADDR_SIZE])
{
	const char *local = w->a.local, *domain = w->a.domain, *plus;
	char key[ADDR_SIZE * 2], value[MAP_VALUE];
	const char *args[4] = {key, NULL, NULL, NULL};
	size_t i, len;
	int got;

	/* A quoted string is one word, whatever it holds. */
	plus = *local == '"' || *local == '\0' ? NULL : strchr(local + 1, '+');
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if ((keys[i].plus && plus == NULL) ||
		    (keys[i].there && *domain == '\0'))
			continue;
		len = keys[i].plus    ? (size_t)(plus - local)
		      : keys[i].local ? strlen(local)
				      : 0;
		snprintf(key, sizeof(key), "%.*s%s%s%s", (int)len, local,
		    keys[i].mark, keys[i].domain ? "@" : "",
		    !keys[i].domain   ? ""
		    : *domain == '\0' ? w->rw->t->me
				      : domain);
		got =
		    tables_find(w->rw->t, w->rw->generics, key, value, w->rule);
		if (got == -1)
			return -1;
		if (got == 0)
			continue;
		trim(value);
		args[1] = keys[i].first == PART_LOCAL    ? local
			  : keys[i].first == PART_DETAIL ? plus + 1
							 : NULL;
		return rhs_expand(value, args, out, ADDR_SIZE) ? 1 : 0;
	}
	return 0;
}

/*
 * 1: it was found there with a domain: that is the last word, in out if it is
 * no address that we understand.  0: go on, perhaps with another user.
 */
static int
generic(struct work *w, char out[ADDR_SIZE])
{
	struct rewriter *rw = w->rw;
	char value[ADDR_SIZE];
	struct addr a;
	enum addr_fault fault;
	int got;

	if (w->a.domain[0] != '\0' &&
	    !is_in(rw, rw->domains, rw->generics_entire, w->a.domain))
		return 0;
	if ((got = find(w, value)) != 1)
		return got;
	if (strchr(value, '@') == NULL) {
		strlcpy(w->a.local, value, sizeof(w->a.local));
		w->a.domain[0] = '\0';
		return 0;
	}
	fault = addr_focus(value, &rw->world, &a);
	if (fault == ADDR_TEMP)
		return -1;
	if (fault != ADDR_OK || !addr_join(out, ADDR_SIZE, a.local, a.domain))
		strlcpy(out, value, ADDR_SIZE);
	return 1;
}

/* --- masquerading --------------------------------------------------------- */

static bool
is_masked(struct rewriter *rw, const char *domain)
{
	return is_in(rw, rw->masked, rw->masked_entire, domain) ||
	       (!rw->limited && tables_local(rw->t, domain) != NULL);
}

static void
masquerade(struct work *w)
{
	struct rewriter *rw = w->rw;
	const char *domain = w->a.domain;

	if (rw->mask[0] == '\0')
		return;
	if (*domain != '\0' &&
	    (is_in(rw, rw->exceptions, true, domain) || !is_masked(rw, domain)))
		return;
	if (is_in(rw, rw->exposed, false, w->a.local))
		return;
	strlcpy(w->a.domain, rw->mask, sizeof(w->a.domain));
	snprintf(w->rule, RULE_SIZE, "masquerade-as:%s", rw->mask);
}

/* --- the whole ------------------------------------------------------------ */

/* Do genericstable and masquerading have a say? */
static bool
has_face(const struct rewriter *rw, enum rewrite_kind kind, bool local)
{
	if (local && rw->local_none)
		return false;
	switch (kind) {
	case REWRITE_HEADER_RECIPIENT:
		return rw->all;
	case REWRITE_ENVELOPE_SENDER:
		return rw->envelope;
	default:
		return true;
	}
}

/* 1: it is in out; 0: it is in w->a; -1. */
static int
put_face(struct work *w, char out[ADDR_SIZE])
{
	int got = generic(w, out);

	if (got == 0)
		masquerade(w);
	return got;
}

static int
changed(const char *address, const char *out, char rule[RULE_SIZE])
{
	if (strcmp(address, out) == 0) {
		*rule = '\0';
		return 0;
	}
	if (*rule == '\0')
		strlcpy(rule, "address:canonical", RULE_SIZE);
	return 1;
}

/* It stays as it is: there is none, or it means nothing to us. */
static int
kept(const char *address, char out[ADDR_SIZE], char rule[RULE_SIZE])
{
	*rule = '\0';
	strlcpy(out, address, ADDR_SIZE);
	return 0;
}

/* host!user keeps its form. */
static bool
is_uucp(const char *domain)
{
	size_t len = strlen(domain);

	return len >= 5 && strcasecmp(domain + len - 5, ".UUCP") == 0;
}

int
rewrite(struct rewriter *rw, enum rewrite_kind kind, bool local,
    const char *address, char out[ADDR_SIZE], char rule[RULE_SIZE])
{
	struct work w = {.rw = rw, .rule = rule};
	enum addr_fault fault;
	int got = 0;

	*rule = '\0';
	rw->rule = rule;
	fault = addr_focus(address, &rw->world, &w.a);
	if (fault == ADDR_TEMP)
		return -1;
	if (fault != ADDR_OK || is_uucp(w.a.domain))
		return kept(address, out, rule);
	/* What has no domain shall have none, if it stays here. */
	if (w.a.domain[0] == '\0' && local && !rw->add_domain)
		return kept(address, out, rule);
	if (has_face(rw, kind, local))
		got = put_face(&w, out);
	if (got == -1)
		return -1;
	if (got == 0 && !addr_join(out, ADDR_SIZE, w.a.local,
			    w.a.domain[0] != '\0' ? w.a.domain : rw->t->me))
		return kept(address, out, rule);
	return changed(address, out, rule);
}
