/* judge: each step of the relay decision alone, and who wins over whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../tables.h"
#include "conf.h"
#include "judge.h"
#include "question.h"

static enum account
account(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "kjy") == 0    ? ACCOUNT_YES
	       : strcmp(name, "slow") == 0 ? ACCOUNT_PENDING
	       : strcmp(name, "sick") == 0 ? ACCOUNT_ERROR
					   : ACCOUNT_NO;
}

static enum domain
domain(const char *name, void *arg)
{
	(void)arg;
	return strcmp(name, "gone.com") == 0     ? DOMAIN_NO
	       : strcmp(name, "slow.com") == 0   ? DOMAIN_PENDING
	       : strcmp(name, "sick.com") == 0   ? DOMAIN_ERROR
	       : strcmp(name, "[10.9.9.9]") == 0 ? DOMAIN_NO
						 : DOMAIN_YES;
}

static struct judge judging = {
    .account = account, .domain = domain, .features = FEATURE_DEFAULT};

/* A question's fields are parted by commas. */
static int
ask(const char *fields, struct verdict *v)
{
	char *copy = strdup(fields), *rest = copy, *field, *value;
	struct record r;
	struct question q;
	int got;

	record_init(&r, RECORD_QUESTION);
	while ((field = strsep(&rest, ",")) != NULL) {
		value = field;
		strsep(&value, "=");
		assert_int_equal(record_add(&r, field, value), 0);
	}
	assert_null(question_read(&r, &q));
	got = judge(&judging, &q, v);
	record_free(&r);
	free(copy);
	return got;
}

#define DENIED  "550 5.7.1 <x@r.com>... Relaying denied"
#define UNNAMED DENIED ". IP name lookup failed [10.5.5.5]"
#define FROM    "client_address=10.5.5.5,"
#define NAMED   FROM "client_name=h.n.example,client_resolve=OK,"
#define TO      "recipient=x@r.com"
#define OURS    "local-host-names:ours.example"

