/*
 * An address becomes an address or stays, whatever it is and whatever the table
 * says: the bytes are the address and, behind a LF, what genericstable says.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../unit/tables.h"
#include "rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct tables *tables;
static struct rewriter *rewriter;

static void
prepare(void)
{
	folder_make();
	atexit(folder_remove);
	file_write("me", "mail.kjy.co.ki\n");
	file_write("local-host-names", "kjy.co.ki\n[192.0.2.1]\n");
	file_write("generics-domains", "kjy.co.ki\ng.example\n");
	file_write("generics_entire_domain", "");
	file_write("masquerade-as", "example.org\n");
	file_write("masquerade-domains", "m.example\n");
	file_write("masquerade_entire_domain", "");
	file_write("masquerade-exceptions", "n.m.example\n");
	file_write("exposed-users", "root\n");
	file_write("masquerade_envelope", "");
	table_write("domaintable", "old.example kjy.co.ki\nb.example x y\n");
	tables = tables_open(folder, NULL);
	rewriter = rewriter_open(tables);
}

/* One entry that catches all, with this value. */
static void
say(const char *value)
{
	char line[1600];

	snprintf(line, sizeof(line), "@g.example %s\na+*@kjy.co.ki %s\n", value,
	    value);
	table_write("genericstable", line);
}

static void
check(enum rewrite_kind kind, bool local, const char *address)
{
	char out[ADDR_SIZE], rule[RULE_SIZE];
	int got;

	memset(out, 'x', sizeof(out));
	got = rewrite(rewriter, kind, local, address, out, rule);
	if (got == -1)
		abort(); /* no table is broken */
	if (memchr(out, '\0', sizeof(out)) == NULL)
		abort();
	if (got == 0 && (*rule != '\0' || strcmp(out, address) != 0))
		abort();
	if (got == 1 && (*rule == '\0' || strcmp(out, address) == 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char last[1500];
	char text[1500], *value;

	if (rewriter == NULL)
		prepare();
	if (len >= ADDR_SIZE)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	value = text;
	strsep(&value, "\n");
	if (value != NULL && *value != '\0' && strcmp(last, value) != 0 &&
	    strchr(value, '\n') == NULL) {
		strlcpy(last, value, sizeof(last));
		say(value);
	}
	if (rewriter_begin(rewriter) == -1)
		abort();
	check(REWRITE_HEADER_SENDER, false, text);
	check(REWRITE_HEADER_SENDER, true, text);
	check(REWRITE_HEADER_RECIPIENT, false, text);
	check(REWRITE_ENVELOPE_SENDER, false, text);
	rewriter_end(rewriter);
	return 0;
}
