/* Records as a stranger may send them; the answer is always one of ours. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/tables.h"
#include "judge.h"
#include "question.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static enum account
account(const char *name, void *arg)
{
	(void)arg;
	return (enum account)(name[0] % 4);
}

static enum domain
domain(const char *name, void *arg)
{
	(void)arg;
	return (enum domain)(name[0] % 4);
}

static struct judge judging = {.account = account, .domain = domain};

static void
prepare(void)
{
	folder_make();
	atexit(folder_remove);
	file_write("me", "mail.kjy.co.ki\n");
	file_write("local-host-names", "kjy.co.ki\n[192.0.2.9]\n");
	file_write("relay-domains", "rel.example\n10.77\n");
	table_write("access", "192.168.0.0/24 RELAY\n2001:db8::/32 REJECT\n"
			      "co.ki RELAY\n@naver.com RELAY\nuser@ RELAY\n"
			      "@spam.com DISCARD\nk+*@a.b QUARANTINE:x\n"
			      "to:k@kjy.co.ki ERROR:5.7.1:550 no\n"
			      "10.1 421 go away\n[10.2] REJECT\n");
	table_write("aliases", "sales kjy\n");
	table_write("virtusertable", "v@kjy.co.ki kjy\n"
				     "++@kjy.co.ki %1%%%2@r.com\n"
				     "e@kjy.co.ki error:4.2.1:450 later\n");
	table_write("mailertable", "l.com local:\n.m.com smtp:[%1]\n"
				   "d.com discard:\ne.com error:5.1.1:550 n\n");
	table_write("domaintable", "old.example kjy.co.ki\n");
	judging.look.t = tables_open(folder, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct record r;
	struct question q;
	struct verdict v;
	const char *p;

	if (judging.look.t == NULL)
		prepare();
	record_init(&r, RECORD_QUESTION);
	if (record_parse(&r, (const char *)data, len) > 0 &&
	    question_read(&r, &q) == NULL) {
		/* Any features, but the same ones for the same bytes. */
		judging.features = (unsigned)len * 2654435761u >> 8;
		if (judge(&judging, &q, &v) == -1 &&
		    strncmp(v.action, "451 ", 4) != 0)
			abort();
		if (v.rule[0] == '\0')
			abort();
		for (p = v.action; *p != '\0'; p++)
			if (iscntrl((unsigned char)*p))
				abort();
		if (strncmp(v.action, "DUNNO", 5) != 0 &&
		    strncmp(v.action, "OK", 2) != 0 &&
		    strncmp(v.action, "DISCARD", 7) != 0 &&
		    strncmp(v.action, "HOLD ", 5) != 0 && v.action[0] != '4' &&
		    v.action[0] != '5')
			abort();
	}
	record_free(&r);
	return 0;
}