/* One line of access, and what it does. */
static const struct {
	const char *access, *question, *action, *rule;
} rows[] = {
    /* connect: the name before the address, the tag before none */
    {"10.5 REJECT\n", FROM "protocol_state=CONNECT", "550 5.7.1 Access denied",
	"access:10.5"},
    {"10.5 REJECT\nn.example OK\n", NAMED "protocol_state=CONNECT", "DUNNO",
	"access:n.example"},
    {"connect:10.5 OK\n10.5 REJECT\n", FROM "protocol_state=CONNECT", "DUNNO",
	"access:connect:10.5"},
    {"connect:10.5 REJECT\n10.5.5 OK\n", FROM "protocol_state=CONNECT", "DUNNO",
	"access:10.5.5"},
    {"n.example REJECT\n",
	FROM "client_name=h.n.example,client_resolve=FORGED,"
	     "protocol_state=CONNECT",
	"DUNNO", "default:client"},
    {"[10.5] REJECT\n", FROM "protocol_state=CONNECT",
	"550 5.7.1 Access denied", "access:[10.5]"},
    {"10.5.5.0/24 DISCARD\n10.5.5.5 QUARANTINE:odd one\n",
	FROM "protocol_state=CONNECT", "HOLD odd one", "access:10.5.5.5"},
    {"10.5.5.0/24 421 go away\n", FROM "protocol_state=CONNECT",
	"421 4.0.0 go away", "access:10.5.5.0/24"},
    {"connect:10.5.5.0/24 REJECT\n10.5.5.0/24 OK\n",
	FROM "protocol_state=CONNECT", "550 5.7.1 Access denied",
	"access:connect:10.5.5.0/24"},
    {"from:10.5.5.0/24 REJECT\n", FROM "protocol_state=CONNECT", "DUNNO",
	"default:client"},
    {"n.example REJECT\n10.5.5.0/24 OK\n", NAMED "protocol_state=CONNECT",
	"550 5.7.1 Access denied", "access:n.example"},
    /* sender */
    {"@d.com REJECT\nd.com OK\n", FROM "sender=a@d.com",
	"550 5.7.1 <a@d.com>... Access denied", "access:@d.com"},
    {"@d.com REJECT\na@ OK\n", FROM "sender=a@d.com", "DUNNO", "access:a@"},
    {"@d.com REJECT\na@d.com OK\n", FROM "sender=a@d.com", "DUNNO",
	"access:a@d.com"},
    {"from:@d.com DISCARD\n@d.com OK\n", FROM "sender=a@d.com", "DISCARD",
	"access:from:@d.com"},
    {"to:d.com REJECT\n", FROM "sender=a@d.com", "DUNNO", "default:sender"},
    {"from:d.com ERROR:5.7.1:450 wait\n", FROM "sender=\"a b\"@d.com",
	"450 5.7.1 <\"a b\"@d.com>... wait", "access:from:d.com"},
    {"", FROM "sender=,protocol_state=MAIL", "DUNNO", "default:sender"},
    {"", FROM "sender=a@localhost",
	"553 5.5.4 <a@localhost>... Real domain name required for sender "
	"address",
	"sender:loopback"},
    {"", "client_address=127.0.0.1,client_name=localhost,sender=a@localhost",
	"DUNNO", "default:sender"},
    {"", FROM "sender=a",
	"553 5.5.4 <a>... Domain name required for sender address a",
	"sender:unqualified"},
    {"a@ OK\n", FROM "sender=a", "DUNNO", "access:a@"},
    /* recipients that are blocked */
    {"kjy@ REJECT\n", FROM "recipient=kjy@ours.example",
	"550 5.2.1 <kjy@ours.example>... Mailbox disabled for this "
	"recipient",
	"access:kjy@"},
    {"to:@r.com DISCARD\n", FROM TO, "DISCARD", "access:to:@r.com"},
    {"x@ REJECT\n", FROM TO, UNNAMED, "default:relay"},
    {"to:r.com OK\n", FROM TO, UNNAMED, "default:relay"},
    {"x@r.com RELAY\n", FROM TO, UNNAMED, "default:relay"},
    /* relaying, step by step */
    {"", FROM TO, UNNAMED, "default:relay"},
    {"", NAMED TO, DENIED, "default:relay"},
    {"", FROM "client_resolve=TEMP," TO,
	"450 4.4.0 <x@r.com>... Relaying temporarily denied. Cannot resolve "
	"PTR record for 10.5.5.5",
	"default:relay"},
    {"", FROM "client_resolve=FORGED," TO,
	DENIED ". IP name possibly forged [10.5.5.5]", "default:relay"},
    {"", "client_address=2001:db8::26," TO,
	DENIED ". IP name lookup failed [IPv6:2001:db8:0:0:0:0:0:26]",
	"default:relay"},
    {"", TO, DENIED, "default:relay"},
    {"", "client_address=127.0.0.1," TO, "OK", "client:127.0.0.1"},
    {"", "client_address=::1," TO, "OK", "client:::1"},
    {"", "client_address=127.0.0.5," TO,
	DENIED ". IP name lookup failed [127.0.0.5]", "default:relay"},
    {"r.com RELAY\n", FROM TO, "OK", "access:r.com"},
    {"@r.com RELAY\n", FROM TO, "OK", "access:@r.com"},
    {"com RELAY\n", FROM TO, "OK", "access:com"},
    {"10.5.5.5 RELAY\n", FROM TO, "OK", "access:10.5.5.5"},
    {"10.5 RELAY\n10.5.5 OK\n", FROM TO, UNNAMED, "default:relay"},
    {"10.5.0.0/16 RELAY\n", FROM TO, "OK", "access:10.5.0.0/16"},
    {"10.5.0.0/16 RELAY\n10.5.5.0/24 OK\n", FROM TO, UNNAMED, "default:relay"},
    {"10.5.0.0/16 RELAY\n10 OK\n", FROM TO, UNNAMED, "default:relay"},
    {"n.example RELAY\n", NAMED TO, "OK", "access:n.example"},
    {"n.example RELAY\n", FROM "client_name=h.n.example," TO, "OK",
	"access:n.example"},
    {"a@ RELAY\n@d.com RELAY\n", FROM "sender=a@d.com," TO, UNNAMED,
	"default:relay"},
    {"", FROM "recipient=x@rel.example", "OK", "relay-domains:rel.example"},
    {"", "client_address=10.77.1.1," TO, "OK", "relay-domains:10.77"},
    {"", "client_address=1.1.1.1,client_name=h.rel.example," TO, "OK",
	"relay-domains:rel.example"},
    {"", "client_address=192.0.2.9," TO, "OK", "local-host-names:[192.0.2.9]"},
    {"", FROM "client_name=ours.example," TO, "OK",
	"local-host-names:ours.example"},
    /* addresses behind addresses */
    {"co.ki RELAY\n", FROM "recipient=x%r.com@co.ki",
	"550 5.7.1 <x%r.com@co.ki>... Relaying denied. IP name lookup "
	"failed [10.5.5.5]",
	"default:relay"},
    {"", FROM "recipient=x%r.com@ours.example",
	"550 5.7.1 <x%r.com@ours.example>... Relaying denied. IP name "
	"lookup failed [10.5.5.5]",
	"default:relay"},
    {"", FROM "recipient=\"x@r.com\"@ours.example",
	"550 5.7.1 <\"x@r.com\"@ours.example>... Relaying denied. IP name "
	"lookup failed [10.5.5.5]",
	"default:relay"},
    /* users */
    {"", FROM "recipient=kjy@ours.example", "DUNNO", OURS},
    {"", FROM "recipient=KJY+x@OURS.example", "DUNNO", OURS},
    {"", FROM "recipient=\\kjy@ours.example", "DUNNO", OURS},
    {"", FROM "recipient=Box@ours.example", "DUNNO", OURS},
    {"", FROM "recipient=sales@ours.example", "DUNNO", OURS},
    {"", FROM "recipient=PostMaster@ours.example", "DUNNO", OURS},
    {"", FROM "recipient=postmaster", "DUNNO", "recipient:unqualified"},
    {"", FROM "recipient=no@ours.example",
	"550 5.1.1 <no@ours.example>... User unknown", "passwd:unknown"},
    {"d.com DISCARD\n", FROM "sender=a@d.com,recipient=no@ours.example",
	"DUNNO", OURS},
    {"10.5 DISCARD\n", FROM "sender=a@d.com,recipient=no@ours.example", "DUNNO",
	OURS},
    {"", FROM "recipient=sick@ours.example",
	"451 4.3.0 Temporary system failure. Please try again later.",
	"passwd:unavailable"},
    {"", FROM "recipient=v@ours.example", "DUNNO", OURS},
    {"", FROM "recipient=w@ours.example",
	"550 5.1.1 <w@ours.example>... User unknown", "passwd:unknown"},
    {"kjy@ REJECT\n", FROM "recipient=e@ours.example",
	"450 4.2.1 <e@ours.example>... later", "virtusertable:e@ours.example"},
    {"", FROM "recipient=,protocol_state=RCPT",
	"553 5.0.0 <>... User address required", "address:syntax"},
    {"", FROM "recipient=\"ab@c", "553 5.0.0 <\"ab@c>... Unbalanced '\"'",
	"address:syntax"},
    {"", FROM "recipient=@:x@r.com",
	"553 5.1.3 <@:x@r.com>... Invalid route address", "address:syntax"},
    {"", FROM "recipient=x!@ours.example",
	"550 5.1.1 <x!@ours.example>... User unknown", "passwd:unknown"},
    {"", FROM "recipient=/etc/passwd",
	"550 5.7.1 </etc/passwd>... Cannot mail directly to files",
	"address:special"},
    {"", "protocol_state=END-OF-MESSAGE", "DUNNO", "default:stage"},
};

