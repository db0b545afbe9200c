#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "facts.h"

static void
told(struct facts *f, const char *kind, const char *name)
{
	char fact[FACT_SIZE];

	snprintf(fact, sizeof(fact), "%s %s", kind, name);
	addr_fold(fact);
	f->known(fact, f->arg);
}

static void
account_told(const char *name, void *arg)
{
	told(arg, "account", name);
}

static void
domain_told(const char *name, void *arg)
{
	told(arg, "domain", name);
}

void
facts_open(struct facts *f, struct event_base *base, const char *confdir,
    bool dns, bool served, void (*known)(const char *fact, void *arg),
    void *arg)
{
	memset(f, 0, sizeof(*f));
	f->served = served;
	f->known = known;
	f->arg = arg;
	f->accounts = accounts_new(served ? base : NULL, account_told, f);
	if (dns)
		f->domains = domains_new(base, confdir, domain_told, f);
}

void
facts_close(struct facts *f)
{
	accounts_free(f->accounts);
	domains_free(f->domains);
}

static void
note(struct facts *f, const char *kind, const char *name)
{
	snprintf(f->asked, sizeof(f->asked), "%s %s", kind, name);
	addr_fold(f->asked);
}

enum account
facts_account(const char *name, void *arg)
{
	struct facts *f = arg;
	enum account got = accounts_ask(f->accounts, name);

	if (got == ACCOUNT_PENDING)
		note(f, "account", name);
	return got;
}

enum domain
facts_domain(const char *name, void *arg)
{
	struct facts *f = arg;
	enum domain got;

	if (f->domains == NULL)
		return DOMAIN_YES;
	got = domains_ask(f->domains, name);
	if (got == DOMAIN_PENDING)
		note(f, "domain", name);
	return got;
}