static void
one_table_one_verdict(void **state)
{
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		table_write("access", rows[i].access);
		if (ask(rows[i].question, &v) != 1 ||
		    strcmp(v.action, rows[i].action) != 0 ||
		    strcmp(v.rule, rows[i].rule) != 0)
			fail_msg("%s%s: %s (%s)", rows[i].access,
			    rows[i].question, v.action, v.rule);
	}
}

/* One feature each, against the defaults. */
#define MISSING                                                                \
	"553 5.1.8 <a@gone.com>... Domain of sender address a@gone.com "       \
	"does not exist"
#define LATER "451 4.1.8 Domain of sender address a@sick.com does not resolve"
#define HIS   FROM "sender=a@d.com,recipient=kjy@ours.example"

static const struct {
	unsigned on, off;
	const char *access, *question, *action, *rule;
} featured[] = {
    {0, FEATURE_UNRESOLVABLE, "", FROM "sender=a@gone.com", MISSING,
	"dns:sender"},
    {0, FEATURE_UNRESOLVABLE, "", FROM "sender=a@sick.com", LATER,
	"dns:sender"},
    {0, FEATURE_UNRESOLVABLE, "", FROM "sender=a@there.com", "DUNNO",
	"default:sender"},
    {0, FEATURE_UNRESOLVABLE, "gone.com OK\n", FROM "sender=a@gone.com",
	"DUNNO", "access:gone.com"},
    {0, FEATURE_UNRESOLVABLE, "", FROM "sender=a@gone.com.REDIRECT", "DUNNO",
	"default:sender"},
    {0, FEATURE_UNRESOLVABLE, "", FROM "sender=\"a b\"@[10.9.9.9]",
	"553 5.1.8 <\"a b\"@[10.9.9.9]>... Domain of sender address "
	"a b@[10.9.9.9] does not exist",
	"dns:sender"},
    {FEATURE_UNQUALIFIED, 0, "", FROM "sender=a", "DUNNO", "default:sender"},
    {FEATURE_UNQUALIFIED, 0, "", FROM "sender=a@localhost", "DUNNO",
	"default:sender"},
    {0, FEATURE_BLOCKLIST, "kjy@ REJECT\n", FROM "recipient=kjy@ours.example",
	"DUNNO", OURS},
    {0, FEATURE_BLOCKLIST, "r.com REJECT\n", FROM TO, UNNAMED, "default:relay"},
    {FEATURE_SKIP, 0, "10.5.5 SKIP\n10.5 REJECT\n",
	FROM "protocol_state=CONNECT", "DUNNO", "default:client"},
    {0, 0, "10.5.5 SKIP\n10.5 REJECT\n", FROM "protocol_state=CONNECT",
	"553 5.3.0 SKIP", "access:10.5.5"},
    {FEATURE_SKIP, 0, "kjy@ SKIP\nours.example REJECT\n",
	FROM "recipient=kjy@ours.example", "DUNNO", OURS},
    {FEATURE_DOTDOMAIN, 0, ".n.example REJECT\n",
	NAMED "protocol_state=CONNECT", "550 5.7.1 Access denied",
	"access:.n.example"},
    {0, 0, ".n.example REJECT\n", NAMED "protocol_state=CONNECT", "DUNNO",
	"default:client"},
    {FEATURE_DOTDOMAIN, 0, ".d.com REJECT\n", FROM "sender=a@d.com", "DUNNO",
	"default:sender"},
    {FEATURE_FULL_ADDRESS, 0, "to:x@r.com RELAY\n", FROM TO, "OK",
	"access:to:x@r.com"},
    {0, 0, "to:x@r.com RELAY\n", FROM TO, UNNAMED, "default:relay"},
    {FEATURE_HOSTS_ONLY, 0, "com RELAY\n", FROM TO, UNNAMED, "default:relay"},
    {FEATURE_HOSTS_ONLY, 0, "r.com RELAY\n", FROM TO, "OK", "access:r.com"},
    {FEATURE_HOSTS_ONLY, 0, "n.example RELAY\n", NAMED TO, DENIED,
	"default:relay"},
    {FEATURE_HOSTS_ONLY, 0, "", FROM "recipient=x@a.rel.example",
	"550 5.7.1 <x@a.rel.example>... Relaying denied. IP name lookup "
	"failed [10.5.5.5]",
	"default:relay"},
    {FEATURE_ENTIRE, 0, "", FROM "recipient=x@b.example", "OK",
	"relay_entire_domain:b.example"},
    {FEATURE_ENTIRE, 0, "", NAMED TO, "OK", "relay_entire_domain:h.n.example"},
    {FEATURE_RDNS, 0, "", FROM "protocol_state=CONNECT",
	"550 5.7.1 Fix reverse DNS for 10.5.5.5", "require_rdns:client"},
    {FEATURE_RDNS, 0, "", NAMED "protocol_state=CONNECT", "DUNNO",
	"default:client"},
    {FEATURE_RDNS, 0, "10.5 OK\n", FROM "protocol_state=CONNECT", "DUNNO",
	"access:10.5"},
    {FEATURE_RDNS, 0, "", "client_address=10.77.1.1,protocol_state=CONNECT",
	"DUNNO", "default:client"},
    /* senders that grant */
    {FEATURE_MAIL_FROM, 0, "from:a@d.com RELAY\n", FROM "sender=a+b@d.com," TO,
	"OK", "access:from:a@d.com"},
    {0, 0, "from:a@d.com RELAY\n", FROM "sender=a@d.com," TO, UNNAMED,
	"default:relay"},
    {FEATURE_MAIL_FROM, 0, "a@d.com RELAY\n", FROM "sender=a@d.com," TO,
	UNNAMED, "default:relay"},
    {FEATURE_MAIL_FROM, 0, "from:d.com RELAY\n", FROM "sender=a@d.com," TO,
	UNNAMED, "default:relay"},
    {FEATURE_MAIL_FROM | FEATURE_FROM_DOMAIN, 0, "from:d.com RELAY\n",
	FROM "sender=a@s.d.com," TO, "OK", "access:from:d.com"},
    {FEATURE_MAIL_FROM | FEATURE_FROM_DOMAIN | FEATURE_HOSTS_ONLY, 0,
	"from:d.com RELAY\n", FROM "sender=a@s.d.com," TO, UNNAMED,
	"default:relay"},
    {FEATURE_MAIL_FROM | FEATURE_FROM_DOMAIN, 0, "@d.com RELAY\n",
	FROM "sender=a@d.com," TO, UNNAMED, "default:relay"},
    {FEATURE_MAIL_FROM | FEATURE_FROM_USER, 0, "@d.com RELAY\n",
	FROM "sender=a@d.com," TO, "OK", "access:@d.com"},
    {FEATURE_MAIL_FROM | FEATURE_FROM_USER, 0, "a@ RELAY\n",
	FROM "sender=a@d.com," TO, "OK", "access:a@"},
    {FEATURE_MAIL_FROM | FEATURE_FROM_USER, 0, "a@ RELAY\n", FROM "sender=," TO,
	UNNAMED, "default:relay"},
    {FEATURE_LOCAL_FROM, 0, "", FROM "sender=a@ours.example," TO, "OK", OURS},
    /* delay_checks: everything at RCPT, in the order rcpt, sender, client */
    {FEATURE_DELAY, 0, "10.5 REJECT\n", FROM "protocol_state=CONNECT", "DUNNO",
	"default:client"},
    {FEATURE_DELAY, 0, "d.com REJECT\n", FROM "sender=a@d.com", "DUNNO",
	"default:sender"},
    {FEATURE_DELAY, 0, "", FROM "sender=a@b@d.com",
	"553 5.1.3 <a@b@d.com>... Invalid route address", "address:syntax"},
    {FEATURE_DELAY, 0, "10.5 REJECT\n", HIS,
	"550 5.7.1 <kjy@ours.example>... Access denied", "access:10.5"},
    {FEATURE_DELAY, 0, "10.5 REJECT\nd.com ERROR:450 wait\n", HIS,
	"450 4.0.0 <kjy@ours.example>... wait", "access:d.com"},
    {FEATURE_DELAY, 0, "10.5 REJECT\nd.com OK\n", HIS, "DUNNO", OURS},
    {FEATURE_DELAY, 0, "10.5 REJECT\n",
	FROM "sender=,recipient=kjy@ours.example",
	"550 5.7.1 <kjy@ours.example>... Access denied", "access:10.5"},
    {FEATURE_DELAY, 0, "10.5 REJECT\nd.com QUARANTINE:q\n", HIS, "HOLD q",
	"access:d.com"},
    {FEATURE_DELAY, 0, "10.5 DISCARD\n",
	FROM "sender=a@d.com,recipient=no@ours.example", "DISCARD",
	"access:10.5"},
    {FEATURE_DELAY, 0, "d.com REJECT\n", FROM "sender=a@d.com," TO, UNNAMED,
	"default:relay"},
    {FEATURE_DELAY, 0, "to:kjy@ SPAMFRIEND\n", HIS, "DUNNO", OURS},
    {0, 0, "to:kjy@ SPAMFRIEND\n", HIS,
	"553 5.3.0 <kjy@ours.example>... SPAMFRIEND", "access:to:kjy@"},
    {FEATURE_DELAY | FEATURE_FRIEND, 0, "d.com REJECT\nspam:kjy@ FRIEND\n", HIS,
	"DUNNO", OURS},
    {FEATURE_DELAY | FEATURE_FRIEND, 0, "d.com REJECT\nkjy@ FRIEND\n",
	FROM "sender=a@d.com,recipient=box@ours.example",
	"550 5.7.1 <box@ours.example>... Access denied", "access:d.com"},
    {FEATURE_DELAY | FEATURE_FRIEND, 0,
	"d.com REJECT\nspam:ours.example HATER\nspam:kjy@ FRIEND\n", HIS,
	"550 5.7.1 <kjy@ours.example>... Access denied", "access:d.com"},
    {FEATURE_DELAY | FEATURE_HATER, 0, "d.com REJECT\n", HIS, "DUNNO", OURS},
    {FEATURE_DELAY | FEATURE_HATER, 0, "d.com REJECT\nspam:kjy@ HATER\n", HIS,
	"550 5.7.1 <kjy@ours.example>... Access denied", "access:d.com"},
    {FEATURE_DELAY, FEATURE_UNRESOLVABLE, "",
	FROM "sender=a@gone.com,recipient=kjy@ours.example",
	"553 5.1.8 <kjy@ours.example>... Domain of sender address a@gone.com "
	"does not exist",
	"dns:sender"},
    {FEATURE_DELAY, 0, "", FROM "sender=a@localhost,recipient=kjy@ours.example",
	"DUNNO", OURS},
    /* a message that is held still needs its user */
    {0, 0, "to:no@ QUARANTINE:q\n", FROM "recipient=no@ours.example",
	"550 5.1.1 <no@ours.example>... User unknown", "passwd:unknown"},
    {0, 0, "to:no@ DISCARD\n", FROM "recipient=no@ours.example", "DISCARD",
	"access:to:no@"},
};

static void
one_feature_one_verdict(void **state)
{
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(featured) / sizeof(featured[0]); i++) {
		judging.features =
		    (FEATURE_DEFAULT | featured[i].on) & ~featured[i].off;
		table_write("access", featured[i].access);
		if (ask(featured[i].question, &v) != 1 ||
		    strcmp(v.action, featured[i].action) != 0 ||
		    strcmp(v.rule, featured[i].rule) != 0)
			fail_msg("%s%s: %s (%s)", featured[i].access,
			    featured[i].question, v.action, v.rule);
	}
	judging.features = FEATURE_DEFAULT;
}

static void
what_is_pending_is_asked_again(void **state)
{
	struct verdict v;

	(void)state;
	assert_int_equal(ask(FROM "recipient=slow@ours.example", &v), 0);
	judging.features = FEATURE_BLOCKLIST;
	assert_int_equal(ask(FROM "sender=a@slow.com", &v), 0);
	judging.features = FEATURE_DELAY;
	assert_int_equal(
	    ask(FROM "sender=a@slow.com,recipient=kjy@ours.example", &v), 0);
	judging.features = FEATURE_DEFAULT;
}

static void
a_broken_table_is_for_later(void **state)
{
	static const char *const names[] = {
	    "access", "virtusertable", "aliases", "mailboxes"};
	char path[64];
	struct verdict v;
	size_t i;

	(void)state;
	table_write("access", "");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s.cdb", names[i]);
		table_remove(names[i]);
		file_write(path, "rubbish");
		assert_int_equal(ask(FROM "recipient=nn@ours.example", &v), -1);
		assert_string_equal(v.action,
		    "451 4.3.0 Temporary system failure. "
		    "Please try again later.");
		assert_non_null(strstr(judging.look.t->reason, path));
		table_remove(names[i]);
		assert_int_equal(ask(FROM "recipient=nn@ours.example", &v), 1);
	}
}

static size_t
table_bytes(unsigned char *bytes, size_t size)
{
	char path[128];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/access.cdb", folder);
	if ((f = fopen(path, "rb")) == NULL)
		abort();
	len = fread(bytes, 1, size, f);
	fclose(f);
	return len;
}

/* As a new file, as whoever mends it would do. */
static void
table_replace(const unsigned char *bytes, size_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/access.cdb", folder);
	unlink(path);
	if ((f = fopen(path, "wb")) == NULL ||
	    fwrite(bytes, 1, len, f) != len || fclose(f) == EOF)
		abort();
}

/* With a table that rejects the client: refused, for good or for now. */
static void
expect_closed(const char *what, size_t at)
{
	struct verdict v;

	ask(FROM "protocol_state=CONNECT", &v);
	if (v.kind != VERDICT_REPLY)
		fail_msg("%s %zu: %s (%s)", what, at, v.action, v.rule);
	ask(FROM TO, &v);
	if (v.kind != VERDICT_REPLY)
		fail_msg("%s %zu: %s (%s)", what, at, v.action, v.rule);
}

static void
a_damaged_table_opens_nothing(void **state)
{
	static unsigned char bytes[8192];
	size_t len, i;

	(void)state;
	table_write("access", "10.5 REJECT\nr.com OK\n10.6 RELAY\n");
	len = table_bytes(bytes, sizeof(bytes));
	assert_in_range(len, 1, sizeof(bytes) - 1);
	for (i = 0; i < len; i++) {
		bytes[i] ^= 0xff;
		table_replace(bytes, len);
		expect_closed("damaged at", i);
		bytes[i] ^= 0xff;
	}
	for (i = 0; i < len; i++) {
		table_replace(bytes, i);
		expect_closed("cut to", i);
	}
	table_replace(bytes, len);
	expect_closed("mended", 0);
	table_write("access", "");
}

static const char *const wrong[] = {"client_address=300.1.1.1",
    "client_address=1.2.3", "client_address=:::", "client_resolve=ok",
    "request=inject", "client_address=1.1.1.1 "};

static void
what_is_no_question(void **state)
{
	char name[32], long_name[400];
	struct question q;
	struct record r;
	const char *value;
	size_t i;

	(void)state;
	record_init(&r, RECORD_QUESTION);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		record_clear(&r);
		value = strchr(wrong[i], '=') + 1;
		snprintf(name, sizeof(name), "%.*s",
		    (int)(value - wrong[i] - 1), wrong[i]);
		record_add(&r, name, value);
		if (question_read(&r, &q) == NULL)
			fail_msg("%s", wrong[i]);
	}
	record_clear(&r);
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	record_add(&r, "client_address", "1.1.1.1");
	record_add(&r, "client_name", long_name);
	assert_non_null(question_read(&r, &q));
	record_free(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_table_one_verdict),
	    cmocka_unit_test(one_feature_one_verdict),
	    cmocka_unit_test(what_is_pending_is_asked_again),
	    cmocka_unit_test(a_broken_table_is_for_later),
	    cmocka_unit_test(a_damaged_table_opens_nothing),
	    cmocka_unit_test(what_is_no_question),
	};
	int failed;

	folder_make();
	file_write("me", "me.example\n");
	file_write("local-host-names", "ours.example\n[192.0.2.9]\n");
	file_write("relay-domains", "rel.example\n10.77\n");
	table_write("aliases", "sales kjy\n");
	table_write("mailboxes", "box /srv/box kjy\n");
	table_write("virtusertable", "v@ours.example kjy\n"
				     "w@ours.example nosuch\n"
				     "e@ours.example error:4.2.1:450 later\n");
	judging.look.t = tables_open(folder, NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	look_close(&judging.look);
	tables_close(judging.look.t);
	folder_remove();
	return failed;
}
